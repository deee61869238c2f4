#include "bench.h"

static inline real acceleration(real theta, real omega, const real *p) {
    return p[2] - p[0] * sin(theta) - p[1] * omega;
}

EXPORT real value(const real *p, int64_t np, int64_t steps) {
    const double h = 0.001;
    real theta = 1.0, omega = 0.0, total = 0.0;
    for (int64_t i = 0; i < steps; i++) {
        real a1 = acceleration(theta, omega, p);
        real w2 = omega + 0.5 * h * a1;
        real a2 = acceleration(theta + 0.5 * h * omega, w2, p);
        real w3 = omega + 0.5 * h * a2;
        real a3 = acceleration(theta + 0.5 * h * w2, w3, p);
        real w4 = omega + h * a3;
        real a4 = acceleration(theta + h * w3, w4, p);
        theta += h / 6.0 * (omega + 2.0 * w2 + 2.0 * w3 + w4);
        omega += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4);
        total += h * theta * theta;
    }
    return total;
}

#ifndef __cplusplus
typedef struct {
    double s[4], c[4], w[4], theta;
} Step;

static inline double stage(Step *k, int n, double theta, double omega, const double *p) {
    k->s[n] = sin(theta);
    k->c[n] = cos(theta);
    k->w[n] = omega;
    return p[2] - p[0] * k->s[n] - p[1] * omega;
}

double value_and_grad(const double *p, int64_t np, int64_t steps, double *gp) {
    const double h = 0.001;
    Step *tape = scratch(0, steps * sizeof(Step));
    double theta = 1.0, omega = 0.0, total = 0.0;
    for (int64_t i = 0; i < steps; i++) {
        Step *k = &tape[i];
        double a1 = stage(k, 0, theta, omega, p);
        double w2 = omega + 0.5 * h * a1;
        double a2 = stage(k, 1, theta + 0.5 * h * omega, w2, p);
        double w3 = omega + 0.5 * h * a2;
        double a3 = stage(k, 2, theta + 0.5 * h * w2, w3, p);
        double w4 = omega + h * a3;
        double a4 = stage(k, 3, theta + h * w3, w4, p);
        theta += h / 6.0 * (omega + 2.0 * w2 + 2.0 * w3 + w4);
        omega += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4);
        total += h * theta * theta;
        k->theta = theta;
    }
    const double g = p[0], b = p[1];
    double bt = 0.0, bw = 0.0, g0 = 0.0, g1 = 0.0, g2 = 0.0;
    for (int64_t i = steps - 1; i >= 0; i--) {
        const Step *k = &tape[i];
        bt += 2.0 * h * k->theta;
        double t6 = h / 6.0 * bt, v6 = h / 6.0 * bw;
        /* stage 4: theta + h*w3, w4 = omega + h*a3 */
        double x4 = -g * k->c[3] * v6, y4 = t6 - b * v6;
        double y3 = 2.0 * t6 + h * x4, v3 = 2.0 * v6 + h * y4;
        double x3 = -g * k->c[2] * v3;
        y3 -= b * v3;
        double y2 = 2.0 * t6 + 0.5 * h * x3, v2 = 2.0 * v6 + 0.5 * h * y3;
        double x2 = -g * k->c[1] * v2;
        y2 -= b * v2;
        double y1 = t6 + 0.5 * h * x2, v1 = v6 + 0.5 * h * y2;
        double x1 = -g * k->c[0] * v1;
        y1 -= b * v1;
        g0 -= k->s[3] * v6 + k->s[2] * v3 + k->s[1] * v2 + k->s[0] * v1;
        g1 -= k->w[3] * v6 + k->w[2] * v3 + k->w[1] * v2 + k->w[0] * v1;
        g2 += v6 + v3 + v2 + v1;
        bt += x4 + x3 + x2 + x1;
        bw += y4 + y3 + y2 + y1;
    }
    gp[0] = g0;
    gp[1] = g1;
    gp[2] = g2;
    return total;
}
#endif
