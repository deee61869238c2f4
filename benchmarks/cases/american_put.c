#include "bench.h"

EXPORT real value(const real *p, int64_t np, int64_t steps) {
    real spot = p[0], strike = p[1], vol = p[2], rate = p[3];
    double dt = 1.0 / steps;
    real up = exp(vol * sqrt(dt)), down = 1.0 / up;
    real q = (exp(rate * dt) - down) / (up - down), disc = exp(-rate * dt);
    real *RESTRICT payoff = REALS(0, 2 * steps + 1), *RESTRICT v = REALS(1, steps + 1);
    for (int64_t i = 0; i <= 2 * steps; i++) {
        real gain = strike - spot * pow(up, (double)(i - steps));
        payoff[i] = gain > 0.0 ? gain : 0.0;
    }
    for (int64_t i = 0; i <= steps; i++) v[i] = payoff[2 * i];
    for (int64_t k = steps - 1; k >= 0; k--) {
        for (int64_t i = 0; i <= k; i++) {
            real hold = disc * (q * v[i + 1] + (1.0 - q) * v[i]), gain = payoff[2 * i - k + steps];
            v[i] = gain > hold ? gain : hold;
        }
    }
    return v[0];
}

#ifndef __cplusplus
/* Keeps the lattice; whether a node exercised is decided again from it. */
double value_and_grad(const double *p, int64_t np, int64_t steps, double *gp) {
    double spot = p[0], strike = p[1], vol = p[2], rate = p[3];
    double dt = 1.0 / steps, root = sqrt(dt);
    double up = exp(vol * root), down = 1.0 / up, growth = exp(rate * dt);
    double q = (growth - down) / (up - down), disc = 1.0 / growth, dq = disc * q, dr = disc * (1.0 - q);
    int64_t cells = (steps + 1) * (steps + 2) / 2;
    double *restrict payoff = REALS(0, 2 * steps + 1), *restrict price = REALS(2, 2 * steps + 1);
    double *restrict pb = REALS(3, 2 * steps + 1), *restrict vb = REALS(4, steps + 2), *lattice = REALS(1, cells);
    for (int64_t i = 0; i <= 2 * steps; i++) {
        price[i] = pow(up, (double)(i - steps));
        double gain = strike - spot * price[i];
        payoff[i] = gain > 0.0 ? gain : 0.0;
        pb[i] = 0.0;
    }
    double *old = lattice;
    for (int64_t i = 0; i <= steps; i++) old[i] = payoff[2 * i];
    for (int64_t k = steps - 1; k >= 0; k--) {
        double *restrict v = old + k + 2;
        for (int64_t i = 0; i <= k; i++) {
            double hold = disc * (q * old[i + 1] + (1.0 - q) * old[i]), gain = payoff[2 * i - k + steps];
            v[i] = gain > hold ? gain : hold;
        }
        old = v;
    }
    double result = old[0], held = 0.0, spread = 0.0;
    vb[0] = 1.0;
    for (int64_t k = 0; k < steps; k++) {
        const double *restrict now = old, *restrict v = now - (k + 2);
        double above = 0.0;
        for (int64_t i = 0; i <= k; i++) {
            double hold = disc * (q * v[i + 1] + (1.0 - q) * v[i]), g = vb[i];
            if (payoff[2 * i - k + steps] > hold) {
                pb[2 * i - k + steps] += g;
                g = 0.0;
            }
            held += g * hold;
            spread += g * (v[i + 1] - v[i]);
            vb[i] = dr * g + above;
            above = dq * g;
        }
        vb[k + 1] = above;
        old = (double *)v;
    }
    for (int64_t i = 0; i <= steps; i++) pb[2 * i] += vb[i];
    double gs = 0.0, gk = 0.0, gu = 0.0;
    for (int64_t i = 0; i <= 2 * steps; i++) {
        double g = payoff[i] > 0.0 ? pb[i] : 0.0;
        gk += g;
        gs -= g * price[i];
        gu -= g * spot * (i - steps) * price[i] * down;
    }
    double qb = disc * spread, width = up - down, slope = 1.0 + down * down;
    gu += qb * (down * down / width - q * slope / width);
    gp[0] = gs;
    gp[1] = gk;
    gp[2] = gu * up * root;
    gp[3] = qb * growth * dt / width - held * dt;
    return result;
}
#endif
