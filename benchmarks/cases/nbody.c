#include "bench.h"

EXPORT real value(const real *pos0, int64_t n, int64_t three, const double *RESTRICT mass, int64_t nm, int64_t steps) {
    const double h = 0.001;
    real *RESTRICT pos = REALS(0, 3 * n), *RESTRICT vel = REALS(1, 3 * n);
    for (int64_t i = 0; i < 3 * n; i++) pos[i] = pos0[i], vel[i] = 0.0;
    for (int64_t s = 0; s < steps; s++) {
        for (int64_t i = 0; i < n; i++) {
            real ax = 0.0, ay = 0.0, az = 0.0;
            for (int64_t j = 0; j < n; j++) {
                if (i == j) continue;
                real dx = pos[3 * j] - pos[3 * i], dy = pos[3 * j + 1] - pos[3 * i + 1];
                real dz = pos[3 * j + 2] - pos[3 * i + 2];
                real r2 = dx * dx + dy * dy + dz * dz + 0.01;
                real w = mass[j] / (r2 * sqrt(r2));
                ax += w * dx;
                ay += w * dy;
                az += w * dz;
            }
            vel[3 * i] += h * ax;
            vel[3 * i + 1] += h * ay;
            vel[3 * i + 2] += h * az;
        }
        for (int64_t i = 0; i < 3 * n; i++) pos[i] += h * vel[i];
    }
    real total = 0.0;
    for (int64_t i = 0; i < 3 * n; i++) total += vel[i] * vel[i];
    return total + sqrt(pos[0] * pos[0] + pos[1] * pos[1] + pos[2] * pos[2]);
}

#ifndef __cplusplus
double value_and_grad(const double *pos0, int64_t n, int64_t three, const double *restrict mass, int64_t nm,
                      int64_t steps, double *restrict gp) {
    const double h = 0.001;
    double *restrict tape = REALS(0, 3 * n * (steps + 1)), *restrict vel = REALS(1, 3 * n);
    for (int64_t i = 0; i < 3 * n; i++) tape[i] = pos0[i], vel[i] = 0.0;
    for (int64_t s = 0; s < steps; s++) {
        const double *pos = tape + 3 * n * s;
        for (int64_t i = 0; i < n; i++) {
            double ax = 0.0, ay = 0.0, az = 0.0;
            for (int64_t j = 0; j < n; j++) {
                if (i == j) continue;
                double dx = pos[3 * j] - pos[3 * i], dy = pos[3 * j + 1] - pos[3 * i + 1];
                double dz = pos[3 * j + 2] - pos[3 * i + 2];
                double r2 = dx * dx + dy * dy + dz * dz + 0.01;
                double w = mass[j] / (r2 * sqrt(r2));
                ax += w * dx;
                ay += w * dy;
                az += w * dz;
            }
            vel[3 * i] += h * ax;
            vel[3 * i + 1] += h * ay;
            vel[3 * i + 2] += h * az;
        }
        for (int64_t i = 0; i < 3 * n; i++) tape[3 * n * (s + 1) + i] = pos[i] + h * vel[i];
    }
    const double *last = tape + 3 * n * steps;
    double total = 0.0, norm = sqrt(last[0] * last[0] + last[1] * last[1] + last[2] * last[2]);
    double *restrict vb = REALS(2, 3 * n);
    for (int64_t i = 0; i < 3 * n; i++) {
        total += vel[i] * vel[i];
        vb[i] = 2.0 * vel[i];
        gp[i] = 0.0;
    }
    for (int a = 0; a < 3; a++) gp[a] = last[a] / norm;
    for (int64_t s = steps - 1; s >= 0; s--) {
        const double *pos = tape + 3 * n * s;
        for (int64_t i = 0; i < 3 * n; i++) vb[i] += h * gp[i];
        for (int64_t i = 0; i < n; i++) {
            double bx = h * vb[3 * i], by = h * vb[3 * i + 1], bz = h * vb[3 * i + 2];
            double sx = 0.0, sy = 0.0, sz = 0.0;
            for (int64_t j = 0; j < n; j++) {
                if (i == j) continue;
                double dx = pos[3 * j] - pos[3 * i], dy = pos[3 * j + 1] - pos[3 * i + 1];
                double dz = pos[3 * j + 2] - pos[3 * i + 2];
                double r2 = dx * dx + dy * dy + dz * dz + 0.01;
                double w = mass[j] / (r2 * sqrt(r2));
                double t = -3.0 * w * (dx * bx + dy * by + dz * bz) / r2;
                double ex = w * bx + t * dx, ey = w * by + t * dy, ez = w * bz + t * dz;
                gp[3 * j] += ex;
                gp[3 * j + 1] += ey;
                gp[3 * j + 2] += ez;
                sx += ex;
                sy += ey;
                sz += ez;
            }
            gp[3 * i] -= sx;
            gp[3 * i + 1] -= sy;
            gp[3 * i + 2] -= sz;
        }
    }
    return total + norm;
}
#endif
