"""Lists that grow once a trip, of scalars, arrays, tuples; stacked, summed, indexed and looped over afterwards."""

from typing import NamedTuple

import numpy as np

from .registry import program

rng = np.random.default_rng(5)


@program(np.array([0.5, 1.5]), 6, more=[(np.array([0.5, 1.5]), 1)])
def trajectory_of_scalars(p, n):
    trail = []
    v = p[0]
    for _ in range(n):
        v = v + 0.1 * (p[1] - v * v)
        trail.append(v)
    return np.mean(np.array(trail) ** 2) + trail[-1]


@program(np.array([0.5, 1.5]), 6)
def trajectory_of_arrays(p, n):
    states = [p]
    for _ in range(n):
        states.append(0.9 * states[-1] + 0.01 * states[0][::-1])
    path = np.stack(states)
    return path.sum() + path[3, 1] * path[-1, 0] + len(states)


@program(np.array([0.5, 1.5, 1.0]), 5)
def list_of_tuples_grows(p, n):
    log = []
    for k in range(n):
        log.append((k, p[k % 3] * k))
    total = 0.0
    for k, v in log:
        total += k * v
    return total + log[2][1] ** 2


@program(np.linspace(-1, 1, 7))
def filtered_append(x):
    kept = []
    for v in x:
        if v > -0.2:
            kept.append(v * v)
    return sum(kept) + len(kept)


@program(np.array([0.2, 0.7]), 4)
def two_lists_grow(p, n):
    xs, ys = [], []
    for k in range(n):
        xs.append(p[0] * k)
        ys.append(np.sin(p[1] * k) + (xs[-1] if k > 1 else 0.0))
    return sum(a * b for a, b in zip(xs, ys))


class Sample(NamedTuple):
    t: float
    value: float


@program(np.array([0.2, 0.7]), 4)
def list_of_namedtuples_grows(p, n):
    samples = []
    t = 0.0
    while len(samples) < n:
        samples.append(Sample(t, p[0] * np.exp(-p[1] * t)))
        t += 0.5
    return sum(s.value for s in samples) + samples[1].t * samples[2].value


@program(rng.normal(size=3), 5)
def losses_recorded(w, steps):
    losses = []
    for _ in range(steps):
        loss = (w @ w - 1) ** 2
        losses.append(loss)
        w = w - 0.05 * 4 * (w @ w - 1) * w
    return min(losses) + max(losses) + np.sum(losses)


@program(np.array([1.0, 0.3]), 8)
def append_in_helper(p, n):
    out = []

    def record(v):
        out.append(v)
        return v * p[1]

    v = p[0]
    for _ in range(n):
        v = record(v) + 0.1
    return np.array(out).std() + out[0]


@program(np.array([1.0, 2.0, 3.0]), 3)
def grows_by_comprehension_of_run_time_length(x, n):
    values = [x[k] * (k + 1) for k in range(n)]
    table = np.array([[v * w for w in values] for v in values])
    return table.sum() + np.array(values).max()


@program(np.array([0.5, 0.25]), 4)
def appended_array_written_later(p, n):
    rows = []
    row = np.zeros(2)
    for k in range(n):
        row = row + p * k
        rows.append(row.copy())
        row[0] = -1.0
    return np.array(rows)[:, 0] @ np.arange(n) + rows[-1][1]


@program(3, grad=False, more=[(5,), (1,)])
def first_primes(count):
    primes = []
    candidate = 2
    while len(primes) < count:
        prime = True
        for k in range(2, candidate):
            if candidate % k == 0:
                prime = False
                break
        if prime:
            primes.append(candidate)
        candidate += 1
    return sum(primes), primes[-1]


@program(np.array([0.4, 0.6]), 3, grad=False)
def list_returned(p, n):
    out = []
    for k in range(n):
        out.append(p[0] * k)
    return out, len(out)


@program(np.array([4.0, 3.0, 2.0]))
def list_built_by_addition(x):
    out = []
    for v in x:
        out = out + [v * 2]
    out += [1.0, x[0]]
    return np.array(out).prod()


