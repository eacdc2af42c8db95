# /// script
# requires-python = ">=3.10"
# dependencies = ["statsforecast", "prophet", "numpy", "pandas"]
# ///
"""Holds spendtop's forecast against statsforecast and Prophet on the same series, and prints one table.

    cargo bench --bench forecast --no-run      # prints the program's path
    uv run benches/forecast_peers.py --program target/release/deps/forecast-HASH --seeds 7,11,23

Series are daily costs of eight shapes (office hours, growth, a step, month-end peaks, bursts, flat,
outliers, a random walk), made from seeds: 180 days are given, the next --horizon are foretold. Numbers
follow the M4 competition: sMAPE in percent, MASE by the seasonal naive step, OWA against Naive2
(naive on a series without its season, where a test finds one). Coverage is the share of days inside the
intervals, and of totals of all days; CPU is of one thread, a series, without loading and compiling.
Nothing of spendtop was tuned on seeds below 100. `--series FILE` takes JSON lines
`{"first": day, "values": [...]}` in place of made ones; their last days are what came.
"""

import argparse
import json
import logging
import os
import subprocess
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NIXTLA_ID_AS_COL", "1")

import numpy as np

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

WEEK = 7
FIRST = "2024-01-01"
KINDS = ["office", "growth", "step", "month end", "bursts", "flat", "outliers", "walk"]


def made(seed: int, days: int, count: int) -> list[np.ndarray]:
    """Cost-shaped series, the same as the project's other yardsticks make from a seed."""
    random, out, t = np.random.default_rng(seed), [], np.arange(days)
    for number in range(count):
        level, kind = np.exp(random.normal(4.5, 1.6)), number % 8
        weekday, weekend = (t + random.integers(7)) % 7, random.uniform(0.45, 0.95)
        week = np.where(weekday >= 5, weekend, 1.0) if kind in (0, 1, 3, 6) else np.ones(days)
        trend = np.exp(random.uniform(0.001, 0.006) * t) if kind == 1 else 1 + random.normal(0.0, 0.002) * t
        x = level * week * np.maximum(trend, 0.1)
        if kind == 2:
            x[random.integers(40, days - 30) :] *= random.uniform(0.4, 2.2)
        if kind == 3:
            x *= np.where(t % 30 >= 28, random.uniform(1.2, 2.5), 1)
        if kind == 4:
            x = level * (0.15 + (random.random(days) < 0.3) * random.gamma(2, 0.8, days))
        if kind == 5:
            x = np.full(days, level)
        if kind == 7:
            x = level * np.exp(np.cumsum(random.normal(0, 0.03, days)))
        x = x * np.exp(random.normal(0, 0.004 if kind == 5 else random.uniform(0.01, 0.08), days))
        if kind == 6:
            for at in random.integers(20, days - 20, 3):
                x[at : at + random.integers(1, 4)] *= random.uniform(2, 6)
        out.append(np.maximum(x, 0.01))
    return out


def has_season(x: np.ndarray) -> bool:
    """M4's test: is the autocorrelation at a week beyond what the shorter ones allow?"""
    off = x - x.mean()
    if len(x) < 3 * WEEK or not (off @ off):
        return False
    auto = [off[lag:] @ off[:-lag] / (off @ off) for lag in range(1, WEEK + 1)]
    return abs(auto[-1]) > 1.645 * np.sqrt((1 + 2 * sum(a * a for a in auto[:-1])) / len(x))


def naive2(x: np.ndarray, horizon: int) -> np.ndarray:
    if not has_season(x) or (x <= 0).any():
        return np.repeat(x[-1], horizon)
    side = WEEK // 2
    ratio = x[side:-side] / np.convolve(x, np.ones(WEEK) / WEEK, "valid")
    phase = np.arange(side, side + len(ratio)) % WEEK
    season = np.array([ratio[phase == p].mean() for p in range(WEEK)])
    season *= WEEK / season.sum()
    ahead = len(x) + np.arange(horizon)
    return x[-1] / season[(len(x) - 1) % WEEK] * season[ahead % WEEK]


