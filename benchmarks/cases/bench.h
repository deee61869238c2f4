/* What every case's C source includes.

   A source is compiled twice: as C, where `real` is double (these are the programs that are timed), and as C++, where
   `real` is a dual number (dual.hpp), which gives an exact directional derivative to check every gradient against.
   An array comes as a pointer followed by its dims, all int64_t; an int is int64_t and a float is double. The first
   argument is the array that is differentiated by; `value_and_grad` takes where its gradient goes last. */
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
#include "dual.hpp"
#define EXPORT extern "C"
#define RESTRICT __restrict
#else
typedef double real;
#define EXPORT
#define RESTRICT restrict
#define val(x) (x)
#endif

/* A block of memory that is kept between calls, as an expert's workspace would be: no page is fetched anew. */
static void *scratch(int slot, size_t bytes) {
    static void *blocks[16];
    static size_t sizes[16];
    if (sizes[slot] < bytes) {
        free(blocks[slot]);
        blocks[slot] = malloc(bytes);
        sizes[slot] = bytes;
    }
    return blocks[slot];
}
#define REALS(slot, n) ((real *)scratch(slot, (size_t)(n) * sizeof(real)))
#define INTS(slot, n) ((int64_t *)scratch(slot, (size_t)(n) * sizeof(int64_t)))