@program(np.array([0.5, 0.2]), 6)
def moving_window(p, n):
    values = []
    total = 0.0
    for k in range(n):
        values.append(np.cos(p[0] * k) + p[1])
        if len(values) >= 3:
            total += values[-1] * values[-3]
    return total / len(values)


@program(2.0, more=[(99.0,), (1e-9,), (150.0,)])
def until_the_last_item_is_large(v):
    out = [v]
    while out[-1] < 100.0:
        out.append(out[-1] * 1.7 + 1)
    return out[-1] + sum(out) + np.array(out)[::2].sum()


@program(2.0, 0.01, more=[(2.0, 3.0)])
def states_until_a_time(v, h):
    t, y = 0.0, np.array([v, 0.0])
    times, states = [], [y]
    while t < 0.995:
        y = y + h * np.array([y[1], -y[0]])
        t += h
        times.append(t)
        states.append(y)
    path = np.array(states)
    return (path**2).mean() + times[-1] * len(states)


@program(np.array([1.0, 0.1]), 2.0)
def steps_of_adaptive_size(y, end):
    def slope(y):
        return np.array([y[1], -y[0] * (1 + y[0] ** 2)])

    t, h = 0.0, 0.1
    log = [(t, y[0])]
    while t < end:
        if t + h > end:
            h = end - t
        k1 = slope(y)
        k2 = slope(y + h * k1)
        error = np.sqrt(((0.5 * h * (k2 - k1)) ** 2).sum())
        if error < 1e-2:
            t += h
            y = y + h * 0.5 * (k1 + k2)
            log.append((t, y[0]))
        h = 0.15 if error < 1e-3 else 0.07
    return log[-1][1] + sum(b for _, b in log) / len(log)


NEIGHBOURS = np.array([[0.0, 2.0, 5.0, 0.0], [2.0, 0.0, 1.0, 7.0], [5.0, 1.0, 0.0, 3.0], [0.0, 7.0, 3.0, 0.0]])


@program(NEIGHBOURS, np.ones(4), argnums=1)
def breadth_first(w, cost):
    n = len(w)
    seen = np.zeros(n, dtype=bool)
    seen[0] = True
    queue, head, total = [0], 0, 0.0
    while head < len(queue):
        u = queue[head]
        head += 1
        for v in range(n):
            if w[u, v] > 0 and not seen[v]:
                seen[v] = True
                queue.append(v)
                total += w[u, v] * cost[u] * head
    return total


@program(NEIGHBOURS, np.ones(4), argnums=1)
def depth_first(w, cost):
    seen = np.zeros(len(w), dtype=bool)
    stack, total = [0], 0.0
    while stack:
        u = stack.pop()
        if seen[u]:
            continue
        seen[u] = True
        total += cost[u] * len(stack)
        for v in range(len(w)):
            if w[u, v] > 0 and not seen[v]:
                stack.append(v)
    return total


@program(360, more=[(97,), (1,)], grad=False)
def prime_factors(n):
    found = []
    p = 2
    while n > 1:
        while n % p == 0:
            found.append(p)
            n //= p
        p += 1
    return found


@program(np.array([9.0, 0.7, 17.0]))
def one_list_by_nested_loops(x):
    halves = []
    for v in x:
        while v > 1:
            v = v / 2
            halves.append(v)
        halves.append(-v)
    return np.array(halves).sum() * len(halves) + sum(h * h for h in halves)


@program(np.linspace(-2.1, 2.1, 40))
def two_loops_and_a_while_fill_one_list(x):
    out = []
    for v in x:
        if v > 0:
            out.append(v)
    for v in x[::2]:
        if v < 0:
            out.append(v * v)
    while out[-1] < 5:
        out.append(out[-1] * 2)
    return sum(out) + len(out)


class Recorder:
    def __init__(self):
        self.times = []
        self.t = 0.0

    def step(self, h):
        self.t += h
        self.times.append(self.t * h)


@program(0.13)
def object_that_records(h):
    recorder = Recorder()
    while recorder.t < 1.0:
        recorder.step(h)
    return recorder.times[-1] + sum(recorder.times)


@program({"log": [1.0], "rate": 2.0}, grad=False, writes=True)
def list_of_the_caller(d):
    while sum(d["log"]) < 20:
        d["log"].append(d["rate"] * len(d["log"]))
    return d["log"][-1]


