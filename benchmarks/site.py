"""What the pages of a whole state cost: built anew, and again after one district changed.

The release is made up, with the labels of the indicators as they are and the rows that pages read: all students in
every measure, groups in the headlines. Sizes: BENCH_SITE_DISTRICTS (1000) and BENCH_SITE_SCHOOLS (5000).
"""

import csv
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import yaml
from rich.console import Console
from rich.table import Table

from reports.api import write_json
from reports.catalogue import Publisher, dcat_us_3
from reports.contents import dictionary
from reports.site import build_site
from submissions import rule_catalogue

DISTRICTS = int(os.environ.get("BENCH_SITE_DISTRICTS", "1000"))
SCHOOLS = int(os.environ.get("BENCH_SITE_SCHOOLS", "5000"))
YEARS = (2024, 2025)
DBT = Path(__file__).resolve().parent.parent / "dbt_project" / "models"
BATCH = 250
KINDS = {"string": pl.String, "integer": pl.Int64}
CODES = {
    "topics": "topics",
    "student_groups": "student_groups",
    "value_statuses": "value_statuses",
    "subjects": "reported_subjects",
    "grade_spans": "grade_spans",
    "populations": "populations",
    "levels": "levels",
}


def main() -> None:
    """Print a table of the first build, and one of the build after a district changed, each as soon as it is known."""
    console = Console(width=max(100, Console().width))
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as folder:
        releases = Path(folder)
        memory = releases / ".pages"
        rows = make_release(releases / "1.0.0", "1.0.0", None)
        for version, changed, name in (("1.0.0", None, "all"), ("1.0.1", "0007", "one district changed")):
            release = releases / version
            if changed:
                make_release(release, version, changed)
            start, worked = time.perf_counter(), _processor_seconds()
            site = build_site(release, memory=memory)
            seconds, worked = time.perf_counter() - start, _processor_seconds() - worked
            sizes = [path.stat().st_size for language in ("en", "es") for path in (site / language).rglob("*.html")]
            peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            table = Table(
                "build", "pages", "s", "processor s", "pages a second", "MB of pages", "largest kB", "peak MB a process"
            )
            table.add_row(
                name,
                f"{len(sizes):,}",
                f"{seconds:.1f}",
                f"{worked:.0f}",
                f"{len(sizes) / seconds:,.0f}",
                f"{sum(sizes) / 1e6:,.0f}",
                f"{max(sizes) / 1e3:.0f}",
                f"{peak / 1024:,.0f}",
            )
            console.print(table)
    console.print(f"{DISTRICTS:,} districts, {SCHOOLS:,} schools, {rows:,} rows of values, {os.cpu_count()} cores")


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def make_release(release: Path, version: str, changed: str | None) -> int:
    """Write a made-up release; of the district named `changed` every number is another. Give the rows of values."""
    for folder in ("data", "methodology", "gate"):
        (release / folder).mkdir(parents=True)
    tables, cells = _tables(), _cells()
    about = {name: one for name, one in dictionary().items() if name in tables}
    resources = []
    for name, table in tables.items():
        fields = [{"name": column, "type": kind[0]} for column, kind in about[name]["fields"].items()]
        table.select([field["name"] for field in fields]).write_csv(release / "data" / f"{name}.csv")
        said = dict.fromkeys(("title", "title_es", "description", "description_es"), "")
        described = [field | said | {"checks": []} for field in fields]
        schema = {"fields": described, "primaryKey": about[name]["key"]}
        size = (release / "data" / f"{name}.csv").stat().st_size
        resources.append({"name": name, "type": "table", "path": f"{name}.csv", "title": name, "description": ""}
                         | {"title_es": name, "description_es": "", "bytes": size, "schema": schema})  # fmt: skip
    package = {"title": "Made up", "version": version, "description": "Made up.", "licenses": [], "sources": []}
    (release / "data" / "datapackage.json").write_text(json.dumps(package | {"resources": resources}))
    (release / "gate" / "results.json").write_text("[]")
    rule_catalogue.write_json(release / "rules")
    write_json(release / "data.json", dcat_us_3(Publisher(), package | {"resources": []}, *YEARS))
    for page in (DBT / "indicators").glob("*/*.md"):
        shutil.copyfile(page, release / "methodology" / page.name)
    return _write_values(release / "data" / "values.parquet", tables["entities"], cells, changed)


def _metas() -> list[dict]:
    found = []
    for path in sorted((DBT / "indicators").glob("*/*.yml")):
        for model in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("models", []):
            found += [model["config"]["meta"]["indicator"]] if "indicator" in model["config"].get("meta", {}) else []
    return sorted(found, key=lambda meta: meta["sort_order"])


