#include "bench.h"

EXPORT real value(const real *RESTRICT stiffness, int64_t count, const double *pos0, int64_t n, int64_t three,
                  const int64_t *RESTRICT springs, int64_t ns, int64_t two, const double *RESTRICT rest, int64_t nr,
                  const double *RESTRICT loose, int64_t nf, int64_t steps) {
    const double h = 0.002;
    real *RESTRICT pos = REALS(0, 3 * n), *RESTRICT vel = REALS(1, 3 * n), *RESTRICT force = REALS(2, 3 * n);
    for (int64_t i = 0; i < 3 * n; i++) pos[i] = pos0[i], vel[i] = 0.0;
    for (int64_t t = 0; t < steps; t++) {
        for (int64_t i = 0; i < n; i++) force[3 * i] = 0.0, force[3 * i + 1] = 0.0, force[3 * i + 2] = -9.81;
        for (int64_t s = 0; s < ns; s++) {
            int64_t i = 3 * springs[2 * s], j = 3 * springs[2 * s + 1];
            real dx = pos[j] - pos[i], dy = pos[j + 1] - pos[i + 1], dz = pos[j + 2] - pos[i + 2];
            real f = stiffness[s] * (1.0 - rest[s] / sqrt(dx * dx + dy * dy + dz * dz));
            force[i] += f * dx;
            force[i + 1] += f * dy;
            force[i + 2] += f * dz;
            force[j] -= f * dx;
            force[j + 1] -= f * dy;
            force[j + 2] -= f * dz;
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t a = 3 * i; a < 3 * i + 3; a++) {
                vel[a] = 0.995 * (vel[a] + h * loose[i] * force[a]);
                pos[a] += h * vel[a];
            }
    }
    real total = 0.0;
    for (int64_t i = 0; i < n; i++) total += pos[3 * i + 2] * pos[3 * i + 2];
    return total / (double)n;
}

#ifndef __cplusplus
double value_and_grad(const double *restrict stiffness, int64_t count, const double *pos0, int64_t n, int64_t three,
                      const int64_t *restrict springs, int64_t ns, int64_t two, const double *restrict rest, int64_t nr,
                      const double *restrict loose, int64_t nf, int64_t steps, double *restrict g) {
    const double h = 0.002;
    double *tape = REALS(0, 3 * n * (steps + 1)), *restrict vel = REALS(1, 3 * n), *restrict force = REALS(2, 3 * n);
    double *restrict pb = REALS(3, 3 * n), *restrict vb = REALS(4, 3 * n), *restrict fb = force;
    for (int64_t i = 0; i < 3 * n; i++) tape[i] = pos0[i], vel[i] = 0.0, pb[i] = 0.0, vb[i] = 0.0;
    for (int64_t t = 0; t < steps; t++) {
        const double *restrict pos = tape + 3 * n * t;
        double *restrict next = tape + 3 * n * (t + 1);
        for (int64_t i = 0; i < n; i++) force[3 * i] = 0.0, force[3 * i + 1] = 0.0, force[3 * i + 2] = -9.81;
        for (int64_t s = 0; s < ns; s++) {
            int64_t i = 3 * springs[2 * s], j = 3 * springs[2 * s + 1];
            double dx = pos[j] - pos[i], dy = pos[j + 1] - pos[i + 1], dz = pos[j + 2] - pos[i + 2];
            double f = stiffness[s] * (1.0 - rest[s] / sqrt(dx * dx + dy * dy + dz * dz));
            force[i] += f * dx;
            force[i + 1] += f * dy;
            force[i + 2] += f * dz;
            force[j] -= f * dx;
            force[j + 1] -= f * dy;
            force[j + 2] -= f * dz;
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t a = 3 * i; a < 3 * i + 3; a++) {
                vel[a] = 0.995 * (vel[a] + h * loose[i] * force[a]);
                next[a] = pos[a] + h * vel[a];
            }
    }
    const double *last = tape + 3 * n * steps;
    double total = 0.0;
    for (int64_t s = 0; s < ns; s++) g[s] = 0.0;
    for (int64_t i = 0; i < n; i++) {
        total += last[3 * i + 2] * last[3 * i + 2];
        pb[3 * i + 2] = 2.0 * last[3 * i + 2] / (double)n;
    }
    for (int64_t t = steps - 1; t >= 0; t--) {
        const double *restrict pos = tape + 3 * n * t;
        for (int64_t i = 0; i < n; i++)
            for (int64_t a = 3 * i; a < 3 * i + 3; a++) {
                vb[a] = 0.995 * (vb[a] + h * pb[a]);
                fb[a] = h * loose[i] * vb[a];
            }
        for (int64_t s = 0; s < ns; s++) {
            int64_t i = 3 * springs[2 * s], j = 3 * springs[2 * s + 1];
            double dx = pos[j] - pos[i], dy = pos[j + 1] - pos[i + 1], dz = pos[j + 2] - pos[i + 2];
            double bx = fb[i] - fb[j], by = fb[i + 1] - fb[j + 1], bz = fb[i + 2] - fb[j + 2];
            double inv = 1.0 / sqrt(dx * dx + dy * dy + dz * dz), ratio = rest[s] * inv;
            double dot = dx * bx + dy * by + dz * bz, f = stiffness[s] * (1.0 - ratio);
            double w = stiffness[s] * ratio * inv * inv * dot;
            g[s] += (1.0 - ratio) * dot;
            double ex = f * bx + w * dx, ey = f * by + w * dy, ez = f * bz + w * dz;
            pb[j] += ex;
            pb[j + 1] += ey;
            pb[j + 2] += ez;
            pb[i] -= ex;
            pb[i + 1] -= ey;
            pb[i + 2] -= ez;
        }
    }
    return total / (double)n;
}
#endif
