"""Tables filled by loops: alignment, paths, knapsack, intervals, chains, graphs, parsing of scores."""

import numpy as np

from .registry import program

rng = np.random.default_rng(24)


@program(rng.normal(size=(4, 5)))
def cheapest_path_through_grid(cost):
    n, m = cost.shape
    best = np.empty((n, m))
    for i in range(n):
        for j in range(m):
            if i == 0 and j == 0:
                before = 0.0
            elif i == 0:
                before = best[i, j - 1]
            elif j == 0:
                before = best[i - 1, j]
            else:
                before = min(best[i - 1, j], best[i, j - 1], best[i - 1, j - 1])
            best[i, j] = cost[i, j] + before
    return best[-1, -1]


@program([3, 1, 4, 1, 5, 9, 2, 6], [3, 4, 1, 5, 2, 9, 6], grad=False)
def edit_distance(a, b):
    n, m = len(a), len(b)
    d = np.zeros((n + 1, m + 1), dtype=int)
    d[:, 0] = np.arange(n + 1)
    d[0] = np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
    return d[n, m], d


@program(np.array([2.0, -1.0, 0.5]), np.array([0, 1, 2, 1]), np.array([1, 2, 1]))
def alignment_score(p, a, b):
    match, mismatch, gap = p
    previous = -gap * np.arange(len(b) + 1)
    for i in range(len(a)):
        current = np.empty_like(previous)
        current[0] = -gap * (i + 1)
        for j in range(len(b)):
            diagonal = previous[j] + (match if a[i] == b[j] else mismatch)
            current[j + 1] = max(diagonal, previous[j + 1] - gap, current[j] - gap)
        previous = current
    return previous[-1]


@program(np.array([6.1, 10.2, 12.3, 7.4]), np.array([1, 2, 3, 2]), 5)
def knapsack(values, weights, capacity):
    best = np.zeros(capacity + 1)
    for v, w in zip(values, weights):
        for c in range(capacity, w - 1, -1):
            best[c] = max(best[c], best[c - w] + v)
    return best[capacity]


@program([1, 5, 10, 25], 63, grad=False, more=[([2, 7], 12), ([5], 3)])
def coin_change(coins, amount):
    ways = np.zeros(amount + 1, dtype=np.int64)
    ways[0] = 1
    fewest = np.full(amount + 1, 10**9)
    fewest[0] = 0
    for c in coins:
        for s in range(c, amount + 1):
            ways[s] += ways[s - c]
            fewest[s] = min(fewest[s], fewest[s - c] + 1)
    return ways[amount], fewest[amount] if fewest[amount] < 10**9 else -1


@program(rng.normal(size=9))
def best_contiguous_sum(x):
    best = here = x[0]
    for v in x[1:]:
        here = max(v, here + v)
        best = max(best, here)
    return best


@program(np.array([[0.0, 3.1, 8.2, 99.0], [99.0, 0.0, 4.3, 1.4], [2.5, 99.0, 0.0, 7.6], [99.0, 5.7, 1.8, 0.0]]))
def all_pairs_shortest_paths(d):
    d = d.copy()
    n = d.shape[0]
    for k in range(n):
        d = np.minimum(d, d[:, k][:, None] + d[k])
    return d.sum() + d[0, 3] ** 2