def smape(came, told) -> float:
    size = np.abs(came) + np.abs(told)
    return 200 * np.mean(np.abs(came - told) / np.where(size == 0, 1, size))


def mase(given, came, told) -> float:
    scale = np.mean(np.abs(given[WEEK:] - given[:-WEEK]))
    return np.mean(np.abs(came - told)) / scale if scale > 0 else np.nan


class Score:
    """One row of the table: every series' forecast, and what it says together."""

    def __init__(self, name: str):
        self.name, self.told, self.bounds, self.ms, self.failed = name, [], [], 0.0, 0

    def owa(self, data, base) -> tuple[float, float, float]:
        pair = lambda told: (
            np.mean([smape(came, f) for (_, came), f in zip(data, told)]),
            np.nanmean([mase(given, came, f) for (given, came), f in zip(data, told)]),
        )
        (s, m), (s2, m2) = pair(self.told), pair(base)
        return s, m, (s / s2 + m / m2) / 2

    def cover(self, data) -> list[float]:
        if not self.bounds:
            return [np.nan, np.nan]
        inside = np.zeros(2)
        for (_, came), (lo80, hi80, lo95, hi95) in zip(data, self.bounds):
            inside += [np.mean((came >= lo80) & (came <= hi80)), np.mean((came >= lo95) & (came <= hi95))]
        return list(inside / len(data))


def statsforecast(names, data, horizon):
    from statsforecast import models as m

    makers = {
        "SeasonalNaive": lambda: m.SeasonalNaive(WEEK),
        "AutoETS": lambda: m.AutoETS(season_length=WEEK),
        "AutoCES": lambda: m.AutoCES(season_length=WEEK),
        "AutoARIMA": lambda: m.AutoARIMA(season_length=WEEK, approximation=True),
        "AutoTheta": lambda: m.AutoTheta(season_length=WEEK),
    }
    for name in (n for n in makers if n in names):
        score, make = Score(name), makers[name]
        make().forecast(y=data[0][0], h=horizon, level=[80, 95])  # compiles
        begin = time.process_time()
        for given, _ in data:
            try:
                f = make().forecast(y=given, h=horizon, level=[80, 95])
                told = f["mean"]
                bounds = [f[f"{side}-{level}"] for level in (80, 95) for side in ("lo", "hi")]
                if not np.isfinite(told).all():
                    raise ValueError("not finite")
            except Exception:
                score.failed += 1
                told = naive2(given, horizon)
                bounds = [told] * 4
            score.told.append(told)
            score.bounds.append(bounds)
        score.ms = (time.process_time() - begin) * 1e3 / len(data)
        yield score


def prophet(data, horizon):
    import pandas as pd
    from prophet import Prophet

    logging.getLogger("cmdstanpy").setLevel(logging.CRITICAL)
    score = Score("Prophet")
    begin = None
    for number, (given, _) in enumerate([data[0], *data]):
        if number == 1:  # the first one only loads the model
            begin = (time.process_time(), os.times().children_user)
        model = Prophet(uncertainty_samples=0)
        model.fit(pd.DataFrame({"ds": pd.date_range(FIRST, periods=len(given)), "y": given}))
        told = model.predict(model.make_future_dataframe(horizon, include_history=False))["yhat"].to_numpy()
        if number:
            score.told.append(told)
    score.ms = (time.process_time() - begin[0] + os.times().children_user - begin[1]) * 1e3 / len(data)
    return score


def ours(program, data, horizon, firsts):
    lines = [json.dumps({"first": first, "horizon": horizon, "values": list(given)}) for (given, _), first in zip(data, firsts)]
    run = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    out = [json.loads(line) for line in run.stdout.splitlines()]
    score = Score("spendtop")
    for answer in out:
        days = np.array(answer["days"])
        score.told.append(days[:, 0])
        score.bounds.append(list(days[:, 1:].T))
    score.ms = np.mean([answer["contest_ms"] for answer in out])
    return score, out


