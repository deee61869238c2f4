#include "bench.h"

EXPORT real value(const real *x, int64_t n, const double *y, int64_t m) {
    real *r = REALS(0, (n + 1) * (m + 1));
    for (int64_t i = 0; i < (n + 1) * (m + 1); i++) r[i] = 1e6;
    r[0] = 0.0;
    for (int64_t i = 1; i <= n; i++) {
        const real *up = r + (i - 1) * (m + 1);
        real *row = r + i * (m + 1);
        for (int64_t j = 1; j <= m; j++) {
            real a = -up[j - 1], b = -up[j], c = -row[j - 1];
            real top = b > a ? b : a;
            top = c > top ? c : top;
            real soft = -(log(exp(a - top) + exp(b - top) + exp(c - top)) + top);
            real d = x[i - 1] - y[j - 1];
            row[j] = d * d + soft;
        }
    }
    return r[(n + 1) * (m + 1) - 1];
}

#ifndef __cplusplus
/* Keeps the three softmin weights of every cell, so the backward sweep has no transcendental function. */
double value_and_grad(const double *x, int64_t n, const double *y, int64_t m, double *gx) {
    double *r = REALS(0, (n + 1) * (m + 1)), *w = REALS(1, 3 * n * m), *e = REALS(2, m + 2);
    for (int64_t j = 0; j <= m; j++) r[j] = 1e6;
    r[0] = 0.0;
    double *k = w;
    for (int64_t i = 1; i <= n; i++) {
        const double *up = r + (i - 1) * (m + 1);
        double *row = r + i * (m + 1);
        row[0] = 1e6;
        for (int64_t j = 1; j <= m; j++, k += 3) {
            double a = -up[j - 1], b = -up[j], c = -row[j - 1];
            double top = b > a ? b : a;
            top = c > top ? c : top;
            double ea = exp(a - top), eb = exp(b - top), ec = exp(c - top), sum = ea + eb + ec, inv = 1.0 / sum;
            k[0] = ea * inv;
            k[1] = eb * inv;
            k[2] = ec * inv;
            double d = x[i - 1] - y[j - 1];
            row[j] = d * d - (log(sum) + top);
        }
    }
    /* e[j]: cotangent of r[i][j] of the row being left, overwritten by that of the row above */
    memset(e, 0, (m + 2) * sizeof(double));
    e[m] = 1.0;
    for (int64_t i = n; i >= 1; i--) {
        double sum = 0.0, left = 0.0; /* left: what cell (i, j) gives to (i, j-1) */
        double diagonal = 0.0;        /* what cell (i, j+1) gives to (i-1, j) */
        for (int64_t j = m; j >= 1; j--) {
            k -= 3;
            double g = e[j] + left;
            sum += 2.0 * (x[i - 1] - y[j - 1]) * g;
            e[j] = g * k[1] + diagonal;
            diagonal = g * k[0];
            left = g * k[2];
        }
        e[0] = diagonal;
        gx[i - 1] = sum;
    }
    return r[(n + 1) * (m + 1) - 1];
}
#endif
