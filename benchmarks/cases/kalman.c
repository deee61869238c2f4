#include "bench.h"

/* c = a b of shapes (n, m) and (m, p) */
static inline void product(real *RESTRICT c, const real *a, const real *b, int n, int m, int p) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < p; j++) {
            real sum = 0.0;
            for (int k = 0; k < m; k++) sum += a[i * m + k] * b[k * p + j];
            c[i * p + j] = sum;
        }
}

static inline void transposed(real *RESTRICT c, const double *a, int n, int m) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) c[j * n + i] = a[i * m + j];
}

EXPORT real value(const real *p, int64_t np, const double *f, int64_t f0, int64_t f1, const double *h, int64_t h0,
                  int64_t h1, const double *seen, int64_t steps, int64_t two) {
    real q = exp(p[0]), r = exp(p[1]);
    real F[16], H[8], FT[16], HT[8], m[4] = {0.0, 0.0, 0.0, 0.0}, P[16];
    for (int i = 0; i < 16; i++) F[i] = f[i], P[i] = i % 5 ? 0.0 : 1.0;
    for (int i = 0; i < 8; i++) H[i] = h[i];
    transposed(FT, f, 4, 4);
    transposed(HT, h, 2, 4);
    real total = 0.0;
    for (int64_t t = 0; t < steps; t++) {
        real ahead[4], FP[16], W[16], HW[8], S[4], inv[4], WH[8], K[8], y[2], see[2], KH[16];
        product(ahead, F, m, 4, 4, 1);
        product(FP, F, P, 4, 4, 4);
        product(W, FP, FT, 4, 4, 4);
        for (int i = 0; i < 4; i++) W[5 * i] += q;
        product(HW, H, W, 2, 4, 4);
        product(S, HW, HT, 2, 4, 2);
        S[0] += r;
        S[3] += r;
        real det = S[0] * S[3] - S[1] * S[2];
        inv[0] = S[3] / det;
        inv[1] = -S[1] / det;
        inv[2] = -S[2] / det;
        inv[3] = S[0] / det;
        product(WH, W, HT, 4, 4, 2);
        product(K, WH, inv, 4, 2, 2);
        product(see, H, ahead, 2, 4, 1);
        for (int i = 0; i < 2; i++) y[i] = seen[2 * t + i] - see[i];
        for (int i = 0; i < 4; i++) m[i] = ahead[i] + K[2 * i] * y[0] + K[2 * i + 1] * y[1];
        product(KH, K, H, 4, 2, 4);
        for (int i = 0; i < 16; i++) KH[i] = (i % 5 ? 0.0 : 1.0) - KH[i];
        product(P, KH, W, 4, 4, 4);
        real u0 = inv[0] * y[0] + inv[1] * y[1], u1 = inv[2] * y[0] + inv[3] * y[1];
        total += 0.5 * (log(det) + y[0] * u0 + y[1] * u1);
    }
    return total;
}
