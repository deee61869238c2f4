#include "bench.h"

EXPORT real value(const real *p, int64_t np, int64_t steps) {
    const double h = 0.001, limit = 4.0;
    real kp = p[0], ki = p[1], kd = p[2], x = 0.0, v = 0.0, sum = 0.0, last = 0.0, cost = 0.0;
    for (int64_t i = 0; i < steps; i++) {
        double goal = i / 2000 % 2 == 0 ? 1.0 : -0.5;
        real e = goal - x;
        sum += h * e;
        real u = kp * e + ki * sum + kd * (e - last) / h;
        if (u > limit) u = limit;
        if (u < -limit) u = -limit;
        last = e;
        v += h * (u - 0.8 * v - 1.5 * x);
        x += h * v;
        cost += h * (e * e + 0.001 * u * u);
    }
    return cost;
}

#ifndef __cplusplus
typedef struct {
    double e, sum, u;
} Step;

double value_and_grad(const double *p, int64_t np, int64_t steps, double *gp) {
    const double h = 0.001, limit = 4.0, kp = p[0], ki = p[1], kd = p[2];
    Step *restrict tape = scratch(0, (steps + 1) * sizeof(Step));
    double x = 0.0, v = 0.0, sum = 0.0, cost = 0.0;
    tape[0] = (Step){0.0, 0.0, 0.0};
    for (int64_t i = 0; i < steps; i++) {
        double goal = i / 2000 % 2 == 0 ? 1.0 : -0.5;
        double e = goal - x;
        sum += h * e;
        double u = kp * e + ki * sum + kd * (e - tape[i].e) / h;
        if (u > limit) u = limit;
        if (u < -limit) u = -limit;
        tape[i + 1] = (Step){e, sum, u};
        v += h * (u - 0.8 * v - 1.5 * x);
        x += h * v;
        cost += h * (e * e + 0.001 * u * u);
    }
    double xb = 0.0, vb = 0.0, sb = 0.0, lb = 0.0, g0 = 0.0, g1 = 0.0, g2 = 0.0;
    for (int64_t i = steps - 1; i >= 0; i--) {
        const Step *k = &tape[i + 1];
        vb += h * xb;
        double eb = 2.0 * h * k->e + lb, ub = 0.002 * h * k->u + h * vb;
        xb -= 1.5 * h * vb;
        vb -= 0.8 * h * vb;
        if (k->u == limit || k->u == -limit) ub = 0.0;
        double rate = ub * (1.0 / h);
        g0 += ub * k->e;
        g1 += ub * k->sum;
        g2 += rate * (k->e - k[-1].e);
        lb = -rate * kd;
        sb += ub * ki;
        eb += ub * kp - lb + h * sb;
        xb -= eb;
    }
    gp[0] = g0;
    gp[1] = g1;
    gp[2] = g2;
    return cost;
}
#endif
