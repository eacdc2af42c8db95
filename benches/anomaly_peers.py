# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy", "statsmodels", "scikit-learn", "statsforecast", "rrcf"]
# ///
"""Holds the anomaly detector against others on the same series, and prints one table.

    cargo build --release --bench detect && uv run benches/anomaly_peers.py --ours target/release/deps/detect-...
    uv run benches/anomaly_peers.py --ours ... --nab ../shared/data/series/nab

Daily: 194 days from 2025-01-01 of seven shapes of cost (office week, growing, month-end, month-start, bursty, flat,
random walk), each with three planted events after day 60 (spike of 1-3 days x1.5-5, drop of 2 days x0.1-0.5, step
x1.4-3, ramp of 6-12 days to x1.5-3), and one day that is first seen at 0.2-0.8 of what it settles at. Each day only
earlier days are known. Alerts within three days are one. An event is found if alerted within two days of its start
(a ramp: of its last rising day). Alerts while an event or its aftermath lasts are not false. Peers' thresholds: best F1
on --tune; figures: --test, pooled. Peers are not asked about the restated day, ours is told it is unsettled.

NAB: its scoring (Lavin, Ahmad 2015, arXiv:1510.03336, section III), written from the paper: the first detection in a window
earns sigma(y) = 2 / (1 + e^5y) - 1 at its place y in [-1, 0], a false one costs 0.11 of it after the last window; the
first 15 % (at most 750 rows) are not scored; one threshold for all files, the best; 0 is silence and 100 perfection.
"""

import argparse
import csv
import datetime
import json
import math
import subprocess
import time
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
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


def mad(v):
    m = np.median(v)
    return m, 1.4826 * np.median(np.abs(v - m)) + 1e-9


def same_weekday(x, t):
    l = np.log(x)
    r = [l[u] - np.median(l[u - 28 : u][-28::7]) for u in range(t - 21, t)]
    m, s = mad(np.array(r))
    return abs(l[t] - np.median(l[t - 28 : t : 7]) - m) / max(s, 0.02)


def seasonal_ewma(x, t):
    l = np.log(x[max(0, t - 56) : t + 1])
    level, season, res = l[:7].mean(), np.zeros(7), []
    for u in range(len(l)):
        e = l[u] - level - season[u % 7]
        res.append(e)
        s = np.median(np.abs(res[-22:-1])) * 1.4826 + 0.02 if u > 8 else 1
        e = np.clip(e, -3 * s, 3 * s)
        level, season[u % 7] = level + 0.2 * e, season[u % 7] + 0.25 * e
    m, s = mad(np.array(res[-29:-1]))
    return abs(res[-1]) / max(s, 0.02)


def stl(x, t):
    from statsmodels.tsa.seasonal import STL

    r = STL(np.log(x[t - 56 : t + 1]), period=7, robust=True).fit().resid
    m, s = mad(r[:-1])
    return abs(r[-1] - m) / max(s, 0.02)


def s_h_esd(x, t):
    from statsmodels.tsa.seasonal import STL

    l = np.log(x[t - 56 : t + 1])
    r = l - STL(l, period=7, robust=True).fit().seasonal - np.median(l)
    m, s = mad(r)
    return abs(r[-1] - m) / max(s, 0.02)


