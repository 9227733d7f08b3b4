"""What to know before numbers are used: which years can be compared, and footnotes.

Both follow from the policies and statuses of the release; the words stand in notes.yml.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
import yaml

LANGUAGES = ("en", "es")


@cache
def texts() -> dict:
    """Read the words of the notes."""
    return yaml.load(Path(__file__).with_name("notes.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def notes(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Give the tables of comparability and of footnotes."""
    compared = _comparability(tables["values"], tables["policies"])
    return {"comparability": compared, "footnotes": _footnotes(compared)}


def _comparability(values: pl.DataFrame, policies: pl.DataFrame) -> pl.DataFrame:
    years = values.select("indicator", "school_year").unique()
    pairs = years.join(years.with_columns(pl.col("school_year") + 1), on=["indicator", "school_year"]).sort(pl.all())
    marked = values.filter(pl.col("value_status") == "not_comparable").select("indicator", "school_year").unique()
    marked, rows = set(marked.rows()), []
    in_force = {
        year: _in_force(policies, year) for year in range(years["school_year"].min(), 1 + years["school_year"].max())
    }
    for indicator, year in pairs.rows():
        before, now = (in_force[one].get(indicator, {}) for one in (year - 1, year))
        changed = sorted(
            {parameter for parameter in before.keys() | now.keys() if before.get(parameter) != now.get(parameter)}
        )
        if (indicator, year) in marked:
            verdict, said = "no", _said("status_changed")
        elif changed:
            verdict, said = "with_care", _said("policy_changed", parameters=", ".join(changed))
        else:
            verdict, said = "yes", _said("same")
        rows.append((indicator, year, year - 1, verdict, *said))
    schema = {"indicator": pl.String, "school_year": pl.Int64, "compared_with": pl.Int64, "comparability": pl.String}
    return pl.DataFrame(rows, schema | {f"reason_{code}": pl.String for code in LANGUAGES}, orient="row")


def _in_force(policies: pl.DataFrame, year: int) -> dict[str, dict[str, list[tuple]]]:
    """Give for each indicator and parameter what is in force in a school year, for every policy and level."""
    found: dict[str, dict[str, list[tuple]]] = {}
    rows = policies.filter(pl.col("first_school_year") <= year, pl.col("last_school_year") >= year)
    for indicator, parameter, *said in rows.select("indicator", "parameter", "policy_id", "level", "value").rows():
        found.setdefault(indicator, {}).setdefault(parameter, []).append(tuple(said))
    return {indicator: {name: sorted(said) for name, said in one.items()} for indicator, one in found.items()}


def _footnotes(compared: pl.DataFrame) -> pl.DataFrame:
    general = [(one["id"], None, None, *(one[code] for code in LANGUAGES)) for one in texts()["footnotes"]]
    own = compared.filter(pl.col("comparability") != "yes").select(
        pl.format("{}_{}", "indicator", "school_year").alias("footnote"),
        "indicator",
        "school_year",
        "reason_en",
        "reason_es",
    )
    schema = {"footnote": pl.String, "indicator": pl.String, "school_year": pl.Int64}
    rows = sorted([*general, *own.rows()], key=lambda row: row[0])
    return pl.DataFrame(rows, schema | {f"text_{code}": pl.String for code in LANGUAGES}, orient="row")


def _said(name: str, **places: str) -> list[str]:
    return [texts()[name][code].format(**places) for code in LANGUAGES]
