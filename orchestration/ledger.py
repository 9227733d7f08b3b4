"""The suppression ledger: which row each release hid or showed, so that hidden stays hidden and shown stays shown.

One private file for each release. Beside the key of a row stand two keyed hashes of the numbers behind it, which say
whether a number is still the same and nothing else. What follows for the next mask is `constraints`.
"""

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from expectations.releases.publication import KEYS
from methods.attacks.changes import told_by_change
from orchestration.settings import CannotRunError, Home
from reports.versions import number_of
from submissions.pseudonyms import key_of
from submissions.store import make_private, write_atomically

PENDING, NARROWED = "pending", "narrowed"
CELL = (*KEYS, "quantity")
RATES = ("rate", "floored_rate", "share")
COUNTS_ALL = """
    select (indicator, measure) from marts.fct_indicator_results
    group by indicator, measure having bool_and(denominator = student_count)
"""
"""The measures that ask about every student whom they count, so that a reader of one number knows the other."""
HASHES = {"count_hash": ("student_count",), "rate_hash": ("numerator", "denominator", "value")}
"""The quantities of the attackers, by the hash that says whether they are the same: students, and the rest."""
SENSITIVE = f"""
    with judged as (
        select
            {", ".join(f"results.{key}" for key in KEYS)}, results.student_count, numerator, denominator,
            minimum, numerator_floor, interval_width, statistic in {RATES} and not is_by_unit as counts_students,
            -- What the state shows of a group is the most that any of its places can have of it.
            max(
                case
                    when results.level = 'state' and mode = 'counts'
                        and least(numerator, denominator - numerator) >= numerator_floor
                    then least(numerator, denominator - numerator)
                end
            ) over (
                partition by
                    results.school_year, results.indicator, results.policy_id, population, results.student_group,
                    grade_span, subject, results.measure
            ) as most
        from marts.fct_indicator_results as results
        inner join marts.dim_measure using (indicator, measure)
        inner join marts.dim_minimum_n as minimums
            on results.indicator = minimums.indicator and results.policy_id = minimums.policy_id
            and results.school_year between minimums.first_school_year and minimums.last_school_year
            and purpose = 'publication'
        inner join marts.dim_disclosure as rules
            on results.indicator = rules.indicator and results.policy_id = rules.policy_id
            and results.level = rules.level and results.student_group = rules.student_group
            and results.school_year between rules.first_school_year and rules.last_school_year
        where results.student_count > 0
    )
    select {", ".join(KEYS)}, 'student_count' as quantity, cast(least(interval_width, student_count) as bigint) as width
    from judged where student_count < minimum
    union all
    select
        {", ".join(KEYS)}, 'numerator' as quantity,
        cast(least(interval_width, denominator, coalesce(most, interval_width)) as bigint) as width
    from judged
    where
        counts_students and denominator > 0
        and (student_count < minimum or least(numerator, denominator - numerator) < numerator_floor)
    order by all
"""
"""The numbers that nobody may work out, each with the width that must remain open."""
SENSITIVES = {"count_is_sensitive": "student_count", "rate_is_sensitive": "numerator"}
NUMBERS = f"""
    select {", ".join(KEYS)}, student_count, numerator, denominator, value
    from marts.fct_indicator_results where student_count is not null order by all
"""
SHOWN = f"select {', '.join(KEYS)}, value_status from publication.pub_indicator_results"
MINIMUM = "select min(minimum) from reference.policy_minimum_n where purpose = 'publication'"


@dataclass(frozen=True)
class Before:
    """An earlier release: its results, and of the cells (key and quantity) those unchanged and those sensitive.

    Its texts are `coded`.
    """

    version: str
    results: pl.DataFrame
    unchanged: pl.DataFrame
    sensitive: pl.DataFrame


