"""Pricing, yields, portfolios, accounting loops."""

import math

import numpy as np

from .registry import program

rng = np.random.default_rng(20)


def _cdf(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


@program(np.array([100.0, 0.2, 0.03]), 105.0, 0.5)
def black_scholes_call(p, strike, maturity):
    spot, vol, rate = p
    sd = vol * math.sqrt(maturity)
    d1 = (math.log(spot / strike) + (rate + 0.5 * vol**2) * maturity) / sd
    return spot * _cdf(d1) - strike * math.exp(-rate * maturity) * _cdf(d1 - sd)


@program(np.array([100.0, 0.2, 0.03]), 105.0, 0.5, "put", more=[(np.array([90.0, 0.3, 0.01]), 95.0, 1.0, "call")])
def vectorised_lattice(p, strike, maturity, kind):
    spot, vol, rate = p
    n = 20
    dt = maturity / n
    up = np.exp(vol * np.sqrt(dt))
    q = (np.exp(rate * dt) - 1 / up) / (up - 1 / up)
    prices = spot * up ** (2.0 * np.arange(n + 1) - n)
    v = np.maximum(prices - strike, 0) if kind == "call" else np.maximum(strike - prices, 0)
    for _ in range(n):
        v = np.exp(-rate * dt) * (q * v[1:] + (1 - q) * v[:-1])
    return v[0]


@program(np.array([0.2, 0.03]), rng.normal(size=(6, 12)))
def asian_option_paths(p, noise):
    vol, rate = p
    dt = 1 / noise.shape[1]
    logs = np.cumsum((rate - 0.5 * vol**2) * dt + vol * np.sqrt(dt) * noise, axis=1)
    average = np.mean(100 * np.exp(logs), axis=1)
    return np.exp(-rate) * np.maximum(average - 98.0, 0).mean()


@program(np.array([0.2, 0.03]), rng.normal(size=10))
def barrier_option_one_path(p, noise):
    spot, alive = 100.0, True
    for z in noise:
        spot *= math.exp(p[1] * 0.1 + p[0] * math.sqrt(0.1) * z)
        if spot < 70.0:
            alive = False
            break
    return max(spot - 95.0, 0.0) if alive else 0.1 * spot


@program(0.04, np.array([5.0, 5.0, 5.0, 105.0]))
def bond_price_and_duration(y, flows):
    price = weighted = 0.0
    for t, c in enumerate(flows, 1):
        discounted = c / (1 + y) ** t
        price += discounted
        weighted += t * discounted
    return price + weighted / price


@program(np.array([-100.0, 30.0, 40.0, 50.0]))
def internal_rate_of_return(flows):
    rate = 0.1
    for _ in range(30):
        value = slope = 0.0
        for t, c in enumerate(flows):
            value += c / (1 + rate) ** t
            slope -= t * c / (1 + rate) ** (t + 1)
        step = value / slope
        rate -= step
        if abs(step) < 1e-14:
            break
    return rate


@program(np.array([0.2, 0.5, 0.3]), rng.normal(size=(30, 3)) * 0.01)
def portfolio_sharpe(w, returns):
    w = w / w.sum()
    daily = returns @ w
    cov = np.cov(returns, rowvar=False)
    risk = np.sqrt(w @ cov @ w)
    return daily.mean() / risk + risk * 0.1


@program(1500.0, 0.05, grad=False, more=[(20000.0, 0.05), (60000.0, 0.1)])
def progressive_tax(income, credit):
    brackets = [(10_000, 0.0), (40_000, 0.2), (float("inf"), 0.4)]
    tax, lower = 0.0, 0
    for upper, rate in brackets:
        if income > lower:
            tax += (min(income, upper) - lower) * rate
        lower = upper
    return max(tax - credit * income, 0)


@program(np.array([100.0, 102.0, 99.0, 105.0, 107.0, 103.0]))
def exponential_averages_crossing(prices):
    fast = slow = prices[0]
    position, profit = 0, 0.0
    for k in range(1, len(prices)):
        profit += position * (prices[k] - prices[k - 1])
        fast += 0.5 * (prices[k] - fast)
        slow += 0.2 * (prices[k] - slow)
        position = 1 if fast > slow else -1
    return profit + fast - slow


@program(200000.0, 0.004, 300.0)
def loan_balance_after_years(principal, monthly, extra):
    payment = principal * monthly / (1 - (1 + monthly) ** -360) + extra
    balance, paid, months = principal, 0.0, 0
    while months < 120 and balance > 0:
        interest = balance * monthly
        balance -= payment - interest
        paid += interest
        months += 1
    return balance / 1000 + paid / 1000


@program(np.array([0.01, 0.3, 0.15]), np.array([0.02, 0.025, 0.03, 0.032]))
def vasicek_fit_error(p, yields):
    level, slope, curve = p
    t = np.array([1.0, 2.0, 5.0, 10.0])
    decay = (1 - np.exp(-t / 2)) / (t / 2)
    model = level + slope * decay + curve * (decay - np.exp(-t / 2))
    return np.sum((model - yields) ** 2)


@program(np.array([0.04, 1.5, 0.06]), rng.normal(size=25))
def garch_likelihood(p, r):
    omega, scale, beta = p
    var, total = 1.0, 0.0
    for x in r:
        total -= 0.5 * (np.log(var) + (scale * x) ** 2 / var)
        var = omega + 0.1 * (scale * x) ** 2 + beta * var
    return total


@program([("rent", -800.0), ("wage", 2500.0), ("food", -350.0)], 1000.0, argnums=1)
def ledger_of_named_entries(entries, balance):
    spent = {"rent": 0.0, "food": 0.0}
    for name, amount in entries:
        balance = balance * 1.001 + amount
        if name in spent:
            spent[name] -= amount
    return balance - 0.1 * sum(spent.values())
