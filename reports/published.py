"""What a release says, read from its folder: names, policies, checks, and the results that pages show.

Nothing is arranged or rendered here, and nothing but the release folder is opened. Results are read a stretch of
entities at a time: a statewide release is far larger than memory.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, reduce
from operator import xor
from pathlib import Path
from typing import Any

import polars as pl

from reports import charts, words
from reports.certifications import of_nobody
from reports.charts import Axis, Cell

KEY = ("school_year", "indicator", "population", "student_group", "grade_span", "subject", "measure")
"""The columns by which the results of one entity are found."""
NUMBERS = ("value", "interval_low", "interval_high")
BOUNDS = ("low_bound", "high_bound")
ALL_STUDENTS, ALL_GRADES = "ALL", "all"
STATE = ("state", "state")
LEVELS = ("state", "district", "school")
NUMBERS_LETTER = "0–9"
"""Where names stand that begin with no letter."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,40}")

Entity = tuple[str, str]
"""The level and the id of an entity."""
Key = tuple[int, str, str, str, str, str, str]


class Results(dict[Key, Cell]):
    """The results of one entity by their keys. What is asked for all groups is remembered for the other languages."""

    def __init__(self, cells: Iterable[tuple[Key, Cell]] = ()) -> None:
        super().__init__(cells)
        self._of_groups: dict[Key, list[tuple[Key, Cell | None]]] = {}

    def of_groups(self, key: Key, groups: Sequence[str]) -> list[tuple[Key, Cell | None]]:
        """Give the results of groups, in their order, that are otherwise asked for as `key` says, each with its key."""
        found = self._of_groups.get(key)
        if found is None:
            before, after, get = key[:3], key[4:], self.get
            keys = [(*before, group, *after) for group in groups]
            found = self._of_groups[key] = [(own, get(own)) for own in keys]
        return found


