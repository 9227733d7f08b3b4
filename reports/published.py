"""What a release says, read once from its folder: names, policies, checks, and every result that a page may show.

Nothing is arranged or rendered here, and nothing but the release folder is opened.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from reports import charts, words
from reports.charts import Axis, Cell

KEY = ("school_year", "indicator", "population", "student_group", "grade_span", "subject", "measure")
"""The columns by which the results of one entity are found."""
NUMBERS = ("value", "interval_low", "interval_high")
BOUNDS = ("low_bound", "high_bound")
ALL_STUDENTS, ALL_GRADES = "ALL", "all"
STATE = ("state", "state")
FOLDERS = {"district": "districts", "school": "schools"}
_ID = re.compile(r"[0-9A-Za-z_-]{1,40}")

Entity = tuple[str, str]
"""The level and the id of an entity."""
Key = tuple[int, str, str, str, str, str, str]


class Published:
    """One release, for the pages that show it."""

    def __init__(self, release: Path) -> None:
        self.folder = release
        data = release / "data"
        self.package = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
        self.version = self.package["version"]
        self.checks = json.loads((release / "gate" / "results.json").read_text(encoding="utf-8"))
        tables = {
            resource["name"]: _read(data / resource["path"], resource["schema"])
            for resource in self.package["resources"]
            if resource["type"] == "table" and resource["name"] != "values"
        }
        self.indicators = tables["indicators"].to_dicts()
        self._measures = tables["measures"]
        self.measures = _by_indicator(self._measures)
        self.statuses = tables["value_statuses"].to_dicts()
        self.status_words = {status["status"]: status["label_en"] for status in self.statuses}
        self.groups = tables["student_groups"].to_dicts()
        self.subjects, self.grades, self.populations, self.levels = (
            dict(tables[name].select("code", "label_en").iter_rows())
            for name in ("subjects", "grade_spans", "populations", "levels")
        )
        self.population_meanings = tables["populations"].to_dicts()
        self.entities: dict[Entity, dict] = {
            (row["level"], row["entity_id"]): row for row in tables["entities"].to_dicts()
        }
        self.under, self.letters = _directory(self.entities)
        self._place(self._results(data / "values.parquet"))
        self.policies = _by_indicator(self._in_force(tables["policies"]))

    def _results(self, path: Path) -> pl.DataFrame:
        """Read the results that pages show: groups for an entity's last year, all students for every year."""
        is_all = pl.col("student_group") == ALL_STUDENTS
        is_last = pl.col("school_year") == pl.col("school_year").max().over("level", "entity_id")
        is_broad = (pl.col("grade_span") == ALL_GRADES) | (pl.col("level") == "state")
        results = pl.read_parquet(path).filter(is_all | (is_last & is_broad))
        # A page draws the bounds of a range where it draws the likely range of a number; no row has both.
        results = results.with_columns(
            pl.coalesce(f"interval_{end}", f"{end}_bound").alias(f"interval_{end}") for end in ("low", "high")
        )
        texts = words.as_text(results.select(NUMBERS), words.decimals_of(results, self._measures))
        results = results.select(
            "level",
            "entity_id",
            *KEY,
            "value_status",
            "student_count",
            *texts,
            *(pl.col(name).cast(pl.Float64).alias(f"{name}_at") for name in NUMBERS),
        )
        if results.select("level", "entity_id", *KEY).is_duplicated().any():
            raise ValueError("two policies give one number, and a page can show only one")
        return results

    def _place(self, results: pl.DataFrame) -> None:
        self.first_year: int = results["school_year"].min()
        self.last_year: int = results["school_year"].max()
        self._shape = {
            indicator["indicator"]: {
                column: set(results.filter(pl.col("indicator") == indicator["indicator"])[column].unique())
                for column in ("subject", "population", "grade_span")
            }
            for indicator in self.indicators
        }
        self.axes = {slug: _axis(self.headline(slug), results) for slug in self.measures}
        self._frames = {
            key: frame.drop("level", "entity_id")
            for key, frame in results.partition_by("level", "entity_id", as_dict=True).items()
        }
        self.state = self.cells(STATE)
        self.headlines = self._side_by_side(results)

    def _side_by_side(self, results: pl.DataFrame) -> dict[Entity, dict[Key, Cell]]:
        """Give the headlines of all students of each district and school in its last year."""
        measures = [measure["measure"] for own in self.measures.values() for measure in own if measure["is_headline"]]
        first = {slug: self.populations_of(slug)[0] for slug in self._shape if self.populations_of(slug)}
        chosen = results.filter(
            (pl.col("level") != "state")
            & (pl.col("student_group") == ALL_STUDENTS)
            & pl.col("measure").is_in(measures)
            & (pl.col("population") == pl.col("indicator").replace_strict(first))
            & (pl.col("school_year") == pl.col("school_year").max().over("level", "entity_id"))
        )
        found: dict[Entity, dict[Key, Cell]] = defaultdict(dict)
        width = 2 + len(KEY)
        for row in chosen.iter_rows():
            found[row[:2]][row[2:width]] = Cell._make(row[width:])
        return found

    def _in_force(self, policies: pl.DataFrame) -> pl.DataFrame:
        """Keep the policy numbers of the published years, one row for all levels that share a number."""
        order = {code: place for place, code in enumerate(self.levels)}
        same = ["indicator", "parameter", "value", "policy_id", "first_school_year", "last_school_year", "authority"]
        years = pl.col("first_school_year") <= self.last_year, pl.col("last_school_year") >= self.first_year
        return (
            policies.filter(*years)
            .sort(pl.col("level").replace_strict(order, default=len(order)))
            .group_by(same, maintain_order=True)
            .agg(pl.col("level").replace(self.levels).alias("levels"))
            .sort("indicator", "parameter", "first_school_year", maintain_order=True)
        )

    def cells(self, entity: Entity) -> dict[Key, Cell]:
        """Give the results of one entity that its pages may show."""
        if entity not in self._frames:
            return {}
        width = len(KEY)
        return {row[:width]: Cell._make(row[width:]) for row in self._frames[entity].iter_rows()}

    def subjects_of(self, indicator: str) -> list[str]:
        """Give the subjects in which an indicator is published, in their order."""
        return [code for code in self.subjects if code in self._shape[indicator]["subject"]]

    def populations_of(self, indicator: str) -> list[str]:
        """Give the populations in which an indicator is published, in their order."""
        return [code for code in self.populations if code in self._shape[indicator]["population"]]

    def grades_of(self, indicator: str) -> list[str]:
        """Give the single grades for which an indicator is published, in their order."""
        return [code for code in self.grades if code in self._shape[indicator]["grade_span"] and code != ALL_GRADES]

    def covers_all_grades(self, indicator: str) -> bool:
        """Tell whether an indicator is published for all grades together."""
        return ALL_GRADES in self._shape[indicator]["grade_span"]

    def headline(self, indicator: str) -> dict[str, Any]:
        """Give the measure that pages show first."""
        return next(measure for measure in self.measures[indicator] if measure["is_headline"])

    def path_of(self, entity: Entity) -> str:
        """Give the page of an entity below the site."""
        level, entity_id = entity
        if entity == STATE:
            return "index.html"
        if not _ID.fullmatch(entity_id):
            raise ValueError(f"the id {entity_id!r} cannot name a folder of the site")
        return f"{FOLDERS[level]}/{entity_id}/index.html"

    def methodology(self, indicator: str) -> str:
        """Read the page that says how an indicator is measured, without the marks that dbt needs."""
        text = (self.folder / "methodology" / f"{indicator}.md").read_text(encoding="utf-8")
        return re.sub(r"^\s*\{%-?\s*(end)?docs\b.*?%\}\s*$", "", text, flags=re.MULTILINE)


