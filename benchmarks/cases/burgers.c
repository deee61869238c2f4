#include "bench.h"

EXPORT real value(const real *u0, int64_t n, int64_t steps) {
    const double ratio = 0.2;
    real *RESTRICT u = REALS(0, n), *RESTRICT flux = REALS(1, n + 1);
    for (int64_t i = 0; i < n; i++) u[i] = u0[i];
    for (int64_t s = 0; s < steps; s++) {
        flux[0] = 0.5 * u[0] * u[0];
        flux[n] = 0.5 * u[n - 1] * u[n - 1];
        for (int64_t i = 1; i < n; i++) {
            real a = u[i - 1], b = u[i], fa = fabs(a), fb = fabs(b);
            real speed = fb > fa ? fb : fa;
            flux[i] = 0.25 * (a * a + b * b) - 0.5 * speed * (b - a);
        }
        for (int64_t i = 0; i < n; i++) u[i] -= ratio * (flux[i + 1] - flux[i]);
    }
    real total = 0.0;
    for (int64_t i = 0; i < n; i++) total += u[i] * u[i];
    return total;
}

#ifndef __cplusplus
double value_and_grad(const double *u0, int64_t n, int64_t steps, double *restrict g) {
    const double ratio = 0.2;
    double *tape = REALS(0, n * (steps + 1)), *restrict flux = REALS(1, n + 1);
    for (int64_t i = 0; i < n; i++) tape[i] = u0[i];
    for (int64_t s = 0; s < steps; s++) {
        const double *restrict u = tape + n * s;
        double *restrict next = tape + n * (s + 1);
        flux[0] = 0.5 * u[0] * u[0];
        flux[n] = 0.5 * u[n - 1] * u[n - 1];
        for (int64_t i = 1; i < n; i++) {
            double a = u[i - 1], b = u[i], fa = fabs(a), fb = fabs(b);
            double speed = fb > fa ? fb : fa;
            flux[i] = 0.25 * (a * a + b * b) - 0.5 * speed * (b - a);
        }
        for (int64_t i = 0; i < n; i++) next[i] = u[i] - ratio * (flux[i + 1] - flux[i]);
    }
    double total = 0.0, *restrict left = flux;
    const double *last = tape + n * steps;
    for (int64_t i = 0; i < n; i++) {
        total += last[i] * last[i];
        g[i] = 2.0 * last[i];
    }
    for (int64_t s = steps - 1; s >= 0; s--) {
        const double *restrict u = tape + n * s;
        double first = ratio * g[0] * u[0], end = -ratio * g[n - 1] * u[n - 1];
        /* left[i]: what face i gives to cell i - 1; the part for cell i goes to left's own slot of a second array */
        double *restrict right = REALS(2, n + 1);
        for (int64_t i = 1; i < n; i++) {
            double a = u[i - 1], b = u[i], fa = fabs(a), fb = fabs(b), f = ratio * (g[i] - g[i - 1]);
            double speed = fb > fa ? fb : fa, slope = 0.5 * (b - a);
            double ga = fb > fa ? 0.0 : copysign(slope, a * slope), gb = fb > fa ? copysign(slope, b * slope) : 0.0;
            left[i] = f * (0.5 * a + 0.5 * speed - ga);
            right[i] = f * (0.5 * b - 0.5 * speed - gb);
        }
        left[n] = end;
        right[0] = first;
        for (int64_t i = 0; i < n; i++) g[i] += left[i + 1] + right[i];
    }
    return total;
}
#endif
