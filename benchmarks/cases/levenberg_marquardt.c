#include "bench.h"

static real cost(const real *p, const double *ts, const real *ys, int64_t n) {
    real total = 0.0;
    for (int64_t i = 0; i < n; i++) {
        real r = ys[i] - (p[0] * exp(-p[1] * ts[i]) + p[2]);
        total += r * r;
    }
    return total;
}

static void solve(real a[3][3], real b[3]) {
    for (int k = 0; k < 3; k++)
        for (int i = k + 1; i < 3; i++) {
            real factor = a[i][k] / a[k][k];
            for (int j = k; j < 3; j++) a[i][j] -= factor * a[k][j];
            b[i] -= factor * b[k];
        }
    for (int k = 2; k >= 0; k--) {
        for (int j = k + 1; j < 3; j++) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
}

EXPORT real value(const real *ys, int64_t n, const double *ts, int64_t nt, const double *start, int64_t three,
                  int64_t rounds) {
    real p[3] = {start[0], start[1], start[2]}, damping = 0.01, best = cost(p, ts, ys, n);
    for (int64_t round = 0; round < rounds; round++) {
        real a[3][3], b[3], trial[3];
        for (int i = 0; i < 3; i++) {
            b[i] = 0.0;
            for (int j = 0; j < 3; j++) a[i][j] = 0.0;
        }
        for (int64_t s = 0; s < n; s++) {
            real e = exp(-p[1] * ts[s]), r = ys[s] - (p[0] * e + p[2]);
            real row[3] = {e, -p[0] * ts[s] * e, 1.0};
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) a[i][j] += row[i] * row[j];
                b[i] += r * row[i];
            }
        }
        for (int i = 0; i < 3; i++) a[i][i] *= 1.0 + damping;
        solve(a, b);
        for (int i = 0; i < 3; i++) trial[i] = p[i] + b[i];
        real now = cost(trial, ts, ys, n);
        if (now < best) {
            for (int i = 0; i < 3; i++) p[i] = trial[i];
            best = now;
            damping *= 0.3;
        } else {
            damping *= 5.0;
        }
    }
    return p[0] * p[0] + p[1] * p[1] + p[2] * p[2];
}