def _directory(entities: Mapping[Entity, dict]) -> tuple[dict[Entity, list[dict]], dict[str, list[dict]]]:
    """Sort the entities by name, under the entity they belong to and under their first letter."""
    under, letters = defaultdict(list), defaultdict(list)
    for entity in sorted(
        entities.values(), key=lambda row: (row["entity_name"].casefold(), row["level"], row["entity_id"])
    ):
        if entity["level"] == "state":
            continue
        under[STATE if entity["level"] == "district" else ("district", entity["district_id"])].append(entity)
        first = unicodedata.normalize("NFKD", entity["entity_name"])[:1].upper()
        letters[first if first.isalpha() else "0–9"].append(entity)
    return under, dict(sorted(letters.items(), key=lambda item: (item[0] == "0–9", item[0])))


def _axis(measure: Mapping, results: pl.DataFrame) -> Axis:
    """Give every page of a measure the same axis: its numbers, with a tenth more at both ends for likely ranges."""
    if measure["unit"] == "percent":
        return charts.PERCENT
    is_own = (pl.col("indicator") == measure["indicator"]) & (pl.col("measure") == measure["measure"])
    own = results.filter(is_own)["value_at"]
    low, high = own.min(), own.max()
    if low is None:
        return charts.axis_for(0, 1, measure["unit"])
    room = (high - low) / 10 or 1
    return charts.axis_for(low - room, high + room, measure["unit"])


def _read(path: Path, schema: Mapping) -> pl.DataFrame:
    kinds = {"integer": pl.Int64, "boolean": pl.Boolean}
    columns = {field["name"]: kinds.get(field["type"], pl.String) for field in schema["fields"]}
    return pl.read_csv(path, schema=columns).with_columns(words.unguarded(pl.col(pl.String)))


def _by_indicator(table: pl.DataFrame) -> dict[str, list[dict]]:
    found = defaultdict(list)
    for row in table.iter_rows(named=True):
        found[row["indicator"]].append(row)
    return dict(found)
