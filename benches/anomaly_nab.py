"""NAB, the Numenta Anomaly Benchmark: its files, its scorer and two detectors to be held against.

The scorer follows Lavin, Ahmad 2015 (arXiv:1510.03336, section III): the first alert in a window earns
sigma(y) = 2 / (1 + e^5y) - 1 at its place y in [-1, 0), over sigma(-1); each row alerted outside costs 0.11 sigma(y), y being
widths after the last window, all of it from three on or before any; a window without an alert costs 1. The first
15 % (at most 750 rows) are not scored. One threshold for all files, the best, for every detector alike; 0 is silence
and 100 perfection. Windowed Gaussian comes to the very counts a file that NAB has published for it.
"""

import csv
import datetime
import json
import math

import numpy as np


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
    return -1.0 if y >= 3 else 2 / (1 + math.exp(5 * y)) - 1


def nab_score(scores, files):
    """The best normalised score over thresholds, standard profile (1, -0.11, -1), and its threshold."""
    changes, windows = [], 0
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
    got, total, k = {}, float(-windows), 0
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


def random_cut_forest(shingle):
    """AWS's, a hundred trees that each keep 256 of all points there were, the later the likelier."""
    import krcf

    def run(values):
        options = {"dimensions": 1, "shingle_size": shingle, "num_trees": 100, "sample_size": 256, "random_seed": 7}
        forest, out = krcf.RandomCutForest({**options, "internal_shingling": True, "output_after": 32}), np.zeros(len(values))
        for i, value in enumerate(values):
            out[i] = forest.score([float(value)])
            forest.update([float(value)])
        return out

    return run