def _code(name: str) -> pl.DataFrame:
    with (DBT / "reference" / f"code_{CODES[name]}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = pl.DataFrame(rows)
    if name == "student_groups":
        table = table.rename({"code": "student_group"})
    return table.rename({"code": "status"}) if name == "value_statuses" else table


def _tables() -> dict[str, pl.DataFrame]:
    tables = {name: _code(name) for name in CODES}
    indicators, measures = [], []
    for meta in _metas():
        own = {f"{name}_{code}": meta[name][code] for name in ("label", "question", "in_short", "misuse")
               for code in ("en", "es")}  # fmt: skip
        plain = {name: meta.get(name) for name in ("sort_order", "unit", "decimals", "better", "use_class", "topic")}
        chart = meta.get("chart", {"kind": "bars", "measures": []})
        more = {"collections": "", "claims": "", "is_lead": meta.get("is_lead", False), "chart": chart["kind"]}
        more |= {"chart_measures": ";".join(chart["measures"]), "shown_with": meta.get("shown_with")}
        indicators.append({"indicator": meta["id"]} | own | plain | more)
        for place, measure in enumerate(meta["measures"]):
            labels = {f"label_{code}": measure["label"][code] for code in ("en", "es")}
            unit = {name: measure.get(name, meta[name]) for name in ("unit", "decimals", "better")}
            key = {"indicator": meta["id"], "measure": measure["id"], "sort_order": place}
            measures.append(key | labels | unit | {"statistic": measure["statistic"], "is_headline": place == 0})
    districts = [f"{number:04d}" for number in range(1, DISTRICTS + 1)]
    rows = [("state", "state", "State", None, None, None, None, None)]
    for own in districts:
        rows.append(
            (
                "district",
                own,
                f"{chr(65 + int(own) % 26)} District {own}",
                None,
                None,
                f"{chr(65 + int(own) % 26)} City {own}",
                None,
                None,
            )
        )
    for number in range(SCHOOLS):
        home = districts[number % DISTRICTS]
        name = f"{chr(65 + number % 26)} School {number:05d}"
        at = (f"{chr(65 + int(home) % 26)} District {home}", f"{chr(65 + int(home) % 26)} City {home}", "KG", "05")
        rows.append(("school", f"{number:05d}", name, home, *at))
    names = [
        "level",
        "entity_id",
        "entity_name",
        "district_id",
        "district_name",
        "city",
        "lowest_grade",
        "highest_grade",
    ]
    entities = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").with_columns(
        first_school_year=pl.lit(YEARS[0]), last_school_year=pl.lit(YEARS[-1])
    )
    policies = pl.DataFrame(schema=dict.fromkeys(dictionary()["policies"]["fields"], pl.String)).with_columns(
        pl.col("first_school_year", "last_school_year").cast(pl.Int64)
    )
    empty = {
        name: pl.DataFrame(schema={column: KINDS[kind[0]] for column, kind in dictionary()[name]["fields"].items()})
        for name in ("earlier_numbers", "comparability", "certifications")
    }
    more = {"indicators": pl.DataFrame(indicators), "measures": pl.DataFrame(measures)} | empty
    return tables | more | {"entities": entities, "policies": policies}


def _cells() -> pl.DataFrame:
    """Give the cells of one entity."""
    groups, rows = _code("student_groups")["student_group"].to_list(), []
    for meta in _metas():
        for year in YEARS:
            for place, measure in enumerate(meta["measures"]):
                unit, decimals = measure.get("unit", meta["unit"]), measure.get("decimals", meta["decimals"])
                if year != YEARS[-1] and place:
                    continue
                for subject in meta["subjects"]:
                    for group in groups if year == YEARS[-1] and not place else ["ALL"]:
                        key = (year, meta["id"], "reporting", group, "all", subject, measure["id"])
                        rows.append((*key, unit, decimals))
    names = ["school_year", "indicator", "population", "student_group", "grade_span", "subject", "measure"]
    return pl.DataFrame(rows, schema=[*names, "unit", "decimals"], orient="row").with_row_index("cell")


def _batches(entities: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    for year in YEARS:
        for level in ("district", "school", "state"):
            own = entities.filter(pl.col("level") == level).sort("entity_id").select("level", "entity_id")
            for at in range(0, own.height, BATCH):
                yield year, own[at : at + BATCH]


def _write_values(path: Path, entities: pl.DataFrame, cells: pl.DataFrame, changed: str | None) -> int:
    decimal, writer, rows = pl.Decimal(18, 4), None, 0
    luck = pl.concat_str("entity_id", "cell").hash(7)
    for year, own in _batches(entities):
        frame = own.join(cells.filter(pl.col("school_year") == year), how="cross").with_columns(luck=luck)
        share = pl.col("luck") % 9000 / 100 + 5 + pl.when(pl.col("entity_id") == (changed or "")).then(3).otherwise(0)
        size = pl.when(pl.col("unit") == "percent").then(share).otherwise(share / 50)
        places = pl.when(pl.col("unit") == "percent").then(0).otherwise(pl.min_horizontal("decimals", pl.lit(2)))
        value = pl.when(places == 0).then(size.round(0)).when(places == 1).then(size.round(1)).otherwise(size.round(2))
        is_hidden = (pl.col("luck") % 7 == 0) & (pl.col("level") == "school")
        known, half = pl.when(~is_hidden), pl.when(places == 0).then(4.0).otherwise(0.0)
        frame = frame.with_columns(value=value).select(
            "school_year", "level", "entity_id", "indicator", pl.lit("made_up").alias("policy_id"), "population",
            "student_group", "grade_span", "subject", "measure",
            known.then(20 + pl.col("luck") % 500).cast(pl.Int64).alias("student_count"),
            known.then("value").cast(decimal).alias("value"),
            pl.when(is_hidden).then(pl.lit("suppressed")).otherwise(pl.lit("ok")).alias("value_status"),
            known.then(pl.col("value") - half).cast(decimal).alias("interval_low"),
            known.then(pl.col("value") + half).cast(decimal).alias("interval_high"),
            pl.lit("wilson").alias("interval_method"),
            pl.lit(None, decimal).alias("low_bound"), pl.lit(None, decimal).alias("high_bound"),
            known.then(100).cast(decimal).alias("completeness"),
        ).to_arrow()  # fmt: skip
        writer = writer or pq.ParquetWriter(path, frame.schema, compression="zstd")
        writer.write_table(frame)
        rows += frame.num_rows
    writer.close()
    return rows


if __name__ == "__main__":
    main()