@program(np.arange(3.0) + 1, 6)
def more_items_for_a_moment_than_in_the_end(x, n):
    out = [x[0]]
    for i in range(n):
        out.append(x[1] * i)
        out.append(x[2])
        out.pop()
        out[0] += out[-1]
    return sum(out)


@program(NEIGHBOURS, np.ones(4), argnums=1)
def breadth_first_by_pop_from_the_front(w, cost):
    seen = np.zeros(len(w), dtype=bool)
    seen[0] = True
    queue, total = [0], 0.0
    while queue:
        u = queue.pop(0)
        total += cost[u] * len(queue)
        for v in range(len(w)):
            if w[u, v] > 0 and not seen[v]:
                seen[v] = True
                queue.append(v)
    return total


@program(np.arange(6.0) + 1, 3, 1, more=[(np.arange(6.0) + 1, 3, -2), (np.arange(6.0) + 1, 6, 3)])
def items_taken_out_and_put_in(x, n, k):
    items = []
    for i in range(n):
        items.append(x[i])
        items.append(x[i] * 2)
    first, middle, last = items.pop(0), items.pop(k), items.pop()
    items.insert(1, first * middle)
    items.insert(k, x[0])
    items.insert(-1, last**2)
    items.insert(100, x[1])
    items.insert(-100, x[2])
    del items[0]
    del items[-1]
    return sum((i + 1) * v for i, v in enumerate(items)) + len(items)


@program(np.array([0.6, -0.4, 1.5, -0.3, 0.9, -0.1, 2.2]), grad=False)
def lists_of_a_length_that_depends_on_data(x):
    big = [v for v in x if v > -0.35]
    parts = big[1:], big[::-2], big[-3:-1], big[5:1:-1], big[:2]
    back = big.copy()
    back.reverse()
    both = big + back
    back.clear()
    back.append(x[0])
    return parts, both, back, x[0] in big, 99.0 in big, list(filter(lambda v: v > 0, x)), list(reversed(both))


@program(np.array([0.6, -0.45, 1.5, -0.3, 0.9]))
def sorted_by_keys(x):
    kept = [v for v in x if v > -0.4]
    near = sorted(kept, key=lambda v: (v - 0.2) ** 2)
    ends = sorted(x, key=abs, reverse=True)
    pairs = sorted([(v, i) for i, v in enumerate(x)], key=lambda pair: (pair[1] % 2, -pair[0]))
    total = near[0] + 2 * near[1] + 3 * ends[0] ** 2 + ends[1]
    for k, (v, i) in enumerate(pairs):
        total += v * k * (i + 1)
    return total


@program(np.array([1.0, 1.0, 0.0, 1.0, 0.0]), grad=False)
def equal_keys_keep_their_order(x):
    up = sorted(range(5), key=lambda i: x[i])
    down = sorted(range(5), key=lambda i: x[i], reverse=True)
    grown = [i for i in range(5) if x[i] > -1]
    grown.sort(key=lambda i: x[i], reverse=True)
    return up, down, grown, sorted(x), sorted(x > 0.5)


@program(np.array([[3.0, 1.0], [-1.0, 5.0], [2.0, 2.0]]))
def rows_sorted_by_a_column(x):
    rows = sorted(x, key=lambda row: row[1])
    points = [(x[i, 0], x[i, 1]) for i in range(3)]
    points.sort(key=lambda p: (p[1], p[0]), reverse=True)
    return rows[0][0] * rows[2][1] + 2 * points[0][0] ** 2 + points[2][1]


@program(np.array([0.5, 0.2, 0.9, 0.1]))
def cost_of_a_huffman_code(p):
    heap, cost = [v for v in p], 0.0
    while len(heap) > 1:
        heap.sort()
        a, b = heap.pop(0), heap.pop(0)
        cost += (a + b) ** 2
        heap.append(a + b)
    return cost


@program(np.array([4.0, 2.0, 8.0, 1.0, 9.0]))
def mean_of_a_moving_window(x):
    window, total = [], 0.0
    for k, v in enumerate(x):
        window.append(v * v)
        if len(window) > 3:
            window.pop(0)
        total += k * sum(window) / len(window)
    return total