class Published:
    """One release, for the pages that show it."""

    def __init__(self, release: Path) -> None:
        self.folder = release
        data = release / "data"
        self.package = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
        self.version = self.package["version"]
        self.is_simulated: bool = self.package.get("simulated", False)
        self.checks = json.loads((release / "gate" / "results.json").read_text(encoding="utf-8"))
        self.values = data / "values.parquet"
        tables = {
            resource["name"]: _read(data / resource["path"], resource["schema"])
            for resource in self.package["resources"]
            if resource["type"] == "table" and resource["name"] in _NEEDED
        }
        self.tables = {name: table.to_dicts() for name, table in tables.items()}
        self.indicators = self.tables["indicators"]
        self.topics = self.tables["topics"]
        self._measures = tables["measures"]
        self.measures = _by_indicator(self._measures)
        self.statuses = self.tables["value_statuses"]
        self.groups = self.tables["student_groups"]
        self.subjects, self.grades, self.populations, self.levels = (
            {row["code"]: row for row in self.tables[name]}
            for name in ("subjects", "grade_spans", "populations", "levels")
        )
        self.entities: dict[Entity, dict] = {(row["level"], row["entity_id"]): row for row in self.tables["entities"]}
        for entity in self.entities:
            if not _ID.fullmatch(entity[1]):
                raise ValueError(f"the id {entity[1]!r} cannot name a folder of the site")
        self.under, self.letters, self.cities = _directory(self.entities)
        self.earlier, self.later = self._other_numbers()
        self.certified: dict[str, list[dict]] = defaultdict(list)
        for row in self.tables["certifications"]:
            self.certified[row["district_id"]].append(row)
        self._scan_shape()
        # The pages of a district ask for its schools some thirty times, one district after the other.
        self._under = lru_cache(maxsize=2)(self._headlines_under)
        self.policies = _by_indicator(self._in_force(tables["policies"]))

    def _other_numbers(self) -> tuple[dict[Entity, list[dict]], dict[Entity, list[dict]]]:
        """Give the numbers that an entity had before, and for a number that is no longer in use who goes on."""
        earlier, later = defaultdict(list), defaultdict(list)
        for row in self.tables["earlier_numbers"]:
            if not _ID.fullmatch(row["earlier_id"]):
                raise ValueError(f"the id {row['earlier_id']!r} cannot name a folder of the site")
            earlier[row["level"], row["entity_id"]].append(row)
            later[row["level"], row["earlier_id"]].append(row)
        return dict(earlier), dict(later)

    def certification(self, district_id: str, school_year: int) -> dict[str, Any]:
        """Say who certified the records of a district for a school year, or that no one did."""
        own = (row for row in self.certified.get(district_id, []) if row["school_year"] == school_year)
        return next(own, None) or of_nobody(school_year, district_id)

    def successor(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Give the school that goes on under another number, with the first school year in which it does."""
        return self.entities[row["level"], row["entity_id"]] | {"school_year": row["school_year"]}

    @cached_property
    def earlier_releases(self) -> list[dict[str, str]]:
        """The releases before this one, the newest first, each with the last school year that it speaks of."""
        told = self._json("api/v1/releases.json", {"releases": []})["releases"]
        known = [one for one in told if one["version"] != self.version]
        return [{"version": one["version"], "year": one["years"].rpartition(" to ")[2]} for one in reversed(known)]

    @cached_property
    def corrections(self) -> list[dict[str, Any]]:
        """How many results each release changed, by cause; the newest first."""
        return self._json("api/v1/changes.json", {"changes": []})["changes"][::-1]

    @cached_property
    def publisher(self) -> dict[str, str]:
        """Who publishes, and whom to write to."""
        told = self._json("data.json", {}).get("dataset", [{}])[0]
        contact = told.get("contactPoint", {})
        email = contact.get("hasEmail", "").removeprefix("mailto:")
        return {"name": told.get("publisher", {}).get("name", ""), "contact": contact.get("fn", ""), "email": email}

    @cached_property
    def rules(self) -> dict[str, Any]:
        """The catalogue of the rules that submissions have to keep; empty where it was not handed over."""
        return self._json("rules/rules.json", {})

    @cached_property
    def rules_by_collection(self) -> dict[str, list[dict]]:
        """The rules under the collections in whose records they find something."""
        found = {name: [] for name in self.rules.get("collections", {})}
        for rule in self.rules.get("rules", []):
            found[rule["collection"]].append(rule)
        return {name: rules for name, rules in found.items() if rules}

    @cached_property
    def home_of_rule(self) -> dict[str, str]:
        """The collection on whose page each rule stands, by its code."""
        return {rule["rule"]: name for name, rules in self.rules_by_collection.items() for rule in rules}

    def _json(self, path: str, otherwise: Any) -> Any:
        file = self.folder / path
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else otherwise

    def _scan_shape(self) -> None:
        values = pl.scan_parquet(self.values)
        shape = values.select("indicator", "population", "subject", "grade_span").unique().collect(engine="streaming")
        years = values.group_by("level", "entity_id").agg(pl.col("school_year").max()).collect(engine="streaming")
        self.first_year: int = values.select(pl.col("school_year").min()).collect().item()
        self.last_year: int = years["school_year"].max()
        self._last = years.rename({"school_year": "last_year"})
        codes = {"subject": self.subjects, "population": self.populations, "grade_span": self.grades}
        self._shape: dict[str, dict[str, list[str]]] = {}
        for slug in self.measures:
            own = shape.filter(pl.col("indicator") == slug)
            found = {column: set(own[column]) for column in codes}
            self._shape[slug] = {column: [one for one in codes[column] if one in found[column]] for column in codes}
        self._headline = {
            slug: next(measure for measure in measures if measure["is_headline"])
            for slug, measures in self.measures.items()
        }
        self._first = pl.DataFrame(
            [
                (slug, self.headline(slug)["measure"], self.populations_of(slug)[0])
                for slug in self._shape
                if self.populations_of(slug)
            ],
            schema=["indicator", "headline", "first_population"],
            orient="row",
        )

    def shown(self, level: str, ids: Sequence[str]) -> pl.DataFrame:
        """Give the rows that pages show of entities whose ids stand in order.

        Of all students every measure of the last year and the headlines of all years; of each group the headlines of
        the last year. Of the state everything of the last year, and the headlines of groups of the year before.
        """
        entity_ids = pl.col("entity_id")
        chosen = (
            pl.scan_parquet(self.values)
            .filter((pl.col("level") == level) & entity_ids.is_between(pl.lit(ids[0]), pl.lit(ids[-1])))
            .filter(entity_ids.is_in(list(ids)))
            .join(self._last.lazy(), on=["level", "entity_id"], how="left")
            .join(self._first.lazy(), on="indicator", how="left")
            .filter(_shown() if level != "state" else _shown() | _shown_of_state())
            .drop("last_year", "headline", "first_population")
            .sort("entity_id", *KEY)
            .collect()
        )
        if chosen.select("entity_id", *KEY).is_duplicated().any():
            raise ValueError("two policies give one number, and a page can show only one")
        return self._texts(chosen)

    def fingerprints(self) -> dict[Entity, str]:
        """Tell in few letters, for each place, all that its pages show of itself and of the state beside it.

        A fingerprint means the same within one version of polars only.
        """
        numbers = ("value_status", "student_count", *NUMBERS, *BOUNDS, "completeness")
        values = pl.scan_parquet(self.values).select("level", "entity_id", *KEY, *numbers)
        state = values.filter(pl.col("level") == "state").select(
            *KEY, *(_mixed(numbers, seed).alias(f"of_state_{seed}") for seed in (1, 2))
        )
        found = (
            values.filter(pl.col("level") != "state")
            .join(self._last.lazy(), on=["level", "entity_id"], how="left")
            .join(self._first.lazy(), on="indicator", how="left")
            .filter(_shown())
            .join(state, on=KEY, how="left")
            .select(
                "level",
                "entity_id",
                *(_mixed((*KEY, *numbers, f"of_state_{seed}"), seed).alias(f"part_{seed}") for seed in (1, 2)),
            )
            .group_by("level", "entity_id")
            .agg(pl.col("part_1", "part_2").bitwise_xor())
            .collect(engine="streaming")
        )
        return {(level, entity_id): f"{one:x} {two:x}" for level, entity_id, one, two in found.iter_rows()}

    def _texts(self, results: pl.DataFrame) -> pl.DataFrame:
        """Write numbers as text beside their places on an axis.

        A page draws the bounds of a range where it draws the likely range of a number; no row has both.
        """
        results = results.with_columns(
            pl.coalesce(f"interval_{end}", f"{end}_bound").alias(f"interval_{end}") for end in ("low", "high")
        )
        texts = words.as_text(results.select(NUMBERS), words.decimals_of(results, self._measures))
        return results.select("entity_id", *KEY, "value_status", "student_count").with_columns(
            *texts,
            *(results[name].cast(pl.Float64).alias(f"{name}_at") for name in NUMBERS),
            results["completeness"].cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".").alias("records"),
        )

    @cached_property
    def state(self) -> Results:
        """All that pages show of the state."""
        return Results(cells_of(self.state_rows, *keys_of(self.state_rows)) if STATE in self.entities else ())

    @cached_property
    def state_rows(self) -> pl.DataFrame:
        """The rows behind `state`."""
        return self.shown("state", ["state"])

    @cached_property
    def _headlines(self) -> dict[tuple, pl.DataFrame]:
        """The headlines of all students in the last year of each entity, by the entity they belong to."""
        results = (
            pl.scan_parquet(self.values)
            .filter((pl.col("student_group") == ALL_STUDENTS) & (pl.col("level") != "state"))
            .join(self._last.lazy(), on=["level", "entity_id"], how="left")
            .join(self._first.lazy(), on="indicator", how="left")
            .filter(
                (pl.col("school_year") == pl.col("last_year"))
                & (pl.col("measure") == pl.col("headline"))
                & (pl.col("population") == pl.col("first_population"))
            )
            .sort("level", "entity_id", *KEY)
            .collect()
        )
        homes = pl.DataFrame(
            [(*key, row["district_id"] or "") for key, row in self.entities.items()],
            schema=["level", "entity_id", "home"],
            orient="row",
        )
        keyed = self._texts(results).with_columns(results["level"])
        keyed = keyed.join(homes, on=["level", "entity_id"], how="left", maintain_order="left")
        return keyed.partition_by("level", "home", as_dict=True)

    def headlines(self, entity: Entity) -> dict[str, dict[Key, Cell]]:
        """Give, for what lies under an entity, the headlines of all students by id."""
        return self._of_districts if entity == STATE else self._under(("school", entity[1]))

    def rows_under(self, entity: Entity) -> pl.DataFrame | None:
        """Give the rows behind `headlines`, in the order of ids, where anything lies under an entity."""
        frame = self._headlines.get(("district", "") if entity == STATE else ("school", entity[1]))
        return None if frame is None else frame.drop("level", "home")

    @cached_property
    def _of_districts(self) -> dict[str, dict[Key, Cell]]:
        return self._headlines_under(("district", ""))

    def _headlines_under(self, under: tuple[str, str]) -> dict[str, dict[Key, Cell]]:
        frame, found = self._headlines.get(under), defaultdict(dict)
        if frame is None:
            return {}
        width = 1 + len(KEY)
        for row in frame.drop("level", "home").iter_rows():
            found[row[0]][row[1:width]] = Cell._make(row[width:])
        return found

    @cached_property
    def axes(self) -> dict[tuple[str, str], Axis]:
        """The axis of each measure, from the state's numbers; a page whose numbers lie beyond it widens it."""
        frame = (
            pl.scan_parquet(self.values)
            .filter(pl.col("level") == "state")
            .group_by("indicator", "measure")
            .agg(pl.col("value").min().alias("low"), pl.col("value").max().alias("high"))
            .collect(engine="streaming")
        )
        found = {(slug, measure): (low, high) for slug, measure, low, high in frame.iter_rows()}
        return {
            (slug, measure["measure"]): _axis(measure["unit"], *found.get((slug, measure["measure"]), (None, None)))
            for slug, measures in self.measures.items()
            for measure in measures
        }

    @cached_property
    def interval_methods(self) -> dict[str, list[str]]:
        """How the likely ranges of each indicator were found, by the names that the data have for it."""
        methods = pl.scan_parquet(self.values).filter(pl.col("interval_method").is_not_null())
        found = methods.group_by("indicator").agg(pl.col("interval_method").unique().sort())
        return dict(found.collect(engine="streaming").iter_rows())

    def _in_force(self, policies: pl.DataFrame) -> pl.DataFrame:
        """Keep the policy numbers of the published years, one row for all levels that share a number."""
        order = {code: place for place, code in enumerate(self.levels)}
        same = ["indicator", "parameter", "value", "policy_id", "first_school_year", "last_school_year", "authority"]
        years = pl.col("first_school_year") <= self.last_year, pl.col("last_school_year") >= self.first_year
        return (
            policies.filter(*years)
            .sort(pl.col("level").replace_strict(order, default=len(order)))
            .group_by(same, maintain_order=True)
            .agg(pl.col("level").alias("levels"))
            .sort("indicator", "parameter", "first_school_year", maintain_order=True)
        )

    def subjects_of(self, indicator: str) -> list[str]:
        """Give the subjects in which an indicator is published, in their order."""
        return self._shape[indicator]["subject"]

    def populations_of(self, indicator: str) -> list[str]:
        """Give the populations in which an indicator is published, in their order."""
        return self._shape[indicator]["population"]

    def grades_of(self, indicator: str) -> list[str]:
        """Give the single grades for which an indicator is published, in their order."""
        return [code for code in self._shape[indicator]["grade_span"] if code != ALL_GRADES]

    def covers_all_grades(self, indicator: str) -> bool:
        """Tell whether an indicator is published for all grades together."""
        return ALL_GRADES in self._shape[indicator]["grade_span"]

    def headline(self, indicator: str) -> dict[str, Any]:
        """Give the measure that pages show first."""
        return self._headline[indicator]

    def path_of(self, entity: Entity) -> str:
        """Give the page of an entity below the pages of one language."""
        return "state/index.html" if entity == STATE else f"{entity[0]}/{entity[1]}/index.html"


def keys_of(shown: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Give the keys of rows that pages show, each once, and for each row the place of its own among them."""
    keys = shown.select(KEY).unique(maintain_order=True)
    found = shown.select(KEY).join(keys.with_row_index("place"), on=KEY, how="left", maintain_order="left")
    return keys, found["place"]


def cells_of(shown: pl.DataFrame, keys: pl.DataFrame, places: pl.Series) -> list[tuple[Key, Cell]]:
    """Give each row that pages show as its key and its cell, with the keys that `keys_of` gives."""
    known, cells = keys.rows(), shown.drop("entity_id", *KEY).rows()
    return list(zip(map(known.__getitem__, places), map(Cell._make, cells), strict=True))


_NEEDED = {
    "entities",
    "earlier_numbers",
    "certifications",
    "comparability",
    "indicators",
    "topics",
    "measures",
    "student_groups",
    "value_statuses",
    "subjects",
    "grade_spans",
    "populations",
    "levels",
    "policies",
}


def _mixed(columns: Sequence[str], seed: int) -> pl.Expr:
    """Tell a row in few letters: each column's own, and those of all mixed once more, so that no two rows may swap."""
    own = (pl.col(name).hash(100 * seed + place) for place, name in enumerate(columns))
    return reduce(xor, own).hash(seed)


def _shown() -> pl.Expr:
    is_all, is_last = pl.col("student_group") == ALL_STUDENTS, pl.col("school_year") == pl.col("last_year")
    is_first, is_headline = pl.col("population") == pl.col("first_population"), pl.col("measure") == pl.col("headline")
    is_whole = pl.col("grade_span") == ALL_GRADES
    return (is_all & is_first & (is_last | is_headline)) | (is_last & is_headline & is_whole & (is_all | is_first))


def _shown_of_state() -> pl.Expr:
    is_headline = (pl.col("measure") == pl.col("headline")) & (pl.col("population") == pl.col("first_population"))
    is_before = pl.col("school_year") == pl.col("last_year") - 1
    return (pl.col("school_year") == pl.col("last_year")) | (is_before & is_headline)


def _directory(
    entities: Mapping[Entity, dict],
) -> tuple[dict[Entity, list[dict]], dict[str, list[dict]], dict[str, dict[str, list[dict]]]]:
    """Sort the entities by name: under the entity they belong to, under their first letter, and under their city.

    Cities stand under their own first letter.
    """
    under, letters, cities = defaultdict(list), defaultdict(list), defaultdict(lambda: defaultdict(list))
    for entity in sorted(
        entities.values(), key=lambda row: (row["entity_name"].casefold(), row["level"], row["entity_id"])
    ):
        if entity["level"] == "state":
            continue
        under[STATE if entity["level"] == "district" else ("district", entity["district_id"])].append(entity)
        letters[_letter(entity["entity_name"])].append(entity)
        if entity["city"]:
            cities[_letter(entity["city"])][entity["city"]].append(entity)
    in_order = {
        letter: dict(sorted(own.items(), key=lambda item: item[0].casefold())) for letter, own in cities.items()
    }
    return (
        dict(under),
        dict(sorted(letters.items(), key=_last_numbers)),
        dict(sorted(in_order.items(), key=_last_numbers)),
    )


def _letter(name: str) -> str:
    first = unicodedata.normalize("NFKD", name)[:1].upper()
    return first if first.isalpha() and first.isascii() else NUMBERS_LETTER


def _last_numbers(item: tuple[str, Any]) -> tuple[bool, str]:
    return item[0] == NUMBERS_LETTER, item[0]


def _axis(unit: str, low: Any, high: Any) -> Axis:
    """Give every page of a measure the same axis: its numbers, with a tenth more at both ends for likely ranges."""
    if unit == "percent":
        return charts.PERCENT
    if low is None:
        return charts.axis_for(0, 1, unit)
    low, high = float(low), float(high)
    if unit == "multiple":
        return charts.axis_for(min(0.0, low), max(2.0, high), unit)
    room = (high - low) / 10 or 1
    return charts.axis_for(low - room, high + room, unit)


def _read(path: Path, schema: Mapping) -> pl.DataFrame:
    kinds = {"integer": pl.Int64, "boolean": pl.Boolean}
    columns = {field["name"]: kinds.get(field["type"], pl.String) for field in schema["fields"]}
    return pl.read_csv(path, schema=columns).with_columns(words.unguarded(pl.col(pl.String)))


def _by_indicator(table: pl.DataFrame) -> dict[str, list[dict]]:
    found = defaultdict(list)
    for row in table.iter_rows(named=True):
        found[row["indicator"]].append(row)
    return dict(found)
