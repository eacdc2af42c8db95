"""The made series and bills on which `anomaly_peers.py` measures: each with what was planted into it."""

import datetime
import math

import numpy as np

START, DAYS, FIRST = 60, 194, 20089  # 20089: 2025-01-01 in days since 1970
DATES = [datetime.date(2025, 1, 1) + datetime.timedelta(days=t) for t in range(DAYS)]
FROM_END = np.array([((d.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - d).days for d in DATES])
OF_MONTH = np.array([d.day for d in DATES])
SHAPES = ["week", "growth", "month end", "month start", "bursty", "flat", "walk"]
KINDS = ["spike", "drop", "step", "ramp"]


def shape(kind, random):
    """A cost without events."""
    t = np.arange(DAYS)
    level, dow, weekend = math.exp(random.normal(4.5, 1.6)), (t + random.integers(7)) % 7, random.uniform(0.45, 0.95)
    x = level * np.maximum(1 + random.normal(0, 0.002) * t, 0.1)
    if kind in ("week", "growth", "month end", "month start"):
        x = x * np.where(dow >= 5, weekend, 1)
    if kind == "growth":
        x = x * np.exp(random.uniform(0.001, 0.006) * t)
    if kind == "month end":
        x = x * np.where(FROM_END <= 2, random.uniform(1.2, 2.5), 1)
    if kind == "month start":
        x = x * np.where(OF_MONTH == 1, random.uniform(1.5, 4), 1)
    if kind == "bursty":
        x = level * (0.15 + (random.random(DAYS) < 0.3) * random.gamma(2, 0.8, DAYS))
    if kind == "flat":
        x = np.full(DAYS, level)
    if kind == "walk":
        x = level * np.exp(np.cumsum(random.normal(0, 0.03, DAYS)))
    noise = 0.004 if kind == "flat" else random.uniform(0.01, 0.08)
    return np.maximum(x * np.exp(random.normal(0, noise, DAYS)), 0.01)


def make(seed, n):
    """Series with their events: (values, [(start, last day that finds it, last day of aftermath, kind, factor)], restated)."""
    random, made = np.random.default_rng(seed), []
    for i in range(n):
        x, events = shape(SHAPES[i % len(SHAPES)], random), []
        for k in range(3):
            s, kind = int(random.integers(START + k * 43, START + k * 43 + 30)), random.choice(4, p=[0.4, 0.15, 0.25, 0.2])
            if kind == 0:
                m, factor = int(random.integers(1, 4)), random.uniform(1.5, 5)
                x[s : s + m] *= factor
                events.append((s, s + 2, s + m + 3, kind, factor))
            elif kind == 1:
                factor = random.uniform(0.1, 0.5)
                x[s : s + 2] *= factor
                events.append((s, s + 2, s + 5, kind, factor))
            elif kind == 2:
                factor = random.uniform(1.4, 3)
                x[s:] *= factor
                events.append((s, s + 2, s + 14, kind, factor))
            else:
                m, factor = int(random.integers(6, 13)), random.uniform(1.5, 3)
                x[s : s + m] *= np.exp(math.log(factor) * np.arange(1, m + 1) / m)
                x[s + m :] *= factor
                events.append((s, s + m + 2, s + m + 14, kind, factor))
        free = [t for t in range(START, DAYS) if not any(s - 3 <= t <= z for s, _, z, _, _ in events)]
        restated = int(random.choice(free)) if free else None
        made.append((x, events, restated, float(random.uniform(0.2, 0.8))))
    return made


HOURS, FIRST_HOUR = 24 * 63, 24 * 21
HOURLY_SHAPES = ["office", "flat", "batch", "growth", "bursty", "walk"]


def hourly_shape(kind, random):
    """Nine weeks of a cost by the hour, without events."""
    t = np.arange(HOURS)
    level, hour, dow, x = math.exp(random.normal(2.5, 1.4)), t % 24, t // 24 % 7, np.ones(HOURS)
    if kind in ("office", "growth"):
        x = x * np.where((hour >= 8) & (hour < 19), 1, random.uniform(0.3, 0.9)) * np.where(dow >= 5, random.uniform(0.3, 0.9), 1)
    if kind == "growth":
        x = x * np.exp(random.uniform(0.001, 0.006) * t / 24)
    if kind == "batch":
        at = int(random.integers(0, 22))
        x = x * np.where((hour >= at) & (hour < at + 2), random.uniform(1.5, 4), 1)
    if kind == "bursty":
        x = 0.15 + (random.random(HOURS) < 0.2) * random.gamma(2, 0.8, HOURS)
    if kind == "walk":
        x = np.exp(np.cumsum(random.normal(0, 0.01, HOURS)))
    noise = 0.004 if kind == "flat" else random.uniform(0.02, 0.1)
    return np.maximum(level * x * np.exp(random.normal(0, noise, HOURS)), 0.001)


def make_hourly(seed, n):
    """Series by the hour with four events each: (values, [(start, last hour that finds it, last of aftermath, kind)])."""
    random, made = np.random.default_rng(7000 + seed), []
    for i in range(n):
        x, events = hourly_shape(HOURLY_SHAPES[i % len(HOURLY_SHAPES)], random), []
        for k in range(4):
            s, kind = int(random.integers(FIRST_HOUR + k * 240, FIRST_HOUR + k * 240 + 96)), int(random.choice(3, p=[0.5, 0.2, 0.3]))
            factor = [random.uniform(1.5, 5), random.uniform(0.1, 0.5), random.uniform(1.4, 3)][kind]
            m = int(random.integers(2, 13)) if kind < 2 else HOURS
            x[s : s + m] *= factor
            events.append((s, s + 5, s + (m + 30 if kind < 2 else 192), kind))
        made.append((x, events))
    return made


BILL_KINDS = ["spike", "drop", "step", "ramp", "new service", "cancelling"]
DIMENSIONS = ["service", "account", "region"]


def make_bill(seed):
    """A bill's places with their costs, and its events: (start, found by, aftermath, kind, [set of cells a cause], cells there were)."""
    random = np.random.default_rng(seed)
    every = [(s, a, r) for s in range(7) for a in range(3) for r in range(3)]
    cells = [every[i] for i in sorted(random.choice(len(every), 26, replace=False))]
    costs = {c: shape(SHAPES[int(random.integers(len(SHAPES)))], random) for c in cells}
    events, born = [], DAYS
    new = int(random.integers(7))
    kinds = list(random.permutation([0, 1, 2, 3, 5])[:3]) + [4]
    starts = sorted(int(START + k * 33 + random.integers(0, 18)) for k in range(4))
    for s, kind in zip(starts, random.permutation(kinds)):
        def some(depth):
            """The cells of a random place."""
            cell = cells[int(random.integers(len(cells)))]
            dims = random.choice(3, depth, replace=False)
            return frozenset(c for c in cells if all(c[d] == cell[d] for d in dims))
        if kind == 4:
            born = s
            causes = [frozenset(c for c in cells if c[0] == new)]
            events.append((s, s + 2, s + 14, kind, causes, frozenset(cells)))
            continue
        place = some(int(random.integers(1, 3)))
        if all(c[0] == new for c in place):
            place = frozenset([next(c for c in cells if c[0] != new)])
        alive = lambda place: frozenset(c for c in place if c[0] != new or born < s)
        if kind == 5:
            others = [d for d in range(7) if d != new and not any(c[0] == d for c in place)]
            if not others:
                continue
            other = frozenset(c for c in cells if c[0] == others[0])
            if not other:
                continue
            sums = [sum(costs[c][s - 28 : s].mean() for c in alive(p)) for p in (place, other)]
            (small, large) = (place, other) if sums[0] <= sums[1] else (other, place)
            grow = random.uniform(0.5, 0.9)
            ratio = grow * max(min(sums) / max(sums), 1e-9)
            for c in small:
                costs[c][s:] *= 1 - grow
            for c in large:
                costs[c][s:] *= 1 + ratio
            causes = [alive(small)] + ([alive(large)] if ratio > 0.25 else [])
            events.append((s, s + 2, s + 14, kind, causes, alive(cells)))
            continue
        m = int(random.integers(1, 4)) if kind == 0 else 2 if kind == 1 else int(random.integers(6, 13))
        factor = [random.uniform(1.5, 5), random.uniform(0.1, 0.5), random.uniform(1.4, 3), random.uniform(1.5, 3)][kind]
        for c in place:
            if kind < 2:
                costs[c][s : s + m] *= factor
            elif kind == 2:
                costs[c][s:] *= factor
            else:
                costs[c][s : s + m] *= np.exp(math.log(factor) * np.arange(1, m + 1) / m)
                costs[c][s + m :] *= factor
        events.append((s, s + m + 2 if kind == 3 else s + 2, s + (m + 3 if kind < 2 else 14 if kind == 2 else m + 14), kind, [alive(place)], alive(cells)))
    for c in cells:
        if c[0] == new:
            costs[c][:born] = 0
    nodes = {}
    for dims in [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]:
        for c in cells:
            place = tuple((DIMENSIONS[d], f"{DIMENSIONS[d]}{c[d]}") for d in dims)
            nodes.setdefault(place, set()).add(c)
    nodes = {place: (frozenset(inside), sum(costs[c] for c in inside)) for place, inside in nodes.items()}
    return nodes, events
