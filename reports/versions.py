"""Which version follows: semantic, from how the columns, measures, codes, years and policies of two releases differ.

An earlier release is read from its folder alone. How single results differ is said in `reports.changes`.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from reports import words
from reports.contents import Contents, dictionary

SIMULATED = "-simulated"
"""What a version ends with where the records are simulated, so that every file that names its release says so."""
VERSION = re.compile(rf"(\d+)\.(\d+)\.(\d+)({re.escape(SIMULATED)})?")
CODES = {"student_groups": "student_group", "subjects": "code", "grade_spans": "code", "populations": "code"}
DEFINING = ("unit", "statistic", "better")
"""What a measure means; another word here makes another measure of it."""
_NOW = "_now"


def number_of(version: str) -> tuple[int, ...]:
    """Give the three numbers of a version, to compare by."""
    return tuple(int(part) for part in version.removesuffix(SIMULATED).split("."))


def is_simulated(version: str) -> bool:
    """Tell whether a release was made of simulated records."""
    return version.endswith(SIMULATED)


def marked(version: str, simulated: bool) -> str:
    """Give the version of a release of these three numbers, marked where its records are simulated."""
    return version.removesuffix(SIMULATED) + (SIMULATED if simulated else "")


@dataclass(frozen=True)
class Earlier:
    """A release that stands already, as far as the next one is compared with it."""

    folder: Path

    @property
    def version(self) -> str:
        return self.folder.name

    @cached_property
    def package(self) -> dict:
        return json.loads((self.folder / "data" / "datapackage.json").read_text(encoding="utf-8"))

    @cached_property
    def inputs(self) -> dict:
        """What it was made of; nothing where it does not say."""
        path = self.folder / "data" / "provenance.json"
        return json.loads(path.read_text(encoding="utf-8"))["inputs"] if path.is_file() else {}

    def table(self, file: str) -> pl.DataFrame:
        """Read one of its files as text."""
        table = pl.read_csv(self.folder / "data" / f"{file}.csv", infer_schema=False)
        return table.with_columns(words.unguarded(pl.all()))

    @cached_property
    def values(self) -> pl.DataFrame:
        return self.table("values").drop("release")


def next_version(before: Earlier, contents: Contents) -> tuple[str, list[str]]:
    """Give the version that follows from what changed, and the reasons in sentences; patch where there is none.

    Major where a column, year, measure or code is gone or means something else; minor where one is new.
    """
    gone, new = _differences(before, contents)
    major, minor, patch = number_of(before.version)
    if gone:
        return f"{major + 1}.0.0", gone + new
    return (f"{major}.{minor + 1}.0", new) if new else (f"{major}.{minor}.{patch + 1}", [])


def _differences(before: Earlier, contents: Contents) -> tuple[list[str], list[str]]:
    gone, new = [], []

    def compare(was: Iterable, is_now: Iterable, what: str) -> None:
        was, is_now = set(was), set(is_now)
        gone.extend(f"{what} {name} is gone." for name in sorted(map(str, was - is_now)))
        new.extend(f"{what} {name} is new." for name in sorted(map(str, is_now - was)))

    resources = {one["name"]: one for one in before.package["resources"] if one["type"] == "table"}
    compare(set(resources) & set(dictionary()), dictionary(), "The file")
    for file in dictionary().keys() & resources.keys():
        fields = {field["name"]: field["type"] for field in resources[file]["schema"]["fields"]}
        own = {name: about[0] for name, about in dictionary()[file]["fields"].items()}
        compare(fields, own, f"In {file}.csv the column")
        gone += [
            f"In {file}.csv the column {name} has another type."
            for name in own
            if fields.get(name, own[name]) != own[name]
        ]
    values, tables = before.values, contents.tables
    compare(values["school_year"].unique(), tables["values"]["school_year"].unique().cast(pl.String), "The school year")
    named = pl.concat_str("indicator", "measure", separator="/").unique()
    compare(values.select(named).to_series(), tables["values"].select(named).to_series(), "The measure")
    for file, code in CODES.items():
        compare(before.table(file)[code], tables[file][code], f"In {file}.csv the code")
    gone += _redefined(before.table("measures"), tables["measures"])
    gone += [
        f"A policy number of {slug} is another than it was for {words.school_year(year)}."
        for slug, year in sorted(changed_policies(before, contents))
    ]
    return sorted(gone), sorted(new)


def _redefined(before: pl.DataFrame, now: pl.DataFrame) -> list[str]:
    own = ["indicator", "measure"]
    both = before.join(now, on=own, suffix=_NOW)
    return [
        f"The measure {row['indicator']}/{row['measure']} has another {name}."
        for row in both.iter_rows(named=True)
        for name in DEFINING
        if name in before.columns and row[name] != row[name + _NOW]
    ]


def changed_policies(before: Earlier, contents: Contents) -> set[tuple[str, int]]:
    """Name the indicators and published years for which a policy number is not what it was."""
    tables = before.table("policies"), contents.tables["policies"].with_columns(pl.exclude(pl.String).cast(pl.String))
    years = sorted(int(year) for year in before.values["school_year"].unique())
    old, new = ({year: _in_force(table, year) for year in years} for table in tables)
    slugs = set(tables[0]["indicator"]) & set(tables[1]["indicator"])
    return {(slug, year) for slug in slugs for year in years if old[year].get(slug) != new[year].get(slug)}


def _in_force(policies: pl.DataFrame, year: int) -> dict[str, list[tuple]]:
    first, last = (pl.col(name).cast(pl.Int64) for name in ("first_school_year", "last_school_year"))
    rows = policies.filter(first <= year, last >= year).select("indicator", "policy_id", "level", "parameter", "value")
    found: dict[str, list[tuple]] = {}
    for slug, *rest in sorted(rows.rows()):
        found.setdefault(slug, []).append(tuple(rest))
    return found
