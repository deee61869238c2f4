/* The largest error of many results, in ulps of the exact values: `vecmath_reference.errors` for walks over billions.
 *
 * An overflow counts as the power of two that would come next; below the normal range the ulp is the least denormal;
 * NaN for a number, or a number for NaN, is infinitely wrong. */
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline double limited(double x, double top) { return x > top ? top : x < -top ? -top : x; }

/* 2^(e + 23) by its bits, with 2^-e the ulp of a float near x. */
static inline double units_f32(double x) {
    int64_t bits, exponent;
    memcpy(&bits, &x, 8);
    exponent = (bits >> 52) & 2047;
    exponent = exponent < 1023 - 126 ? 1023 - 126 : exponent;
    bits = (2046 - exponent + 23) << 52;
    memcpy(&x, &bits, 8);
    return x;
}

double worst_f32(const float *found, const double *exact, int64_t n, int64_t *at) {
    double errors[1024], largest = -1;
    for (int64_t start = 0; start < n; start += 1024) {
        int64_t size = n - start < 1024 ? n - start : 1024;
        double most = 0;
        for (int64_t i = 0; i < size; i++) {
            double f = limited(found[start + i], 0x1p128), e = limited(exact[start + i], 0x1p128);
            double error = fabs(f - e) * units_f32(e);
            error = (f != f) && (e != e) ? 0 : (f != f) || (e != e) ? INFINITY : error;
            errors[i] = error;
            most = error > most ? error : most;
        }
        if (most > largest)
            for (int64_t i = 0; i < size; i++)
                if (errors[i] > largest) largest = errors[i], *at = start + i;
    }
    return largest;
}

double worst_f64(const double *found, const long double *exact, int64_t n, int64_t *at) {
    double largest = -1;
    for (int64_t i = 0; i < n; i++) {
        long double f = found[i], e = exact[i], top = 0x1p1024L;
        f = f > top ? top : f < -top ? -top : f;
        e = e > top ? top : e < -top ? -top : e;
        uint16_t word;
        memcpy(&word, (char *)&e + 8, 2);
        int exponent = (word & 0x7fff) - 16383;
        exponent = exponent < -1022 ? -1022 : exponent;
        uint64_t one[2] = {1ull << 63, (uint64_t)(16383 + 52 - exponent)};
        long double units;
        memcpy(&units, one, 10);
        double error = (double)(fabsl(f - e) * units);
        error = (f != f) && (e != e) ? 0 : (f != f) || (e != e) ? INFINITY : error;
        if (error > largest) largest = error, *at = i;
    }
    return largest;
}