def details(data, score, out, horizon):
    """What only spendtop tells: totals, its own words about itself, time of a refresh."""
    totals = np.array([came.sum() for _, came in data])
    sums = np.array([answer["sum"] for answer in out])
    inside = [np.mean((totals >= sums[:, lo]) & (totals <= sums[:, lo + 1])) for lo in (1, 3)]
    told = np.array([answer["wape"] for answer in out], float)
    print(f"\nspendtop: totals of {horizon} days covered {inside[0]:.1%} / {inside[1]:.1%} of 80 / 95 %", end="; ")
    print(f"median error of a total {np.median(np.abs(totals - sums[:, 0]) / totals):.1%}", end="; ")
    wape = np.array([np.abs(came - f).sum() / np.abs(came).sum() for (_, came), f in zip(data, score.told)])
    print(f"WAPE told {np.nanmedian(told):.1%}, came {np.median(wape):.1%} (medians)", end="; ")
    print(f"days it says it covers {np.nanmean([a['coverage80'] or np.nan for a in out]):.1%} / {np.nanmean([a['coverage95'] or np.nan for a in out]):.1%}", end="; ")
    contest, refresh = [max(answer[key] for answer in out) for key in ("contest_ms", "refresh_ms")]
    print(f"refresh {np.mean([a['refresh_ms'] for a in out]):.3f} ms; slowest contest {contest:.1f} ms, refresh {refresh:.3f} ms")


def table(title, data, firsts, horizon, args):
    base = [naive2(given, horizon) for given, _ in data]
    peers = list(statsforecast(args.peers.split(","), data, horizon))
    if "Prophet" in args.peers.split(","):
        peers.append(prophet(data, horizon))
    own, out = ours(args.program, data, horizon, firsts)
    print(f"\n## {title}: {len(data)} series, {horizon} days ahead\n")
    print("| model | sMAPE | MASE | OWA | in 80 % | in 95 % | CPU ms a series | failed |\n|---|---|---|---|---|---|---|---|")
    rows = {}
    for score in [*peers, own]:
        s, m, rows[score.name] = score.owa(data, base)
        c80, c95 = ("n/a" if np.isnan(c) else f"{c:.1%}" for c in score.cover(data))
        print(f"| {score.name} | {s:.2f} | {m:.3f} | {rows[score.name]:.3f} | {c80} | {c95} | {score.ms:.2f} | {score.failed} |")
    best = min((v, k) for k, v in rows.items() if k != "spendtop")
    print(f"\nspendtop's OWA is {rows['spendtop'] / best[0]:.3f} of the best peer's ({best[1]})")
    details(data, own, out, horizon)
    return rows


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--program", required=True, help="the built bench `forecast`")
    ask.add_argument("--seeds", default="7", help="of made series, with commas")
    ask.add_argument("--count", type=int, default=200, help="series a seed")
    ask.add_argument("--horizon", type=int, default=14)
    ask.add_argument("--series", help="a file of series in place of made ones")
    ask.add_argument("--peers", default="SeasonalNaive,AutoETS,AutoCES,AutoARIMA,AutoTheta,Prophet")
    args = ask.parse_args()
    h = args.horizon
    if args.series:
        with open(args.series) as lines:
            read = [json.loads(line) for line in lines if line.strip()]
        data = [(np.array(s["values"][:-h], float), np.array(s["values"][-h:], float)) for s in read]
        table(args.series, data, [s["first"] for s in read], h, args)
        return
    for seed in args.seeds.split(","):
        data = [(x[:-h], x[-h:]) for x in made(int(seed), 180 + h, args.count)]
        table(f"seed {seed}", data, [FIRST] * len(data), h, args)


if __name__ == "__main__":
    main()
