#include "bench.h"

static inline real distance(real x, real y, real z, const real *spheres, int64_t count) {
    real best = y + 1.0;
    for (int64_t k = 0; k < count; k++) {
        real dx = x - spheres[4 * k], dy = y - spheres[4 * k + 1], dz = z - spheres[4 * k + 2];
        real d = sqrt(dx * dx + dy * dy + dz * dz) - spheres[4 * k + 3];
        best = d < best ? d : best;
    }
    return best;
}

EXPORT real value(const real *spheres, int64_t count, int64_t four, int64_t n) {
    real total = 0.0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double u = (j + 0.5) / n - 0.5, v = 0.4 - (i + 0.5) / n, norm = sqrt(u * u + v * v + 1.0);
            double dx = u / norm, dy = v / norm, dz = 1.0 / norm;
            real t = 0.0;
            int64_t trips = 0;
            while (trips < 100 && t < 20.0) {
                real d = distance(t * dx, t * dy, t * dz, spheres, count);
                if (d < 1e-3) break;
                t += d;
                trips++;
            }
            total += exp(-0.2 * t);
        }
    return total / (double)(n * n);
}

#ifndef __cplusplus
/* Keeps t and the nearest surface of each trip. */
double value_and_grad(const double *spheres, int64_t count, int64_t four, int64_t n, double *restrict g) {
    double total = 0.0, ts[100];
    int64_t nearest[100];
    for (int64_t k = 0; k < 4 * count; k++) g[k] = 0.0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double u = (j + 0.5) / n - 0.5, v = 0.4 - (i + 0.5) / n, norm = sqrt(u * u + v * v + 1.0);
            double dx = u / norm, dy = v / norm, dz = 1.0 / norm, t = 0.0;
            int64_t trips = 0;
            while (trips < 100 && t < 20.0) {
                double x = t * dx, y = t * dy, z = t * dz, best = y + 1.0;
                int64_t which = -1;
                for (int64_t k = 0; k < count; k++) {
                    double ex = x - spheres[4 * k], ey = y - spheres[4 * k + 1], ez = z - spheres[4 * k + 2];
                    double d = sqrt(ex * ex + ey * ey + ez * ez) - spheres[4 * k + 3];
                    which = d < best ? k : which;
                    best = d < best ? d : best;
                }
                if (best < 1e-3) break;
                ts[trips] = t;
                nearest[trips] = which;
                t += best;
                trips++;
            }
            double shade = exp(-0.2 * t), tb = -0.2 * shade / (double)(n * n);
            total += shade;
            while (trips-- > 0) {
                int64_t k = nearest[trips];
                if (k < 0) {
                    tb += tb * dy;
                    continue;
                }
                double at = ts[trips];
                double ex = at * dx - spheres[4 * k], ey = at * dy - spheres[4 * k + 1];
                double ez = at * dz - spheres[4 * k + 2], w = tb / sqrt(ex * ex + ey * ey + ez * ez);
                g[4 * k] -= w * ex;
                g[4 * k + 1] -= w * ey;
                g[4 * k + 2] -= w * ez;
                g[4 * k + 3] -= tb;
                tb += w * (ex * dx + ey * dy + ez * dz);
            }
        }
    return total / (double)(n * n);
}
#endif
