#include "bench.h"

EXPORT real value(const real *logits, int64_t k, int64_t k2, const double *emission, int64_t ke, int64_t symbols,
                  const int64_t *seen, int64_t steps) {
    real *RESTRICT trans = REALS(0, k * k), *RESTRICT alpha = REALS(1, k), *RESTRICT next = REALS(2, k);
    for (int64_t i = 0; i < k; i++) {
        real sum = 0.0;
        for (int64_t j = 0; j < k; j++) {
            trans[i * k + j] = exp(logits[i * k + j]);
            sum += trans[i * k + j];
        }
        for (int64_t j = 0; j < k; j++) trans[i * k + j] /= sum;
        alpha[i] = 1.0 / k;
    }
    real total = 0.0;
    for (int64_t t = 0; t < steps; t++) {
        for (int64_t j = 0; j < k; j++) next[j] = 0.0;
        for (int64_t i = 0; i < k; i++)
            for (int64_t j = 0; j < k; j++) next[j] += alpha[i] * trans[i * k + j];
        real sum = 0.0;
        for (int64_t j = 0; j < k; j++) {
            next[j] *= emission[j * symbols + seen[t]];
            sum += next[j];
        }
        total += log(sum);
        for (int64_t j = 0; j < k; j++) alpha[j] = next[j] / sum;
    }
    return -total;
}

#ifndef __cplusplus
double value_and_grad(const double *logits, int64_t k, int64_t k2, const double *emission, int64_t ke, int64_t symbols,
                      const int64_t *seen, int64_t steps, double *restrict g) {
    double *restrict trans = REALS(0, k * k), *alphas = REALS(1, k * (steps + 1)), *restrict next = REALS(2, k);
    double *restrict sums = REALS(3, steps), *restrict ab = REALS(4, k), *restrict tb = REALS(5, k * k);
    for (int64_t i = 0; i < k; i++) {
        double sum = 0.0;
        for (int64_t j = 0; j < k; j++) {
            trans[i * k + j] = exp(logits[i * k + j]);
            sum += trans[i * k + j];
        }
        for (int64_t j = 0; j < k; j++) trans[i * k + j] /= sum;
        alphas[i] = 1.0 / k;
    }
    double total = 0.0;
    for (int64_t t = 0; t < steps; t++) {
        const double *restrict alpha = alphas + k * t;
        double *restrict out = alphas + k * (t + 1);
        for (int64_t j = 0; j < k; j++) next[j] = 0.0;
        for (int64_t i = 0; i < k; i++)
            for (int64_t j = 0; j < k; j++) next[j] += alpha[i] * trans[i * k + j];
        double sum = 0.0;
        for (int64_t j = 0; j < k; j++) {
            next[j] *= emission[j * symbols + seen[t]];
            sum += next[j];
        }
        total += log(sum);
        sums[t] = sum;
        for (int64_t j = 0; j < k; j++) out[j] = next[j] / sum;
    }
    for (int64_t i = 0; i < k * k; i++) tb[i] = 0.0;
    for (int64_t i = 0; i < k; i++) ab[i] = 0.0;
    for (int64_t t = steps - 1; t >= 0; t--) {
        const double *restrict alpha = alphas + k * t, *restrict out = alphas + k * (t + 1);
        double inv = 1.0 / sums[t], dot = 0.0;
        for (int64_t j = 0; j < k; j++) dot += ab[j] * out[j];
        for (int64_t j = 0; j < k; j++) next[j] = (ab[j] - dot - 1.0) * inv * emission[j * symbols + seen[t]];
        for (int64_t i = 0; i < k; i++) {
            double sum = 0.0;
            for (int64_t j = 0; j < k; j++) tb[i * k + j] += alpha[i] * next[j];
            for (int64_t j = 0; j < k; j++) sum += trans[i * k + j] * next[j];
            ab[i] = sum;
        }
    }
    for (int64_t i = 0; i < k; i++) {
        double dot = 0.0;
        for (int64_t j = 0; j < k; j++) dot += trans[i * k + j] * tb[i * k + j];
        for (int64_t j = 0; j < k; j++) g[i * k + j] = trans[i * k + j] * (tb[i * k + j] - dot);
    }
    return -total;
}
#endif