def prepare(place: Home, connection: duckdb.DuckDBPyConnection, sensitive: pl.DataFrame) -> None:
    """Write down what a build would show and hide, before it is published; `sensitive` is `coded`, as all is joined.

    The ledger is read first, so that a release which a crash kept out of it is entered before its page is lost.
    """
    entries(place)
    numbers = coded(hashed(place, connection.execute(NUMBERS).pl()))
    shown = numbers.join(coded(connection.execute(SHOWN).pl()), on=KEYS, how="inner", maintain_order="left")
    flags = sensitive.select(*CELL, flag=pl.lit(True)).pivot(
        on="quantity", on_columns=[*SENSITIVES.values()], index=KEYS, values="flag"
    )
    flags = flags.rename({quantity: name for name, quantity in SENSITIVES.items()})
    entry = shown.join(flags, on=KEYS, how="left", maintain_order="left").select(
        *KEYS,
        (pl.col("value_status") == "suppressed").alias("is_hidden"),
        *HASHES,
        pl.col(*SENSITIVES).fill_null(False),
    )
    with write_atomically(_file(place, PENDING)) as part:
        entry.with_columns(pl.col(pl.Categorical).cast(pl.String)).write_parquet(part)


def settle(place: Home, version: str) -> None:
    """Enter what was prepared under the version that it became; a release that was kept is entered already."""
    pending = _file(place, PENDING)
    if _file(place, version).exists():
        pending.unlink(missing_ok=True)
    else:
        pending.rename(_file(place, version))


def entries(place: Home) -> dict[str, pl.DataFrame]:
    """Give the rows that each release hid and showed, by its version.

    A release that the ledger names and that is gone, or one that it does not name, raises CannotRunError: what it
    showed cannot be unsaid, so nothing may be hidden or shown without it.
    """
    folder = _folder(place)
    made = {path.parent.parent.name for path in place.releases.glob("[0-9]*/data/values.parquet")}
    named = {path.stem for path in folder.glob("*.parquet")} - {PENDING, NARROWED}
    if (new := made - named) and len(new) == 1 and _file(place, PENDING).exists():
        settle(place, new.pop())
        return entries(place)
    for version in sorted(named - made):
        raise CannotRunError(
            f"The suppression ledger names release {version}, which is not in {place.releases}. What it showed is "
            "known to its readers, so the next release cannot be made without it. Bring it back from a backup."
        )
    for version in sorted(made - named):
        raise CannotRunError(
            f"Release {version} is not in the suppression ledger, so what it hides cannot be kept hidden. Bring "
            f"{_file(place, version)} back from a backup."
        )
    return {version: pl.read_parquet(_file(place, version)) for version in sorted(named, key=number_of)}


def withhold(place: Home, rows: pl.DataFrame) -> None:
    """Have rows (by key) hidden by every build from now on: while they are shown, an attack narrows what is hidden."""
    with write_atomically(_file(place, NARROWED)) as part:
        named = rows.select(KEYS).with_columns(pl.col(pl.Categorical).cast(pl.String))
        pl.concat([_withheld(place), named]).unique().sort(KEYS).write_parquet(part)


def _withheld(place: Home) -> pl.DataFrame:
    path = _file(place, NARROWED)
    nothing = pl.DataFrame(schema=dict.fromkeys(KEYS, pl.String) | {"school_year": pl.Int16})
    return pl.read_parquet(path) if path.exists() else nothing