def isolation_forest(x, t, cache={}):
    from sklearn.ensemble import IsolationForest

    l, key = np.log(x), (id(x), t // 7)
    def f(u):
        return [l[u] - l[u - 7 : u].mean(), l[u] - l[u - 7], l[u] - np.median(l[u - 28 : u : 7])]
    if key not in cache:
        cache.clear()
        cache[key] = IsolationForest(n_estimators=50, random_state=0).fit(np.array([f(u) for u in range(28, t)]))
    return -cache[key].score_samples([f(t)])[0]


def auto_ets(x, t, cache={}):
    from statsforecast.models import AutoETS

    key = (id(x), t // 7)
    if key not in cache:
        cache.clear()
        r = AutoETS(season_length=7).forecast(y=np.log(x[max(0, t - 112) : t]), h=7, level=[95])
        cache[key] = (t, r["mean"], (r["hi-95"] - r["mean"]) / 1.96)
    t0, m, s = cache[key]
    return abs(np.log(x[t]) - m[min(t - t0, 6)]) / max(s[min(t - t0, 6)], 0.02)


def z_score(x, t):
    return abs(x[t] - x[t - 28 : t].mean()) / (x[t - 28 : t].std() + 1e-9)


def log_mad(x, t):
    m, s = mad(np.log(x[t - 28 : t]))
    return abs(np.log(x[t]) - m) / max(s, 0.02)


PEERS = {
    "% vs 7-day mean": lambda x, t: abs(x[t] / x[t - 7 : t].mean() - 1),
    "% week over week": lambda x, t: abs(x[t] / x[t - 7] - 1),
    "z-score 28 d": z_score,
    "log-MAD 28 d": log_mad,
    "same-weekday log-MAD": same_weekday,
    "seasonal EWMA robust": seasonal_ewma,
    "IsolationForest, weekly refit": isolation_forest,
    "AutoETS interval (statsforecast)": auto_ets,
    "STL robust residual": stl,
    "S-H-ESD (Twitter)": s_h_esd,
}


def judge(alerts, data):
    """Counts: (found, false, missed, delays, restated days alerted, by kind found/all, steps late)."""
    tp = fp = fn = restatements = 0
    delays, kinds, late = [], np.zeros((4, 2), int), [0, 0]
    for days, (_, events, restated, _) in zip(alerts, data):
        for s, found_by, _, kind, factor in events:
            hit = [t for t in days if s <= t <= found_by]
            kinds[kind] += [bool(hit), 1]
            if kind == 2:
                late[not hit or hit[0] - s > 1] += 1
            if hit:
                tp += 1
                if kind < 3:
                    delays.append(hit[0] - s)
            else:
                fn += 1
        last = -9
        for t in days:
            if t - last > 3 and not any(s <= t <= z for s, _, z, _, _ in events):
                if t == restated:
                    restatements += 1
                else:
                    fp += 1
            last = t
    return tp, fp, fn, delays, restatements, kinds, late


def f1(tp, fp, fn):
    return 2 * tp / max(2 * tp + fp + fn, 1)


def row(name, judged, data, us, note=""):
    tp, fp, fn, delays, restatements, kinds, late = judged
    months = len(data) * (DAYS - START) / 30
    each = " ".join(f"{100 * a / max(b, 1):.0f}" for a, b in kinds)
    print(f"| {name} | {f1(tp, fp, fn):.3f} | {tp / max(tp + fp, 1):.3f} | {tp / max(tp + fn, 1):.3f} | {each} | {np.mean(delays or [9]):.2f} | {late[0]} of {sum(late)} | {fp / months:.3f} | {restatements} of {len(data)} | {us} | {note} |", flush=True)


def ours(program, data, settings):
    """Alerted days of each series, and microseconds a series-day."""
    lines = [json.dumps({"start": FIRST, "values": list(x), "first": {} if r is None else {str(r): x[r] * part}, "settings": settings}) for x, _, r, part in data]
    ran = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    return [[t for t in a["found"] if t >= START] for a in answers], ran.stderr.split()[0], answers


def daily(options):
    tune, test = make(options.tune, options.n), [s for seed in options.test for s in make(seed, options.n)]
    print(f"{len(test)} series of seeds {options.test} (peers tuned on {options.tune}), {sum(len(e) for _, e, _, _ in test)} events\n")
    print("| detector | F1 | precision | recall | found % of spike, drop, step, ramp | delay, days | steps within a day | false alerts a series-month | restated days alerted | CPU us a series-day | threshold |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    alerts, us, _ = ours(options.ours, test, json.loads(options.settings))
    row("**spendtop**", judge(alerts, test), test, us, "default")
    if options.shapes:
        for i, name in enumerate(SHAPES):
            part = [k for k in range(len(test)) if k % options.n % len(SHAPES) == i]
            row(f"- {name}", judge([alerts[k] for k in part], [test[k] for k in part]), [test[k] for k in part], "", "")
    for name, score in PEERS.items():
        if options.peers and not any(word in name for word in options.peers.split(",")):
            continue
        score(*((tune[0][0]), START))
        part = options.slow if name.split(" ")[0] in ("STL", "S-H-ESD", "AutoETS", "IsolationForest,") else None
        cut_tune, cut = tune[:part], test if part is None else [s for k in range(0, len(test), options.n) for s in test[k : k + part]]
        def run(data):
            return [np.array([0] * START + [score(x, t) for t in range(START, DAYS)]) for x, _, _, _ in data]
        before = time.process_time()
        scores = run(cut_tune)
        us = (time.process_time() - before) / len(cut_tune) / (DAYS - START) * 1e6
        def alerted(scores, threshold):
            return [[int(t) for t in np.flatnonzero(s > threshold)] for s in scores]
        tried = np.unique(np.quantile(np.concatenate([s[START:] for s in scores]), np.linspace(0.7, 0.9995, 120)))
        best = max(tried, key=lambda v: f1(*judge(alerted(scores, v), cut_tune)[:3]))
        row(name + (f" ({len(cut)} series)" if part else ""), judge(alerted(run(cut), best), cut), cut, f"{us:.0f}", f"{best:.2f}")


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


def bills(options):
    made = [make_bill(1000 * seed + i) for seed in options.test for i in range(options.bills)]
    lines = [json.dumps({"start": FIRST, "settings": json.loads(options.settings), "nodes": [{"place": p, "costs": list(x)} for p, (_, x) in nodes.items()]}) for nodes, _ in made]
    ran = subprocess.run([options.ours], input="\n".join(lines), capture_output=True, text=True, check=True)
    print(f"\n{len(made)} bills of seeds {options.test}, {sum(len(n) for n, _ in made)} places, {sum(len(c[4]) for _, e in made for c in e)} causes in {sum(len(e) for _, e in made)} events\n")
    print("| detector | F1 | precision | recall | found % of " + ", ".join(BILL_KINDS) + " | named its very place | told again | false alerts a bill-month | a series-month | us a series-day |\n|---|---|---|---|---|---|---|---|---|---|")
    tp = fn = fp = exact = again = 0
    kinds, count = np.zeros((6, 2), int), sum(len(n) for n, _ in made)
    for (nodes, events), line in zip(made, ran.stdout.splitlines()):
        told = []
        for a in json.loads(line)["anomalies"]:
            place = tuple(sorted(((p["dimension"], p["value"]) for p in a["place"]), key=lambda p: DIMENSIONS.index(p[0])))
            t = a["event"]["found"] - FIRST
            if t >= START:
                told.append((t, nodes[place][0], place, a))
        used = set()
        for s, by, _, kind, causes, alive in events:
            for cause in causes:
                def near(item):
                    inside = item[1][1] & alive
                    return inside == cause, len(inside & cause) / len(inside | cause)
                hits = [(i, x) for i, x in enumerate(told) if s <= x[0] <= by and x[1] & cause and len(x[1] & cause) >= 0.5 * min(len(cause), len(x[1]))]
                kinds[kind] += [bool(hits), 1]
                if not hits:
                    fn += 1
                    if options.shapes:
                        print("   missed", BILL_KINDS[kind], s, sorted(cause)[:4], len(cause))
                    continue
                tp += 1
                best = max(hits, key=near)
                exact += near(best)[0]
                used.add(best[0])
        for i, (t, inside, place, a) in enumerate(told):
            if i in used:
                continue
            if any(s <= t <= z and any(inside & c for c in causes) for s, _, z, _, causes, _ in events):
                again += 1
                if options.shapes:
                    print("   again", t, place, a["kind"], a["event"]["shape"], a["event"]["direction"], round(a["moved"], 1))
            else:
                fp += 1
                if options.shapes:
                    print("   false", t, place, a["kind"], a["event"]["shape"], a["event"]["direction"], round(a["moved"], 1))
    months = (DAYS - START) / 30
    each = " ".join(f"{100 * a / max(b, 1):.0f}" for a, b in kinds)
    print(f"| **spendtop** | {f1(tp, fp, fn):.3f} | {tp / max(tp + fp, 1):.3f} | {tp / max(tp + fn, 1):.3f} | {each} | {exact} of {tp} | {again} | {fp / months / len(made):.3f} | {fp / months / count:.4f} | {ran.stderr.split()[0]} |")


def nab_files(folder):
    windows = json.loads((folder / "combined_windows.subset.json").read_text())
    for name in sorted(windows):
        with open(folder / name) as file:
            rows = list(csv.reader(file))[1:]
        stamps = [datetime.datetime.fromisoformat(r[0]) for r in rows]
        spans = []
        for a, b in windows[name]:
            a, b = datetime.datetime.fromisoformat(a), datetime.datetime.fromisoformat(b)
            inside = [i for i, s in enumerate(stamps) if a <= s <= b]
            spans.append((inside[0], inside[-1]))
        yield name, stamps, np.array([float(r[1]) for r in rows]), spans


def sigma(y):
    return -1.0 if y > 3 else 2 / (1 + math.exp(5 * y)) - 1


def nab_score(scores, files):
    """The best normalised score over thresholds, standard profile (1, -0.11, -1), and its threshold."""
    changes, windows = [], 0
    base = 0.0
    for (name, _, values, spans), score in zip(files, scores):
        probation = math.floor(0.15 * min(len(values), 5000))
        spans = [s for s in spans if s[0] >= probation]
        windows += len(spans)
        for i in range(probation, len(values)):
            inside = next(((k, s) for k, s in enumerate(spans) if s[0] <= i <= s[1]), None)
            if inside:
                a, b = inside[1]
                changes.append((score[i], (name, inside[0]), sigma(-(b - i + 1) / (b - a + 1)) / sigma(-1)))
            else:
                past = [s for s in spans if s[1] < i]
                y = (i - past[-1][1]) / max(past[-1][1] - past[-1][0], 1) if past else 4
                changes.append((score[i], None, 0.11 * sigma(y)))
    changes.sort(key=lambda c: -c[0])
    got, total, best, threshold, k = {}, 0.0, (0.0, math.inf), None, 0
    total = -windows
    top = (total, math.inf)
    while k < len(changes):
        at = changes[k][0]
        while k < len(changes) and changes[k][0] == at:
            _, window, worth = changes[k]
            if window is None:
                total += worth
            elif worth > got.get(window, -1.0):
                total += worth - got.get(window, -1.0)
                got[window] = worth
            k += 1
        top = max(top, (total, at))
    return 100 * (top[0] + windows) / (2 * windows), top[1]


def windowed_gaussian(values, width=6400, step=100):
    """NAB's: the tail of a normal distribution of the last values, taken again every hundred."""
    out, mean, std = np.zeros(len(values)), 0.0, 1.0
    for i, v in enumerate(values):
        if i and (i < width or i % step == 0):
            past = values[max(0, i - width) : i]
            mean, std = past.mean(), past.std() or 1e-6
        out[i] = 1 - 0.5 * math.erfc(abs(v - mean) / std / math.sqrt(2)) if i else 0
    return out


def random_cut_forest(values, trees=40, size=256, shingle=4):
    import rrcf

    np.random.seed(7)
    forest, out = [rrcf.RCTree() for _ in range(trees)], np.zeros(len(values))
    for i in range(shingle - 1, len(values)):
        point = values[i - shingle + 1 : i + 1]
        for tree in forest:
            if len(tree.leaves) >= size:
                tree.forget_point(i - size)
            tree.insert_point(point + np.random.normal(0, 1e-9, shingle), index=i)
            out[i] += tree.codisp(i) / trees
    return out


def nab_ours(program, files, settings):
    lines = []
    for _, stamps, values, _ in files:
        seconds = np.median(np.diff([s.timestamp() for s in stamps]))
        per_day = round(86400 / seconds)
        scale = float(np.median(np.abs(values[: math.floor(0.15 * len(values))])))
        given = {"absolute": max(scale * settings.get("floor", 0.1), 1e-6), **{k: v for k, v in settings.items() if k != "floor"}}
        for key in ("memory", "confirm", "learn"):
            if key + "_days" in settings:
                given[key] = max(2, round(settings[key + "_days"] * per_day))
        given["seasons"] = [per_day, 7 * per_day]
        lines.append(json.dumps({"start": int(stamps[0].timestamp() // seconds), "per_day": per_day, "values": list(values), "settings": given}))
    ran = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    out = []
    for a in answers:
        found = np.zeros(len(a["scores"]))
        for t in a["found"]:
            found[t] = abs(a["scores"][t])
        out.append(found)
    return out, ran.stderr.split()[0]


NAB_SETTINGS = {"floor": 0.1, "memory_days": 2, "confirm_days": 0.25, "learn_days": 1, "threshold": 4, "settle": 3000}


def nab(options):
    files = list(nab_files(Path(options.nab)))
    print(f"\nNAB, {len(files)} files, {sum(len(v) for _, _, v, _ in files)} rows, {sum(len(w) for *_, w in files)} windows\n")
    print("| detector | score, standard profile | CPU us a row | threshold |\n|---|---|---|---|")
    rows = sum(len(v) for _, _, v, _ in files)
    for extra in options.nab_settings or ["{}"]:
        scores, us = nab_ours(options.ours, files, {**NAB_SETTINGS, **json.loads(extra)})
        score, at = nab_score(scores, files)
        print(f"| **spendtop** {extra} | {score:.1f} | {us} | {at:.2f} |", flush=True)
        if options.shapes:
            for f, s in zip(files, scores):
                print("    ", f[0], f[3], [(int(t), round(float(s[t]), 1)) for t in np.flatnonzero(s >= at)])
    for name, run in {"windowed Gaussian": windowed_gaussian, "random cut forest (rrcf, 40 trees of 256, shingle 4)": random_cut_forest}.items():
        if options.peers and not any(word in name for word in options.peers.split(",")):
            continue
        before = time.process_time()
        scores = [run(v) for _, _, v, _ in files]
        us = (time.process_time() - before) / rows * 1e6
        score, at = nab_score(scores, files)
        print(f"| {name} | {score:.1f} | {us:.0f} | {at:.6g} |", flush=True)


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--ours", required=True, help="the program of benches/detect.rs")
    ask.add_argument("--n", type=int, default=119, help="series a seed")
    ask.add_argument("--bills", type=int, default=60, help="bills a seed")
    ask.add_argument("--slow", type=int, default=28, help="series a seed for peers that refit")
    ask.add_argument("--tune", type=int, default=1)
    ask.add_argument("--test", type=int, nargs="+", default=[2, 3, 4])
    ask.add_argument("--peers", default="", help="only those whose names have one of these words; 'none'")
    ask.add_argument("--shapes", action="store_true", help="more rows")
    ask.add_argument("--settings", default="{}")
    ask.add_argument("--nab", help="the folder of NAB's subset")
    ask.add_argument("--nab-settings", nargs="*")
    ask.add_argument("--only", default="daily,bills,nab")
    options = ask.parse_args()
    if "daily" in options.only:
        daily(options)
    if "bills" in options.only:
        bills(options)
    if options.nab and "nab" in options.only:
        nab(options)


if __name__ == "__main__":
    main()
