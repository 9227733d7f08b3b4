"""What a release is made of: the published tables and the methodology pages, read from the hand-over and checked.

Nothing here opens a warehouse. The dictionary says which tables there are and what stands in them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import polars as pl
import yaml

from reports import words
from reports.certifications import certifications
from reports.notes import notes
from reports.published import BOUNDS, NUMBERS

TABLES, METHODOLOGY, RULES, CERTIFICATIONS = "tables", "methodology", "rules.json", "certifications.json"
"""The two folders of a hand-over, and the files beside them."""
COUNTS = ("numerator", "denominator")
_TYPES = {"string": pl.String, "integer": pl.Int64, "boolean": pl.Boolean}


class UnpublishableError(ValueError):
    """Say which promise the published tables break."""


@cache
def dictionary() -> dict[str, dict]:
    """Give every table of a release with its source, key, references and columns."""
    return yaml.load(Path(__file__).with_name("dictionary.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def published() -> dict[str, dict]:
    """Give the tables of a release that stand in the warehouse; the others follow from them."""
    return {file: about for file, about in dictionary().items() if "source" in about}


@dataclass(frozen=True)
class Contents:
    """The tables of a release by the name of their file, its methodology pages by theirs, and the rules of submissions.

    `rules` is the text of their catalogue, if it was handed over. It says nothing of the results.
    """

    tables: Mapping[str, pl.DataFrame]
    methodology: Mapping[str, str]
    rules: str | None = None

    @cached_property
    def sha256(self) -> str:
        """The checksum of all that is said, whatever the version it is said in."""
        digest = hashlib.sha256()
        for file, table in self.tables.items():
            digest.update(file.encode())
            digest.update(table.write_csv().encode())
        digest.update(json.dumps(dict(self.methodology), sort_keys=True).encode())
        return digest.hexdigest()

    @cached_property
    def values(self) -> pl.DataFrame:
        """The results with their numbers as text, as files and pages show them."""
        results = self.tables["values"]
        own = words.decimals_of(results, self.tables["measures"])
        if own.null_count():
            raise UnpublishableError("pub_indicator_results names a measure that pub_measures does not have")
        whole = pl.repeat(4, results.height, eager=True)
        texts = words.as_text(results.select(*NUMBERS, *BOUNDS), own)
        return results.with_columns(texts).with_columns(words.as_text(results.select(COUNTS), whole))

    @property
    def years(self) -> str:
        """The school years that the results speak of, in words."""
        years = self.tables["values"]["school_year"]
        first, last = words.school_year(years.min()), words.school_year(years.max())
        return first if first == last else f"{first} to {last}"


def read(handed_over: Path) -> Contents:
    """Read a hand-over; raises UnpublishableError where its tables would contradict themselves."""
    tables = {
        file: _typed(pl.read_parquet(handed_over / TABLES / f"{about['source']}.parquet"), about)
        for file, about in published().items()
    }
    pages = sorted((handed_over / METHODOLOGY).iterdir())
    tables = _checked(tables)
    rules, certified = handed_over / RULES, handed_over / CERTIFICATIONS
    said = json.loads(certified.read_text(encoding="utf-8")) if certified.is_file() else []
    return Contents(
        tables | notes(tables) | {"certifications": certifications(tables["values"], said)},
        {page.name: page.read_text(encoding="utf-8") for page in pages},
        rules.read_text(encoding="utf-8") if rules.is_file() else None,
    )


def columns_of(about: Mapping) -> list[str]:
    """Name the columns of a file that come from its table: all but the release."""
    return [column for column in about["fields"] if column != "release"]


def checked_columns() -> list[str]:
    """Name the columns whose type, key and references `read` holds against the dictionary, as `file.column`."""
    return [f"{file}.{column}" for file, about in published().items() for column in columns_of(about)]


def _typed(table: pl.DataFrame, about: Mapping) -> pl.DataFrame:
    casts = []
    for column in columns_of(about):
        kind = about["fields"][column][0]
        if kind != "number":
            casts.append(pl.col(column).cast(_TYPES[kind]))
        elif not isinstance(table.schema[column], pl.Decimal):
            raise UnpublishableError(f"{about['source']}.{column} must be a decimal, not {table.schema[column]}")
    return table.with_columns(casts)


def _checked(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Refuse tables whose files would contradict themselves."""
    for file, about in published().items():
        if tables[file].select(about["key"]).is_duplicated().any():
            raise UnpublishableError(f"{about['source']} has two rows with one key ({', '.join(about['key'])})")
        for columns, other, others in about.get("references", []):
            named = tables[file].select(columns).drop_nulls().unique()
            lost = named.join(tables[other], left_on=columns, right_on=others, how="anti")
            if lost.height:
                told = ", ".join(f"{name} {value!r}" for name, value in zip(columns, lost.rows()[0], strict=True))
                raise UnpublishableError(f"{about['source']} names {told}, which does not stand in {other}")
    wrong = tables["entities"].filter(~pl.col("entity_id").str.contains(r"^[0-9A-Za-z_-]{1,40}$"))
    if wrong.height:
        raise UnpublishableError(f"the id {wrong['entity_id'][0]!r} cannot name a folder of the site")
    statuses, results = tables["value_statuses"], tables["values"]
    if results.is_empty():
        raise UnpublishableError("there is no result to publish")
    silent = statuses.filter(~pl.col("carries_value"))["status"].to_list()
    said = pl.any_horizontal(pl.col(*NUMBERS, *BOUNDS, *COUNTS).is_not_null())
    if results.filter(pl.col("value_status").is_in(silent) & said).height:
        raise UnpublishableError("a row whose status says that there is no number carries one")
    if results.filter((pl.col("value_status") == "suppressed") & pl.col("student_count").is_not_null()).height:
        raise UnpublishableError("a hidden row carries its number of students")
    return tables