def constraints(place: Home, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Say which rows of a build must be hidden or shown, whatever its own numbers say: the key, `must`, `because`.

    `is_same` tells the rows of which no number has changed since the releases for whose sake that is. Rows that were
    `narrowed` are hidden for the sake of no release but since an attack succeeded (`withhold`).

    A row that was hidden is hidden again while any number behind it is the same, and a row that was shown is shown
    again while all are. A rate that showed its counts is hidden where only a few students came or went since then; that
    is the reason given where there are two, for such a row must have room of its own.
    """
    narrowed = _withheld(place).with_columns(must=pl.lit("hide"), because=pl.lit("narrowed"), is_same=pl.lit(False))
    if not (told := entries(place)):
        return narrowed
    numbers = connection.execute(NUMBERS).pl()
    now = hashed(place, numbers)
    (minimum,) = connection.execute(MINIMUM).fetchone()
    found = []
    for version, entry in told.items():
        both = now.join(entry, on=KEYS, how="inner", suffix="_before")
        same = [pl.col(name) == pl.col(f"{name}_before") for name in HASHES]
        again = both.filter("is_hidden", pl.any_horizontal(same))
        still = both.filter(~pl.col("is_hidden"), pl.all_horizontal(same))
        moved = published(place, version).filter(pl.col("level") != "state").join(numbers, on=KEYS, suffix="_now")
        ends = (
            tuple(moved[name + of].cast(pl.Float64).to_numpy() for name in ("numerator", "denominator"))
            for of in ("", "_now")
        )
        few = moved.filter(pl.Series(told_by_change(*ends, minimum), dtype=pl.Boolean))
        found += [
            rows.select(*KEYS, must=pl.lit(must), because=pl.lit(because), is_same=is_same)
            for rows, must, because, is_same in (
                (few, "hide", "few_moved", pl.lit(False)),
                (again, "hide", "hidden_before", pl.all_horizontal(same)),
                (still, "show", "shown_before", pl.lit(True)),
            )
        ]
    ranked = pl.concat([*found, narrowed]).sort(
        pl.col("must") == "show", pl.col("because") != "few_moved", maintain_order=True
    )
    return ranked.unique(KEYS, keep="first", maintain_order=True).sort(KEYS)


def earlier(place: Home, connection: duckdb.DuckDBPyConnection) -> list[Before]:
    """Give every earlier release with what a build changes of it."""
    if not (entered := entries(place)):
        return []
    now = hashed(place, connection.execute(NUMBERS).pl())
    told = []
    for version, entry in entered.items():
        both = now.join(entry, on=KEYS, how="inner", suffix="_before")
        unchanged = [
            both.filter(pl.col(name) == pl.col(f"{name}_before")).select(*KEYS, quantity=pl.lit(quantity))
            for name, quantity in (
                ("count_hash", "student_count"),
                ("rate_hash", "denominator"),
                ("rate_hash", "numerator"),
            )
        ]
        sensitive = [
            entry.filter(name).select(*KEYS, quantity=pl.lit(quantity)) for name, quantity in SENSITIVES.items()
        ]
        tables = (published(place, version), pl.concat(unchanged), pl.concat(sensitive))
        told.append(Before(version, *map(coded, tables)))
    return told


def hashed(place: Home, numbers: pl.DataFrame) -> pl.DataFrame:
    """Replace the numbers of every row by keyed hashes, which differ between rows that hold the same number."""
    key = hmac.digest(key_of(place.store), b"suppression ledger", "sha256")
    made = []
    for name, columns in HASHES.items():
        parts = [*KEYS, pl.lit(name), *(pl.col(column).cast(pl.String).fill_null("") for column in columns)]
        texts = numbers.select(text=pl.concat_str(*parts, separator="\x1f"))["text"]
        made.append(
            pl.Series(name, [hashlib.blake2b(text.encode(), key=key, digest_size=16).digest() for text in texts])
        )
    return numbers.select(KEYS).with_columns(made)


def coded(table: pl.DataFrame) -> pl.DataFrame:
    """Keep every text once: a row of ten codes is joined in a third of the time, and takes a fourth of the memory."""
    return table.with_columns(pl.col(pl.String).cast(pl.Categorical))


def published(place: Home, version: str) -> pl.DataFrame:
    """Give the results that a release shows, with the school year as the warehouse holds it."""
    results = pl.read_parquet(place.releases / version / "data" / "values.parquet").drop("release")
    return results.cast({"school_year": pl.Int16})


def _folder(place: Home) -> Path:
    return make_private(place.root / "private" / "suppression_ledger")


def _file(place: Home, version: str) -> Path:
    return _folder(place) / f"{version}.parquet"
