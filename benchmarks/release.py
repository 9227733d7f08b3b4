"""A release: whether building it again gives the same bytes, and what one of a million results costs.

The small state is built five times from one custody, with one processor and two, from this checkout and from a copy of
it elsewhere. BENCH_RELEASE_ROWS sets the number of results of the second table.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from orchestration.settings import ROOT, Home
from orchestration.signing import signing_key
from reports import api, changes, contents
from reports.contents import METHODOLOGY, TABLES, columns_of, published
from reports.data_files import write_data_files
from reports.release import Dossier, build_release
from reports.versions import Earlier

ROWS = int(os.environ.get("BENCH_RELEASE_ROWS", "1000000"))
SENT = ROOT / "tests" / "small_state" / "2025"
BUILDS = ((2, "here"), (1, "here"), (2, "elsewhere"), (1, "elsewhere"), (2, "here"))
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "target", "data", "__pycache__", ".*_cache")
MADE_BY_A_BUILD = shutil.ignore_patterns("warehouse", "releases", "dagster", "lock")


def main() -> None:
    """Print the checksums of five builds, then the seconds of each step of a large release."""
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as place:
        _same_bytes(Path(place))
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as place:
        _cost(Path(place))


def _same_bytes(folder: Path) -> None:
    shutil.copytree(SENT, folder / "sent" / "2025")
    shutil.copytree(ROOT, folder / "elsewhere", ignore=NOT_COPIED, symlinks=True)
    checkouts = {"here": ROOT, "elsewhere": folder / "elsewhere"}
    _waymark(ROOT, folder / "custody", 2, "receive", str(folder / "sent"))
    _waymark(ROOT, folder / "custody", 2, "run")
    signing_key(Home(folder / "custody"))
    table = Table(
        "build", "processors", "checkout", "files", "checksum of the checksums", title="The same release again"
    )
    for place, (processors, checkout) in enumerate(BUILDS, start=1):
        home = folder / f"home-{place}"
        shutil.copytree(folder / "custody", home, ignore=MADE_BY_A_BUILD)
        home.chmod(0o700)
        _waymark(checkouts[checkout], home, processors, "run")
        _waymark(checkouts[checkout], home, processors, "publish")
        sums = home / "releases" / "1.0.0" / "checksums.sha256"
        digest = subprocess.run(["sha256sum", sums], capture_output=True, text=True, check=True).stdout[:16]
        table.add_row(str(place), str(processors), checkout, f"{len(sums.read_text().splitlines()):,}", digest)
    Console().print(table)


def _waymark(checkout: Path, home: Path, processors: int, *words: str) -> None:
    """Run a command of a checkout in a home, on so many processors."""
    command = [sys.executable, "-c", "from orchestration.cli import app; app()", "--home", str(home), *words]
    environment = os.environ | {"PYTHONPATH": str(checkout), "POLARS_MAX_THREADS": str(processors)}
    own = sorted(os.sched_getaffinity(0))[:processors]
    done = subprocess.run(
        command,
        cwd=checkout,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, own),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"waymark {words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _cost(folder: Path) -> None:
    handed_over = _hand_over(folder / "handed_over")
    corrected = _hand_over(folder / "corrected", correction=1)
    table = Table("step", "seconds", title=f"A release of {ROWS:,} results, without its pages")
    read = _timed(table, "read and check what was handed over", lambda: contents.read(handed_over))
    (folder / "data").mkdir()
    _timed(table, "CSV, Parquet, parts and XLSX", lambda: write_data_files(read, folder / "data", "1.0.0"))
    _timed(table, "a JSON file for each entity", lambda: api.write_api(read, folder / "api", "1.0.0", []))
    made = _timed(
        table,
        "the whole release",
        lambda: build_release(handed_over, folder / "1.0.0", "1.0.0", Dossier(key=bytes(32))),
    )
    again = contents.read(corrected)
    before = Earlier(made)
    found = _timed(
        table, "the list of changes to the next", lambda: changes.changes(before.values, changes.as_text(again))
    )
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    Console().print(table)
    print(f"{size / 1e9:.2f} GB; {found.height:,} results differ in the next; peak memory of the process", _peak())


def _timed(table: Table, step: str, work: Callable) -> object:
    began = time.perf_counter()
    done = work()
    table.add_row(step, f"{time.perf_counter() - began:.1f}")
    return done


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB"


def _hand_over(out: Path, correction: int = 0) -> Path:
    """Write tables as they would be handed over: a few indicators, and as many schools as it takes."""
    slugs = [f"indicator_{place}" for place in range(10)]
    codes = {
        "levels": ["state", "district", "school"],
        "subjects": ["RLA", "MATH"],
        "grade_spans": ["all"],
        "populations": ["reporting"],
    }
    groups = ["ALL", *(f"G{place}" for place in range(14))]
    statuses = [("ok", True), ("suppressed", False)]
    schools = -(-ROWS // (len(slugs) * len(groups) * 2 * 2))
    entities = pl.DataFrame({"entity_id": [f"{place:05d}" for place in range(schools)]})
    values = (
        entities.join(pl.DataFrame({"indicator": slugs}), how="cross")
        .join(pl.DataFrame({"student_group": groups}), how="cross")
        .join(pl.DataFrame({"subject": codes["subjects"]}), how="cross")
        .join(pl.DataFrame({"school_year": [2025, 2026]}), how="cross")
        .with_row_index("place")
    )
    shown, cell = pl.col("place") % 3 > 0, pl.col("place") * 7919 % 97
    exact = pl.Decimal(18, 4)
    corrected = pl.when(pl.col("place") % 50 == 0).then(correction).otherwise(0)
    number = pl.when(shown).then(cell + 2 + corrected)
    values = values.with_columns(
        pl.lit("school").alias("level"),
        pl.lit("policy").alias("policy_id"),
        pl.lit("reporting").alias("population"),
        pl.lit("all").alias("grade_span"),
        pl.lit("percent").alias("measure"),
        pl.when(shown).then(cell + 10).cast(pl.Int64).alias("student_count"),
        number.cast(exact).alias("value"),
        (number - 1).cast(exact).alias("interval_low"),
        (number + 1).cast(exact).alias("interval_high"),
        pl.when(shown).then(pl.lit("wilson")).alias("interval_method"),
        pl.when(shown).then(pl.lit("ok")).otherwise(pl.lit("suppressed")).alias("value_status"),
        pl.lit("diagnostic").alias("use_class"),
        pl.lit("ranges").alias("mode"),
    )
    tables = {
        "values": values,
        "entities": entities.with_columns(
            pl.lit("school").alias("level"), pl.col("entity_id").alias("entity_name"), pl.lit("01").alias("district_id")
        ),
        "indicators": pl.DataFrame({"indicator": slugs, "label_en": slugs}),
        "measures": pl.DataFrame({"indicator": slugs, "measure": "percent", "unit": "percent", "decimals": 0}),
        "student_groups": pl.DataFrame({"student_group": groups, "label_en": groups}),
        "value_statuses": pl.DataFrame(
            {"status": [one for one, _ in statuses], "carries_value": [one for _, one in statuses]}
        ),
        **{file: pl.DataFrame({"code": own, "label_en": own}) for file, own in codes.items()},
    }
    (out / TABLES).mkdir(parents=True)
    (out / METHODOLOGY).mkdir()
    for file, about in published().items():
        _filled(tables.get(file), about).write_parquet(out / TABLES / f"{about['source']}.parquet")
    for slug in slugs:
        (out / METHODOLOGY / f"{slug}.md").write_text(f"How {slug} is measured.\n")
    return out


def _filled(table: pl.DataFrame | None, about: dict) -> pl.DataFrame:
    """Give a table all the columns that the dictionary names, empty where nothing is said, in the order of its key."""
    kinds = {"string": pl.String, "integer": pl.Int64, "boolean": pl.Boolean, "number": pl.Decimal(18, 4)}
    wanted = {name: kinds[about["fields"][name][0]] for name in columns_of(about)}
    if table is None:
        return pl.DataFrame(schema=wanted)
    missing = [pl.lit(None, kind).alias(name) for name, kind in wanted.items() if name not in table.columns]
    return table.with_columns(missing).select(list(wanted)).sort(about["key"])
