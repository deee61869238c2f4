#include "bench.h"

EXPORT real value(const real *RESTRICT b, int64_t n, const double *RESTRICT a, int64_t na, const double *RESTRICT c,
                  int64_t nc, const double *RESTRICT d, int64_t nd) {
    real *RESTRICT cp = REALS(0, n), *RESTRICT dp = REALS(1, n), *RESTRICT u = REALS(2, n);
    cp[0] = c[0] / b[0];
    dp[0] = d[0] / b[0];
    for (int64_t i = 1; i < n; i++) {
        real m = b[i] - a[i] * cp[i - 1];
        cp[i] = c[i] / m;
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m;
    }
    u[n - 1] = dp[n - 1];
    for (int64_t i = n - 2; i >= 0; i--) u[i] = dp[i] - cp[i] * u[i + 1];
    real total = 0.0;
    for (int64_t i = 0; i < n; i++) total += u[i] * u[i];
    return total;
}

#ifndef __cplusplus
/* The adjoint of a linear solve is a solve with the transposed matrix: A = L U with U unit upper (cp) and L lower
   (m on the diagonal, a below), so A^T lambda = 2u takes one sweep each way, and the gradient by b is -lambda * u. */
double value_and_grad(const double *restrict b, int64_t n, const double *restrict a, int64_t na,
                      const double *restrict c, int64_t nc, const double *restrict d, int64_t nd, double *restrict gb) {
    double *restrict cp = REALS(0, n), *restrict dp = REALS(1, n), *restrict u = REALS(2, n), *restrict m = REALS(3, n);
    m[0] = b[0];
    cp[0] = c[0] / b[0];
    dp[0] = d[0] / b[0];
    for (int64_t i = 1; i < n; i++) {
        m[i] = b[i] - a[i] * cp[i - 1];
        cp[i] = c[i] / m[i];
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m[i];
    }
    u[n - 1] = dp[n - 1];
    for (int64_t i = n - 2; i >= 0; i--) u[i] = dp[i] - cp[i] * u[i + 1];
    double total = u[0] * u[0];
    double *restrict z = dp;
    z[0] = 2.0 * u[0];
    for (int64_t i = 1; i < n; i++) {
        total += u[i] * u[i];
        z[i] = 2.0 * u[i] - cp[i - 1] * z[i - 1];
    }
    double lambda = z[n - 1] / m[n - 1];
    gb[n - 1] = -lambda * u[n - 1];
    for (int64_t i = n - 2; i >= 0; i--) {
        lambda = (z[i] - a[i + 1] * lambda) / m[i];
        gb[i] = -lambda * u[i];
    }
    return total;
}
#endif
