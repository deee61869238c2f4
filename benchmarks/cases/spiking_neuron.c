#include "bench.h"

EXPORT real value(const real *p, int64_t np, int64_t steps) {
    real drive = p[0], leak = p[1], jump = p[2], v = 0.0, w = 0.0, trace = 0.0;
    int64_t spikes = 0;
    for (int64_t t = 0; t < steps; t++) {
        v += 0.05 * (drive - leak * v - w);
        w *= 0.98;
        trace *= 0.99;
        if (v > 1.0) {
            v = 0.1 * v;
            w += jump;
            trace += drive;
            spikes++;
        } else if (spikes > 4 && t % 7 == 0) {
            trace -= 0.01 * v;
        }
    }
    return trace + v + 0.001 * spikes;
}

#ifndef __cplusplus
double value_and_grad(const double *p, int64_t np, int64_t steps, double *gp) {
    const double drive = p[0], leak = p[1], jump = p[2];
    double *restrict tape = REALS(0, steps), v = 0.0, w = 0.0, trace = 0.0;
    unsigned char *restrict kind = scratch(1, steps);
    int64_t spikes = 0;
    for (int64_t t = 0; t < steps; t++) {
        tape[t] = v;
        v += 0.05 * (drive - leak * v - w);
        w *= 0.98;
        trace *= 0.99;
        if (v > 1.0) {
            kind[t] = 1;
            v = 0.1 * v;
            w += jump;
            trace += drive;
            spikes++;
        } else if (spikes > 4 && t % 7 == 0) {
            kind[t] = 2;
            trace -= 0.01 * v;
        } else {
            kind[t] = 0;
        }
    }
    double vb = 1.0, wb = 0.0, tb = 1.0, g0 = 0.0, g1 = 0.0, g2 = 0.0;
    for (int64_t t = steps - 1; t >= 0; t--) {
        if (kind[t] == 1) {
            vb *= 0.1;
            g2 += wb;
            g0 += tb;
        } else if (kind[t] == 2) {
            vb -= 0.01 * tb;
        }
        tb *= 0.99;
        double u = 0.05 * vb;
        wb = 0.98 * wb - u;
        g0 += u;
        g1 -= u * tape[t];
        vb -= u * leak;
    }
    gp[0] = g0;
    gp[1] = g1;
    gp[2] = g2;
    return trace + v + 0.001 * spikes;
}
#endif
