# /// script
# requires-python = ">=3.10"
# dependencies = ["duckdb", "numpy", "pyarrow"]
# ///
"""Holds spendtop against DuckDB on the same generated bill, and prints README's table.

    cargo build --release && uv run benches/compare.py --rows 10000000 --folder /some/disk

Makes FOCUS 1.2 as CSV and Parquet (50 columns), then runs both programs in turn, each in a
process of its own on two threads. CPU is user + system of the whole process, the best of --runs;
the file is read once before, so that both find it in the page cache. DuckDB loads all columns
into a file with types detected; spendtop keeps all columns too, builds its rollups, and syncs. Queries: DuckDB's are warm, in one process
that has the file open; spendtop's are whole processes that open the store first.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

DAYS, FIRST = 90, "2025-08-01"
TOP_FROM, LAST, END = "2025-09-30", "2025-10-29", "2025-11-01"
DAY = "CAST(ChargePeriodStart AS DATE)"
COST = "SUM(EffectiveCost)"
TAG = "json_extract_string(Tags, '$.environment')"
QUERIES = {
    "day x service": (f"SELECT {DAY}, ServiceName, {COST} FROM t GROUP BY 1, 2", ["--by", "service", "--granularity", "day"]),
    "day x account": (f"SELECT {DAY}, SubAccountId, {COST} FROM t GROUP BY 1, 2", ["--by", "account", "--granularity", "day"]),
    "day x region": (f"SELECT {DAY}, RegionId, {COST} FROM t GROUP BY 1, 2", ["--by", "region", "--granularity", "day"]),
    "50 top resources of 30 days": (
        f"SELECT ResourceId, {COST} FROM t WHERE {DAY} >= DATE '{TOP_FROM}' GROUP BY 1 ORDER BY 2 DESC LIMIT 50",
        ["--by", "resource", "--limit", "50", "--from", TOP_FROM, "--to", "2025-10-30"],
    ),
    "a tag by day": (f"SELECT {DAY}, {TAG}, {COST} FROM t GROUP BY 1, 2", ["--by", "tag:environment", "--granularity", "day"]),
    "four dimensions": (
        f"SELECT ServiceName, RegionId, SubAccountId, ChargeCategory, {COST} FROM t GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 50",
        ["--by", "service,region,account,charge_category", "--limit", "50"],
    ),
}


def generate(folder: Path, rows: int) -> tuple[Path, Path]:
    """Writes the bill, ordered by day: a fleet of resources that each live for a while."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    csv, parquet = folder / f"focus_{rows}.csv", folder / f"focus_{rows}.parquet"
    if csv.exists() and parquet.exists():
        return csv, parquet
    random = np.random.default_rng(7)
    fleet = max(1_000, rows // 25)
    service, account, region = random.integers(0, 240, fleet), random.integers(0, 60, fleet), random.integers(0, 30, fleet)
    born, lives = random.integers(-60, DAYS, fleet), random.geometric(1 / 45, fleet)
    price, sku = random.lognormal(-2, 1.5, fleet).round(10), service * 5 + random.integers(0, 5, fleet)
    cloud = account % 3
    clouds = np.array(["AWS", "Microsoft", "Google Cloud"])
    category = np.array(["Compute", "Storage", "Databases", "Networking", "AI and Machine Learning"])

    def text(pattern: str, *parts) -> "pa.Array":
        return pa.array([pattern.format(*p) for p in zip(*(np.asarray(p).tolist() for p in parts))])

    number = np.arange(fleet)
    what = {  # each resource's texts, made once and taken by number for every charge
        "AvailabilityZone": text("region-{}a", region),
        "BillingAccountId": text("payer-{:04d}", cloud),
        "BillingAccountName": text("Organisation {}", cloud),
        "ChargeDescription": text("${:.10f} per unit of service {} tier {} in region {}", price, service, sku % 5, region),
        "ConsumedUnit": text("Unit-{}", service % 7),
        "InvoiceIssuerName": pa.array(clouds[cloud]),
        "PricingUnit": text("Unit-{}", service % 7),
        "ProviderName": pa.array(clouds[cloud]),
        "PublisherName": pa.array(clouds[cloud]),
        "RegionId": text("region-{}", region),
        "RegionName": text("Region {}", region),
        "ResourceId": text("arn:cloud:service{}:region-{}:{}:resource/{:018x}", service, region, account, number * 7919),
        "ResourceName": text("resource-{:08x}", number * 7919),
        "ResourceType": text("Type {}", service % 12),
        "ServiceCategory": pa.array(category[service % 5]),
        "ServiceName": text("Cloud Service {}", service),
        "ServiceSubcategory": text("Subcategory {}", service % 20),
        "SkuId": text("SKU{:010d}", sku),
        "SkuMeter": text("Service {} usage {}", service, sku),
        "SkuPriceDetails": text('{{"CoreCount": {}, "InstanceType": "m{}.large", "OperatingSystem": "Linux"}}', sku % 16, sku % 9),
        "SkuPriceId": text("SKU{:010d}.PRICE.{:06d}", sku, sku * 3),
        "SubAccountId": text("account-{:012d}", account * 998_244_353),
        "SubAccountName": text("team-{}-production", account),
        "Tags": text('{{"application": "app-{}", "environment": "{}", "business_unit": "unit-{}"}}', number % 97, number % 4, account % 9),
    }
    writers, start = [], np.datetime64(FIRST)
    per_day = np.full(DAYS, rows // DAYS) + (np.arange(DAYS) < rows % DAYS)
    for day, count in enumerate(per_day):
        alive = np.flatnonzero((born <= day) & (day < born + lives))
        who = random.choice(alive if len(alive) else number, count)
        when = start + np.timedelta64(day, "D")
        month = when.astype("datetime64[M]")
        stamp = lambda at: pa.array([f"{np.datetime_as_string(at.astype('datetime64[D]'))}T00:00:00Z"]).take(pa.array(np.zeros(count, int)))
        few = lambda values, weights: pa.array(values).take(pa.array(random.choice(len(values), count, p=weights)))
        quantity = random.gamma(2, 3, count).round(6)
        cost, none = (quantity * price[who]).round(10), pa.nulls(count, pa.string())
        numbers = {"BilledCost": cost, "EffectiveCost": np.where(random.random(count) < 0.9, cost, (cost * 0.7).round(10)),
                   "ListCost": (cost * 1.1).round(10), "ContractedCost": cost, "ConsumedQuantity": quantity, "PricingQuantity": quantity,
                   "ListUnitPrice": (price[who] * 1.1).round(10), "ContractedUnitPrice": price[who]}
        columns = {name: column.take(pa.array(who)) for name, column in what.items()}
        columns |= {name: pa.array(values) for name, values in numbers.items()}
        columns |= {
            "BillingCurrency": few(["USD"], [1]), "BillingPeriodStart": stamp(month), "BillingPeriodEnd": stamp(month + 1),
            "ChargePeriodStart": stamp(when), "ChargePeriodEnd": stamp(when + np.timedelta64(1, "D")),
            "ChargeCategory": few(["Usage", "Credit", "Tax", "Purchase"], [0.94, 0.03, 0.02, 0.01]), "ChargeClass": none,
            "ChargeFrequency": few(["Usage-Based", "Recurring"], [0.95, 0.05]), "InvoiceId": few(["INV-1", "INV-2"], [0.5, 0.5]),
            "PricingCategory": few(["Standard", "Dynamic", "Committed"], [0.8, 0.1, 0.1]), "PricingCurrency": few(["USD"], [1]),
            "CapacityReservationId": none,
        }
        columns |= {f"CommitmentDiscount{name}": none for name in ["Category", "Id", "Name", "Status", "Type", "Unit"]}
        table = pa.table(dict(sorted(columns.items())))
        if not writers:
            writers = [pa.csv.CSVWriter(csv, table.schema), pa.parquet.ParquetWriter(parquet, table.schema, compression="snappy")]
        for writer in writers:
            writer.write_table(table)
    for writer in writers:
        writer.close()
    return csv, parquet


def measured(command: list[str]) -> dict:
    """Runs a process; its CPU and wall seconds and its peak memory."""
    wall = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return {"cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - wall, "rss": used.ru_maxrss / 1024, "output": output}


def size(path: Path) -> float:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(p.stat().st_size for p in files) / 1e6


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def peer_load(source: str, target: str) -> None:
    import duckdb

    reader = "read_csv" if source.endswith(".csv") else "read_parquet"
    base = duckdb.connect(target, config={"threads": 2})
    base.execute(f"CREATE TABLE t AS SELECT * FROM {reader}('{source}')")
    base.execute("CHECKPOINT")
    base.close()


def peer_queries(target: str, runs: int) -> None:
    import duckdb

    base = duckdb.connect(target, read_only=True, config={"threads": 2})
    cpu = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    best = {}
    for name, (sql, _) in QUERIES.items():
        base.execute(sql).fetchall()
        for _ in range(runs):
            before, wall = cpu(), time.perf_counter()
            base.execute(sql).fetchall()
            best[name] = min(best.get(name, (1e9, 1e9)), (cpu() - before, time.perf_counter() - wall))
    print(json.dumps(best))


def compare(options: argparse.Namespace) -> None:
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = generate(folder, options.rows)
    again = [sys.executable, __file__]
    store, base = folder / "store", folder / "peer.duckdb"
    print("| what | spendtop | DuckDB | ratio of CPU |\n| --- | --- | --- | --- |")
    for file in files:
        best = {}
        for _ in range(options.runs):
            for who, target in (("spendtop", store), ("peer", base)):
                remove(target)
                with open(file, "rb") as warm:
                    while warm.read(1 << 24):
                        pass
                ours = [options.spendtop, "--data-dir", str(store), "import", "--threads", "2", str(file)]
                run = measured(ours if who == "spendtop" else [*again, "--peer-load", str(file), str(base)])
                run["size"] = size(target)
                best[who] = min(best.get(who, run), run, key=lambda r: r["cpu"])
        cells = ["{cpu:.1f} s, wall {wall:.1f} s, {rss:.0f} MB, file {size:.0f} MB".format(**best[w]) for w in ("spendtop", "peer")]
        print(f"| import {file.suffix[1:]} | {cells[0]} | {cells[1]} | {best['spendtop']['cpu'] / best['peer']['cpu']:.2f} |", flush=True)
    peer = json.loads(measured([*again, "--runs", str(options.runs), "--peer-queries", str(base)])["output"])
    for name, (_, words) in QUERIES.items():
        span = [] if "--from" in words else ["--from", FIRST, "--to", END]
        command = [options.spendtop, "--data-dir", str(store), "query", *words, *span, "--format", "csv"]
        ours = min((measured(command) for _ in range(options.runs)), key=lambda r: r["cpu"])
        cpu, wall = peer[name]
        print(f"| {name} | {ours['cpu']:.2f} s, wall {ours['wall']:.2f} s | {cpu:.2f} s, wall {wall:.2f} s | {ours['cpu'] / cpu:.2f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="spendtop held against DuckDB")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--folder", default="target/compare")
    parser.add_argument("--spendtop", default="target/release/spendtop")
    parser.add_argument("--peer-load", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--peer-queries", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.peer_load:
        peer_load(*chosen.peer_load)
    elif chosen.peer_queries:
        peer_queries(chosen.peer_queries, chosen.runs)
    else:
        compare(chosen)
