#include "bench.h"

static inline void rhs(real *RESTRICT f, const real *y, const real *p) {
    f[0] = p[0] * y[0] - p[1] * y[0] * y[1];
    f[1] = p[2] * y[0] * y[1] - p[3] * y[1];
}

static inline void advance(real *y, const real *p, double h) {
    real k1[2], k2[2], k3[2], k4[2], u[2];
    rhs(k1, y, p);
    for (int a = 0; a < 2; a++) u[a] = y[a] + 0.5 * h * k1[a];
    rhs(k2, u, p);
    for (int a = 0; a < 2; a++) u[a] = y[a] + 0.5 * h * k2[a];
    rhs(k3, u, p);
    for (int a = 0; a < 2; a++) u[a] = y[a] + h * k3[a];
    rhs(k4, u, p);
    for (int a = 0; a < 2; a++) y[a] += h / 6.0 * (k1[a] + 2.0 * k2[a] + 2.0 * k3[a] + k4[a]);
}

EXPORT real value(const real *p, int64_t np, const double *data, int64_t points, int64_t two, int64_t every) {
    const double h = 0.001;
    real y[2] = {1.0, 0.5}, loss = 0.0;
    for (int64_t i = 0; i < points; i++) {
        for (int64_t s = 0; s < every; s++) advance(y, p, h);
        real e0 = y[0] - data[2 * i], e1 = y[1] - data[2 * i + 1];
        loss += e0 * e0 + e1 * e1;
    }
    return loss;
}

#ifndef __cplusplus
/* yb += J^T u, gp += (df/dp)^T u at y */
static inline void pull(double *yb, double *gp, const double *u, const double *y, const double *p) {
    double xy = y[0] * y[1];
    yb[0] += u[0] * (p[0] - p[1] * y[1]) + u[1] * p[2] * y[1];
    yb[1] += -u[0] * p[1] * y[0] + u[1] * (p[2] * y[0] - p[3]);
    gp[0] += u[0] * y[0];
    gp[1] -= u[0] * xy;
    gp[2] += u[1] * xy;
    gp[3] -= u[1] * y[1];
}

double value_and_grad(const double *p_in, int64_t np, const double *data, int64_t points, int64_t two, int64_t every,
                      double *out) {
    const double h = 0.001;
    const double p[4] = {p_in[0], p_in[1], p_in[2], p_in[3]};
    double *tape = REALS(0, 2 * points * every), *at = tape, *errors = REALS(1, 2 * points);
    double y[2] = {1.0, 0.5}, loss = 0.0;
    for (int64_t i = 0; i < points; i++) {
        for (int64_t s = 0; s < every; s++, at += 2) {
            at[0] = y[0];
            at[1] = y[1];
            advance(y, p, h);
        }
        double e0 = y[0] - data[2 * i], e1 = y[1] - data[2 * i + 1];
        errors[2 * i] = e0;
        errors[2 * i + 1] = e1;
        loss += e0 * e0 + e1 * e1;
    }
    double b[2] = {0.0, 0.0}, gp[4] = {0.0, 0.0, 0.0, 0.0};
    for (int64_t i = points - 1; i >= 0; i--) {
        b[0] += 2.0 * errors[2 * i];
        b[1] += 2.0 * errors[2 * i + 1];
        for (int64_t s = 0; s < every; s++) {
            at -= 2;
            double k[2], u2[2], u3[2], u4[2], v1[2], v2[2], v3[2], v4[2], x[2];
            rhs(k, at, p);
            for (int a = 0; a < 2; a++) u2[a] = at[a] + 0.5 * h * k[a];
            rhs(k, u2, p);
            for (int a = 0; a < 2; a++) u3[a] = at[a] + 0.5 * h * k[a];
            rhs(k, u3, p);
            for (int a = 0; a < 2; a++) u4[a] = at[a] + h * k[a];
            for (int a = 0; a < 2; a++) v4[a] = h / 6.0 * b[a], x[a] = 0.0;
            pull(x, gp, v4, u4, p);
            for (int a = 0; a < 2; a++) v3[a] = 2.0 * v4[a] + h * x[a], b[a] += x[a], x[a] = 0.0;
            pull(x, gp, v3, u3, p);
            for (int a = 0; a < 2; a++) v2[a] = 2.0 * v4[a] + 0.5 * h * x[a], b[a] += x[a], x[a] = 0.0;
            pull(x, gp, v2, u2, p);
            for (int a = 0; a < 2; a++) v1[a] = v4[a] + 0.5 * h * x[a], b[a] += x[a], x[a] = 0.0;
            pull(x, gp, v1, at, p);
            for (int a = 0; a < 2; a++) b[a] += x[a];
        }
    }
    for (int a = 0; a < 4; a++) out[a] = gp[a];
    return loss;
}
#endif
