#include "bench.h"

static inline real sigmoid(real z) { return 1.0 / (1.0 + exp(-z)); }

EXPORT real value(const real *RESTRICT w, int64_t rows, int64_t columns, const double *RESTRICT b, int64_t nb,
                  const double *RESTRICT xs, int64_t steps, int64_t nx, const double *RESTRICT target, int64_t n) {
    real *RESTRICT in = REALS(0, columns), *RESTRICT z = REALS(1, rows), *RESTRICT c = REALS(2, n);
    real *RESTRICT h = in + nx, total = 0.0;
    for (int64_t k = 0; k < n; k++) h[k] = 0.0, c[k] = 0.0;
    for (int64_t t = 0; t < steps; t++) {
        for (int64_t k = 0; k < nx; k++) in[k] = xs[t * nx + k];
        for (int64_t i = 0; i < rows; i++) {
            real sum = 0.0;
            for (int64_t j = 0; j < columns; j++) sum += w[i * columns + j] * in[j];
            z[i] = sum + b[i];
        }
        for (int64_t k = 0; k < n; k++) {
            c[k] = sigmoid(z[n + k]) * c[k] + sigmoid(z[k]) * tanh(z[2 * n + k]);
            h[k] = sigmoid(z[3 * n + k]) * tanh(c[k]);
            real error = h[k] - target[k];
            total += error * error;
        }
    }
    return total;
}

#ifndef __cplusplus
/* Keeps inputs, gates and cell of every step; the weights' gradient is a rank-one update of each step. */
double value_and_grad(const double *restrict w, int64_t rows, int64_t columns, const double *restrict b, int64_t nb,
                      const double *restrict xs, int64_t steps, int64_t nx, const double *restrict target, int64_t n,
                      double *restrict gw) {
    double *ins = REALS(0, columns * (steps + 1)), *gates = REALS(1, rows * steps), *cells = REALS(2, n * (steps + 1));
    double *tanhs = REALS(3, n * steps), *restrict zb = REALS(4, rows), *restrict ib = REALS(5, columns);
    double *restrict cb = REALS(6, n), total = 0.0;
    for (int64_t k = 0; k < n; k++) ins[nx + k] = 0.0, cells[k] = 0.0, cb[k] = 0.0, ib[nx + k] = 0.0;
    for (int64_t t = 0; t < steps; t++) {
        double *restrict in = ins + columns * t, *restrict z = gates + rows * t, *restrict h = in + columns + nx;
        const double *restrict c = cells + n * t;
        double *restrict cnew = cells + n * (t + 1), *restrict tc = tanhs + n * t;
        for (int64_t k = 0; k < nx; k++) in[k] = xs[t * nx + k];
        for (int64_t i = 0; i < rows; i++) {
            double sum = 0.0;
            for (int64_t j = 0; j < columns; j++) sum += w[i * columns + j] * in[j];
            z[i] = sum + b[i];
        }
        for (int64_t k = 0; k < n; k++) {
            z[k] = sigmoid(z[k]);
            z[n + k] = sigmoid(z[n + k]);
            z[2 * n + k] = tanh(z[2 * n + k]);
            z[3 * n + k] = sigmoid(z[3 * n + k]);
            cnew[k] = z[n + k] * c[k] + z[k] * z[2 * n + k];
            tc[k] = tanh(cnew[k]);
            h[k] = z[3 * n + k] * tc[k];
            double error = h[k] - target[k];
            total += error * error;
        }
    }
    for (int64_t i = 0; i < rows * columns; i++) gw[i] = 0.0;
    for (int64_t t = steps - 1; t >= 0; t--) {
        const double *restrict in = ins + columns * t, *restrict z = gates + rows * t, *restrict h = in + columns + nx;
        const double *restrict c = cells + n * t, *restrict tc = tanhs + n * t;
        for (int64_t k = 0; k < n; k++) {
            double i = z[k], f = z[n + k], g = z[2 * n + k], o = z[3 * n + k];
            double hb = ib[nx + k] + 2.0 * (h[k] - target[k]);
            double db = cb[k] + hb * o * (1.0 - tc[k] * tc[k]);
            zb[k] = db * g * i * (1.0 - i);
            zb[n + k] = db * c[k] * f * (1.0 - f);
            zb[2 * n + k] = db * i * (1.0 - g * g);
            zb[3 * n + k] = hb * tc[k] * o * (1.0 - o);
            cb[k] = db * f;
        }
        for (int64_t j = 0; j < columns; j++) ib[j] = 0.0;
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++) {
                ib[j] += w[i * columns + j] * zb[i];
                gw[i * columns + j] += zb[i] * in[j];
            }
    }
    return total;
}
#endif
