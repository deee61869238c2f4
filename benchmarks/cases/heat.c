#include "bench.h"

EXPORT real value(const real *RESTRICT k, int64_t n, int64_t m, const double *RESTRICT t0, int64_t n2, int64_t m2,
                  int64_t steps) {
    real *t = REALS(0, n * m), *next = REALS(1, n * m);
    for (int64_t i = 0; i < n * m; i++) t[i] = t0[i], next[i] = t0[i];
    for (int64_t s = 0; s < steps; s++) {
        const real *RESTRICT old = t;
        real *RESTRICT fresh = next;
        for (int64_t i = 1; i < n - 1; i++)
            for (int64_t j = 1; j < m - 1; j++) {
                int64_t c = i * m + j;
                fresh[c] = old[c] + k[c] * (old[c - m] + old[c + m] + old[c - 1] + old[c + 1] - 4.0 * old[c]);
            }
        real *swap = t;
        t = next;
        next = swap;
    }
    real total = 0.0;
    for (int64_t i = 0; i < n * m; i++) total += t[i] * t[i];
    return total;
}

#ifndef __cplusplus
double value_and_grad(const double *restrict k, int64_t n, int64_t m, const double *restrict t0, int64_t n2,
                      int64_t m2, int64_t steps, double *restrict gk) {
    double *tape = REALS(0, n * m * (steps + 1)), *bar = REALS(1, n * m), *next = REALS(2, n * m);
    for (int64_t i = 0; i < n * m; i++) tape[i] = t0[i];
    for (int64_t s = 0; s < steps; s++) {
        const double *restrict old = tape + n * m * s;
        double *restrict fresh = tape + n * m * (s + 1);
        for (int64_t i = 0; i < m; i++) fresh[i] = t0[i], fresh[(n - 1) * m + i] = t0[(n - 1) * m + i];
        for (int64_t i = 1; i < n - 1; i++) {
            fresh[i * m] = t0[i * m];
            fresh[i * m + m - 1] = t0[i * m + m - 1];
            for (int64_t j = 1; j < m - 1; j++) {
                int64_t c = i * m + j;
                fresh[c] = old[c] + k[c] * (old[c - m] + old[c + m] + old[c - 1] + old[c + 1] - 4.0 * old[c]);
            }
        }
    }
    const double *last = tape + n * m * steps;
    double total = 0.0;
    for (int64_t i = 0; i < n * m; i++) {
        total += last[i] * last[i];
        bar[i] = 0.0;
        next[i] = 0.0;
        gk[i] = 0.0;
    }
    /* The rim is constant, so its cotangent is not needed and stays zero: a gather with k of the neighbours. */
    for (int64_t i = 1; i < n - 1; i++)
        for (int64_t j = 1; j < m - 1; j++) bar[i * m + j] = 2.0 * last[i * m + j];
    for (int64_t s = steps - 1; s >= 0; s--) {
        const double *restrict old = tape + n * m * s, *restrict b = bar;
        double *restrict fresh = next;
        for (int64_t i = 1; i < n - 1; i++)
            for (int64_t j = 1; j < m - 1; j++) {
                int64_t c = i * m + j;
                gk[c] += b[c] * (old[c - m] + old[c + m] + old[c - 1] + old[c + 1] - 4.0 * old[c]);
                fresh[c] = b[c] + k[c - m] * b[c - m] + k[c + m] * b[c + m] + k[c - 1] * b[c - 1] +
                           k[c + 1] * b[c + 1] - 4.0 * k[c] * b[c];
            }
        double *swap = bar;
        bar = next;
        next = swap;
    }
    return total;
}
#endif
