#include "bench.h"

static void build(const real *pos, int64_t n, double reach, int64_t *RESTRICT neighbours, int64_t *RESTRICT counts) {
    for (int64_t i = 0; i < n; i++) {
        int64_t count = 0;
        for (int64_t j = i + 1; j < n; j++) {
            real dx = pos[3 * i] - pos[3 * j], dy = pos[3 * i + 1] - pos[3 * j + 1];
            real dz = pos[3 * i + 2] - pos[3 * j + 2];
            if (dx * dx + dy * dy + dz * dz < reach * reach) neighbours[i * n + count++] = j;
        }
        counts[i] = count;
    }
}

EXPORT real value(const real *pos0, int64_t n, int64_t three, int64_t steps) {
    const double h = 0.001, cutoff = 2.5;
    real *RESTRICT pos = REALS(0, 3 * n), *RESTRICT vel = REALS(1, 3 * n), *RESTRICT force = REALS(2, 3 * n);
    int64_t *RESTRICT neighbours = INTS(3, n * n), *RESTRICT counts = INTS(4, n);
    for (int64_t i = 0; i < 3 * n; i++) pos[i] = pos0[i], vel[i] = 0.0;
    for (int64_t s = 0; s < steps; s++) {
        if (s % 10 == 0) build(pos, n, cutoff + 0.3, neighbours, counts);
        for (int64_t i = 0; i < 3 * n; i++) force[i] = 0.0;
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < counts[i]; k++) {
                int64_t j = neighbours[i * n + k];
                real dx = pos[3 * i] - pos[3 * j], dy = pos[3 * i + 1] - pos[3 * j + 1];
                real dz = pos[3 * i + 2] - pos[3 * j + 2];
                real r2 = dx * dx + dy * dy + dz * dz;
                if (r2 < cutoff * cutoff) {
                    real inv2 = 1.0 / r2, inv6 = inv2 * inv2 * inv2;
                    real f = 24.0 * inv2 * inv6 * (2.0 * inv6 - 1.0);
                    force[3 * i] += f * dx;
                    force[3 * i + 1] += f * dy;
                    force[3 * i + 2] += f * dz;
                    force[3 * j] -= f * dx;
                    force[3 * j + 1] -= f * dy;
                    force[3 * j + 2] -= f * dz;
                }
            }
        for (int64_t i = 0; i < 3 * n; i++) {
            vel[i] += h * force[i];
            pos[i] += h * vel[i];
        }
    }
    real total = 0.0;
    for (int64_t i = 0; i < 3 * n; i++) total += vel[i] * vel[i];
    return total + sqrt(pos[0] * pos[0] + pos[1] * pos[1] + pos[2] * pos[2]);
}

#ifndef __cplusplus
/* Keeps positions of every step and the list of every rebuild; pairs are computed again. */
double value_and_grad(const double *pos0, int64_t n, int64_t three, int64_t steps, double *restrict gp) {
    const double h = 0.001, cutoff = 2.5;
    int64_t lists = (steps + 9) / 10;
    double *restrict tape = REALS(0, 3 * n * (steps + 1)), *restrict vel = REALS(1, 3 * n);
    double *restrict force = REALS(2, 3 * n), *restrict vb = REALS(5, 3 * n), *restrict fb = REALS(6, 3 * n);
    int64_t *neighbours = INTS(3, n * n * lists), *counts = INTS(4, n * lists);
    for (int64_t i = 0; i < 3 * n; i++) tape[i] = pos0[i], vel[i] = 0.0;
    for (int64_t s = 0; s < steps; s++) {
        const double *restrict pos = tape + 3 * n * s;
        double *restrict next = tape + 3 * n * (s + 1);
        int64_t *restrict list = neighbours + n * n * (s / 10), *restrict count = counts + n * (s / 10);
        if (s % 10 == 0) build(pos, n, cutoff + 0.3, list, count);
        for (int64_t i = 0; i < 3 * n; i++) force[i] = 0.0;
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < count[i]; k++) {
                int64_t j = list[i * n + k];
                double dx = pos[3 * i] - pos[3 * j], dy = pos[3 * i + 1] - pos[3 * j + 1];
                double dz = pos[3 * i + 2] - pos[3 * j + 2];
                double r2 = dx * dx + dy * dy + dz * dz;
                if (r2 < cutoff * cutoff) {
                    double inv2 = 1.0 / r2, inv6 = inv2 * inv2 * inv2;
                    double f = 24.0 * inv2 * inv6 * (2.0 * inv6 - 1.0);
                    force[3 * i] += f * dx;
                    force[3 * i + 1] += f * dy;
                    force[3 * i + 2] += f * dz;
                    force[3 * j] -= f * dx;
                    force[3 * j + 1] -= f * dy;
                    force[3 * j + 2] -= f * dz;
                }
            }
        for (int64_t i = 0; i < 3 * n; i++) {
            vel[i] += h * force[i];
            next[i] = pos[i] + h * vel[i];
        }
    }
    const double *last = tape + 3 * n * steps;
    double total = 0.0, norm = sqrt(last[0] * last[0] + last[1] * last[1] + last[2] * last[2]);
    for (int64_t i = 0; i < 3 * n; i++) {
        total += vel[i] * vel[i];
        vb[i] = 2.0 * vel[i];
        gp[i] = i < 3 ? last[i] / norm : 0.0;
    }
    for (int64_t s = steps - 1; s >= 0; s--) {
        const double *restrict pos = tape + 3 * n * s;
        const int64_t *restrict list = neighbours + n * n * (s / 10), *restrict count = counts + n * (s / 10);
        for (int64_t i = 0; i < 3 * n; i++) {
            vb[i] += h * gp[i];
            fb[i] = h * vb[i];
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < count[i]; k++) {
                int64_t j = list[i * n + k];
                double dx = pos[3 * i] - pos[3 * j], dy = pos[3 * i + 1] - pos[3 * j + 1];
                double dz = pos[3 * i + 2] - pos[3 * j + 2];
                double r2 = dx * dx + dy * dy + dz * dz;
                if (r2 < cutoff * cutoff) {
                    double inv2 = 1.0 / r2, inv6 = inv2 * inv2 * inv2, scale = 24.0 * inv2 * inv6;
                    double f = scale * (2.0 * inv6 - 1.0);
                    double bx = fb[3 * i] - fb[3 * j], by = fb[3 * i + 1] - fb[3 * j + 1];
                    double bz = fb[3 * i + 2] - fb[3 * j + 2];
                    /* df/dr2 = -24 r^-10 (14 r^-6 - 4) */
                    double t = -2.0 * scale * inv2 * (14.0 * inv6 - 4.0) * (dx * bx + dy * by + dz * bz);
                    double ex = f * bx + t * dx, ey = f * by + t * dy, ez = f * bz + t * dz;
                    gp[3 * i] += ex;
                    gp[3 * i + 1] += ey;
                    gp[3 * i + 2] += ez;
                    gp[3 * j] -= ex;
                    gp[3 * j + 1] -= ey;
                    gp[3 * j + 2] -= ez;
                }
            }
    }
    return total + norm;
}
#endif