@program(np.array([0.6, 0.3, 0.8, 0.5]), np.array([0, 1, 1, 0, 2]))
def most_likely_states(p, seen):
    trans = np.log(np.array([[p[0], 1 - p[0]], [1 - p[1], p[1]]]))
    emit = np.log(np.array([[p[2], 0.5, 0.2], [p[3], 0.3, 0.6]]))
    score = emit[:, seen[0]]
    back = np.zeros((len(seen), 2), dtype=int)
    for t in range(1, len(seen)):
        options = score[:, None] + trans
        back[t] = options.argmax(axis=0)
        score = options.max(axis=0) + emit[:, seen[t]]
    path = np.zeros(len(seen), dtype=int)
    path[-1] = score.argmax()
    for t in range(len(seen) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return score.max() + 0.0 * path.sum()


@program(np.array([3, 7, 2, 6, 4]), grad=False)
def matrix_chain_order(dims):
    n = len(dims) - 1
    cost = np.zeros((n, n), dtype=np.int64)
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length - 1
            cost[i, j] = 2**62
            for k in range(i, j):
                here = cost[i, k] + cost[k + 1, j] + dims[i] * dims[k + 1] * dims[j + 1]
                if here < cost[i, j]:
                    cost[i, j] = here
    return cost[0, n - 1]


@program(rng.normal(size=(4, 3)), np.array([0, 2, 1, 0]), rng.normal(size=(3, 3)))
def chain_crf_log_likelihood(emissions, tags, transitions):
    score = emissions[0, tags[0]]
    for t in range(1, len(tags)):
        score += transitions[tags[t - 1], tags[t]] + emissions[t, tags[t]]
    alpha = emissions[0]
    for t in range(1, len(tags)):
        scores = alpha[:, None] + transitions + emissions[t]
        top = scores.max(axis=0)
        alpha = top + np.log(np.exp(scores - top).sum(axis=0))
    return score - np.logaddexp.reduce(alpha)


@program(np.array([0.2, 0.5, 0.3, 0.9]), 0.95)
def value_iteration(rewards, discount):
    n = len(rewards)
    v = np.zeros(n)
    for _ in range(100):
        new = np.empty(n)
        for s in range(n):
            new[s] = rewards[s] + discount * max(v[(s + 1) % n] * 0.9, v[s - 1] * 0.8)
        change = np.abs(new - v).max()
        v = new
        if change < 0.05:
            break
    return v.sum()


@program([1, 3, 2, 5, 4, 6], grad=False, more=[([5, 4, 3],)])
def longest_increasing_run(values):
    length = [1] * len(values)
    for i in range(len(values)):
        for j in range(i):
            if values[j] < values[i]:
                length[i] = max(length[i], length[j] + 1)
    return max(length), length


@program(10, grad=False, more=[(1,), (0,)])
def staircase_with_memo_table(n):
    memo = {0: 1, 1: 1}
    a, b = memo[0], memo[1]
    for _ in range(2, n + 1):
        a, b = b, a + b
    return b if n else a


@program(np.array([0.5, 0.2, 0.9, 0.4, 0.7]))
def weighted_intervals(value):
    starts, ends = [0, 1, 3, 4, 6], [3, 4, 5, 7, 8]
    best = np.zeros(len(starts) + 1)
    for k in range(len(starts)):
        j = 0
        while j < k and ends[j] <= starts[k]:
            j += 1
        best[k + 1] = max(best[k], best[j] + value[k])
    return best[-1] ** 2


@program(rng.normal(size=(3, 4)))
def seam_carving(energy):
    total = energy[0]
    for row in energy[1:]:
        left = np.concatenate([[np.inf], total[:-1]])
        right = np.append(total[1:], np.inf)
        total = row + np.minimum(np.minimum(left, total), right)
    return total.min()


@program(np.array([0, 1, 1, 2]), np.array([1, 2, 3, 3]), np.array([0.3, 0.8, 0.95, 0.1]), argnums=2)
def relaxed_edges_until_stable(source, target, length):
    distance = np.full(4, 1e3)
    distance[0] = 0.0
    changed = True
    while changed:
        changed = False
        for s, t, w in zip(source, target, length):
            if distance[s] + w < distance[t]:
                distance[t] = distance[s] + w
                changed = True
    return distance[1:].sum()


@program([(0, 1), (1, 2), (3, 4)], 5, grad=False)
def union_find(edges, n):
    parent = np.arange(n)

    def root(v):
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    for a, b in edges:
        parent[root(a)] = root(b)
    return len([v for v in range(5) if root(v) == v]), parent


@program(np.array([[4, 0, 3], [1, 2, 5]]), grad=False)
def prefix_sums_of_grid(grid):
    n, m = grid.shape
    s = np.zeros((n + 1, m + 1), dtype=grid.dtype)
    for i in range(n):
        for j in range(m):
            s[i + 1, j + 1] = grid[i, j] + s[i, j + 1] + s[i + 1, j] - s[i, j]
    return s[2, 3] - s[0, 3], s
