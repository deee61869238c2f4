/* Dual numbers v + d*eps: the derivative in one direction, exact to rounding. Rules: the chain rule per function. */
#pragma once
#include <cmath>

struct Dual {
    double v, d;
    Dual() = default;
    Dual(double value) : v(value), d(0.0) {}
    Dual(double value, double tangent) : v(value), d(tangent) {}
};
typedef Dual real;

static inline double val(Dual a) { return a.v; }
static inline double val(double a) { return a; }
static inline Dual operator+(Dual a, Dual b) { return Dual(a.v + b.v, a.d + b.d); }
static inline Dual operator-(Dual a, Dual b) { return Dual(a.v - b.v, a.d - b.d); }
static inline Dual operator-(Dual a) { return Dual(-a.v, -a.d); }
static inline Dual operator*(Dual a, Dual b) { return Dual(a.v * b.v, a.d * b.v + a.v * b.d); }
static inline Dual operator/(Dual a, Dual b) { return Dual(a.v / b.v, (a.d - a.v / b.v * b.d) / b.v); }
static inline Dual &operator+=(Dual &a, Dual b) { return a = a + b; }
static inline Dual &operator-=(Dual &a, Dual b) { return a = a - b; }
static inline Dual &operator*=(Dual &a, Dual b) { return a = a * b; }
static inline Dual &operator/=(Dual &a, Dual b) { return a = a / b; }
static inline bool operator<(Dual a, Dual b) { return a.v < b.v; }
static inline bool operator>(Dual a, Dual b) { return a.v > b.v; }
static inline Dual sin(Dual a) { return Dual(std::sin(a.v), std::cos(a.v) * a.d); }
static inline Dual cos(Dual a) { return Dual(std::cos(a.v), -std::sin(a.v) * a.d); }
static inline Dual exp(Dual a) { return Dual(std::exp(a.v), std::exp(a.v) * a.d); }
static inline Dual log(Dual a) { return Dual(std::log(a.v), a.d / a.v); }
static inline Dual sqrt(Dual a) { return Dual(std::sqrt(a.v), 0.5 * a.d / std::sqrt(a.v)); }
static inline Dual tanh(Dual a) {
    double t = std::tanh(a.v);
    return Dual(t, (1.0 - t * t) * a.d);
}
static inline Dual fabs(Dual a) { return a.v < 0.0 ? -a : a; }
static inline Dual pow(Dual a, double b) { return Dual(std::pow(a.v, b), b * std::pow(a.v, b - 1.0) * a.d); }
