#include "bench.h"

EXPORT real value(const real *p, int64_t np, const double *noise, int64_t steps) {
    const double h = 0.001, root = sqrt(h);
    real kappa = p[0], level = p[1], sigma = p[2], r = 0.04, total = 0.0;
    for (int64_t i = 0; i < steps; i++) {
        r += kappa * (level - r) * h + sigma * sqrt(r) * noise[i] * root;
        r = r > 1e-4 ? r : 1e-4;
        total += r * h;
    }
    return exp(-0.01 * total);
}

#ifndef __cplusplus
double value_and_grad(const double *p, int64_t np, const double *noise, int64_t steps, double *gp) {
    const double h = 0.001, root = sqrt(h), kappa = p[0], level = p[1], sigma = p[2];
    double *restrict tape = REALS(0, steps + 1), *restrict roots = REALS(1, steps), r = 0.04, total = 0.0;
    tape[0] = r;
    for (int64_t i = 0; i < steps; i++) {
        roots[i] = sqrt(r);
        r += kappa * (level - r) * h + sigma * roots[i] * noise[i] * root;
        r = r > 1e-4 ? r : 1e-4;
        tape[i + 1] = r;
        total += r * h;
    }
    double result = exp(-0.01 * total), seed = -0.01 * result * h, rb = 0.0, g0 = 0.0, g1 = 0.0, g2 = 0.0;
    for (int64_t i = steps - 1; i >= 0; i--) {
        rb = tape[i + 1] > 1e-4 ? rb + seed : 0.0;
        double wave = noise[i] * root * rb;
        g0 += (level - tape[i]) * rb;
        g1 += rb;
        g2 += roots[i] * wave;
        rb += 0.5 * sigma * wave / roots[i] - kappa * h * rb;
    }
    gp[0] = g0 * h;
    gp[1] = g1 * h * kappa;
    gp[2] = g2;
    return result;
}
#endif
