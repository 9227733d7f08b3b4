"""A release candidate before the attackers and the ledger: what is caught, what is kept, and what is named."""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from expectations.releases.publication import KEYS
from orchestration import attacks, ledger, settings, warehouse

TABLE = ("school_year", "policy_id", "indicator", "population", "grade_span", "subject", "measure")
SCHOOLS = {"0001": (3, 40), "0002": (12, 9), "0003": (30, 25), "0004": (6, 60)}
"""Girls and boys of the four schools of the one district."""
PRIMARY = {("0001", "GENDER_F"), ("0002", "GENDER_M"), ("0004", "GENDER_F")}
SAFE = {(school, group) for school, _ in PRIMARY for group in ("GENDER_F", "GENDER_M")}
MOVED = SCHOOLS | {"0002": (12, 10), "0003": (30, 24)}
"""One boy moved from the third school to the second, which has ten now."""


def _rows(schools: dict[str, tuple[int, int]]) -> list[tuple]:
    totals = tuple(map(sum, zip(*schools.values(), strict=True)))
    places = [("state", "state", totals), ("district", "0010", totals), *(("school", *own) for own in schools.items())]
    rows = []
    for level, place, (girls, boys) in places:
        passed = (girls // 2, boys // 2)
        for group, count, part in (
            ("ALL", girls + boys, sum(passed)),
            ("GENDER_F", girls, passed[0]),
            ("GENDER_M", boys, passed[1]),
        ):
            rows.append((level, place, group, count, part))
    return rows


def _build(schools: dict[str, tuple[int, int]], hidden: set[tuple[str, str]]) -> duckdb.DuckDBPyConnection:
    """Make a warehouse of one measure in one year, published as counts with these rows hidden."""
    connection = duckdb.connect()
    for schema in ("marts", "publication", "reference"):
        connection.execute(f"create schema {schema}")
    connection.execute("create table rows (level text, entity_id text, student_group text, n bigint, part bigint)")
    connection.executemany("insert into rows values (?, ?, ?, ?, ?)", _rows(schools))
    connection.execute("create table hidden (entity_id text, student_group text)")
    connection.executemany("insert into hidden values (?, ?)", [*hidden, ("no school", "ALL")])
    years = "2020 as first_school_year, 2030 as last_school_year"
    for name, query in {
        "marts.fct_indicator_results": """
            select
                2025::smallint as school_year, level, entity_id, 'i' as indicator, 'p' as policy_id,
                'reporting' as population, student_group, 'all' as grade_span, 'MATH' as subject, 'm' as measure,
                n as student_count, part::decimal(18, 4) as numerator, n::decimal(18, 4) as denominator,
                (part / n)::decimal(18, 10) as value, 'ok' as value_status
            from rows
        """,
        "publication.pub_indicator_results": f"""
            select
                {", ".join(KEYS)}, case when is_shown then student_count end as student_count,
                case when is_shown then numerator end as numerator,
                case when is_shown then denominator end as denominator,
                case when is_shown then round(100 * value)::decimal(18, 4) end as value,
                case when is_shown then 'ok' else 'suppressed' end as value_status,
                null::decimal(18, 4) as low_bound, null::decimal(18, 4) as high_bound, 'counts' as mode
            from (
                select *, (entity_id, student_group) not in (select (entity_id, student_group) from hidden) as is_shown
                from marts.fct_indicator_results
            )
        """,
        "publication.pub_entities": """
            select level, entity_id, case when level = 'school' then '0010' end as district_id
            from rows where student_group = 'ALL'
        """,
        "publication.pub_student_groups": """
            select * from (values ('ALL', 'all'), ('GENDER_F', 'sex'), ('GENDER_M', 'sex'))
            as groups (student_group, group_kind)
        """,
        "marts.dim_measure": """
            select 'i' as indicator, 'm' as measure, 'rate' as statistic, 0 as decimals, false as is_by_unit
        """,
        "marts.dim_minimum_n": f"""
            select 'i' as indicator, 'p' as policy_id, 'publication' as purpose, 10 as minimum, {years}
        """,
        "marts.dim_disclosure": f"""
            select
                'i' as indicator, 'p' as policy_id, level, student_group, 'counts' as mode, 1 as count_base,
                1000 as whole_percents_to, 3 as numerator_floor, 3 as interval_width, {years}
            from (values ('state'), ('district'), ('school')) as levels (level)
            cross join (values ('ALL'), ('GENDER_F'), ('GENDER_M')) as groups (student_group)
        """,
        "reference.policy_minimum_n": "select 'publication' as purpose, 10 as minimum",
        "reference.policy_rounding": f"""
            select
                'p' as policy_id, 'percent' as unit, {years}, 0 as student_count_from, 999999 as student_count_to,
                0 as decimals
        """,
    }.items():
        connection.execute(f"create table {name} as {query}")
    return connection


def _publish(place: settings.Home, connection: duckdb.DuckDBPyConnection, version: str) -> None:
    """Make what a release leaves behind: its results, with wider school years, and its page of the ledger."""
    ledger.prepare(place, connection, attacks.read(connection)[1])
    folder = place.releases / version / "data"
    folder.mkdir(parents=True)
    rows = connection.execute("select * from publication.pub_indicator_results").pl()
    rows = rows.cast({"school_year": pl.Int64}).select(pl.lit(version).alias("release"), pl.all())
    rows.write_parquet(folder / "values.parquet")
    ledger.settle(place, version)


def _tried(
    place: settings.Home, connection: duckdb.DuckDBPyConnection, folder: Path | None = None
) -> list[dict[str, Any]]:
    return attacks.tried(place, connection, *attacks.read(connection), folder)


def _broken(place: settings.Home, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return {result["expectation"]: result["observed"] for result in _tried(place, connection) if not result["success"]}


@pytest.fixture
def home(place: settings.Home) -> settings.Home:
    return settings.enter(place)


def test_hiding_only_small_numbers_is_blocked_and_the_cells_are_named(home: settings.Home) -> None:
    broken = _broken(home, _build(SCHOOLS, PRIMARY))
    assert set(broken) == {"nothing_is_found_by_subtraction"}
    assert (
        "school 0001, i m, GENDER_F, MATH, all, reporting, 2025 (student_count)"
        in broken["nothing_is_found_by_subtraction"]
    )


def test_what_an_attack_finds_is_hidden_with_what_stands_beside_it_until_nothing_is_found(home: settings.Home) -> None:
    """The small rows are hidden already, so all that their schools show goes with them."""
    broken = _broken(home, _build(SCHOOLS, PRIMARY))
    assert broken["nothing_is_found_by_subtraction"].endswith("then publish again")
    must = ledger.constraints(home, _build(SCHOOLS, PRIMARY))
    assert set(must.select("must", "because").rows()) == {("hide", "narrowed")}
    named = set(must.select("entity_id", "student_group").rows())
    assert named == {(school, group) for school, _ in PRIMARY for group in ("ALL", "GENDER_F", "GENDER_M")} - PRIMARY
    assert _broken(home, _build(SCHOOLS, PRIMARY | named)) == {}


def test_what_a_release_hid_is_hidden_for_its_sake_though_an_attack_found_it_too(home: settings.Home) -> None:
    _broken(home, _build(SCHOOLS, PRIMARY))
    _publish(home, _build(SCHOOLS, SAFE), "1.0.0")
    must = ledger.constraints(home, _build(SCHOOLS, set())).filter(must="hide")
    of = {row[:2]: row[2:] for row in must.select("entity_id", "student_group", "because", "is_same").rows()}
    assert of["0002", "GENDER_F"] == ("hidden_before", True)
    assert of["0002", "ALL"] == ("narrowed", False)


@pytest.mark.parametrize(
    ("hidden", "withheld"),
    [
        (set(), {("0001", "GENDER_F")}),
        ({("0001", "GENDER_F")}, {("0001", "ALL"), ("0001", "GENDER_M")}),
        (
            {("0001", group) for group in ("ALL", "GENDER_F", "GENDER_M")},
            {(place, group) for place in ("state", "0010", *SCHOOLS) for group in ("ALL", "GENDER_F", "GENDER_M")},
        ),
    ],
)
def test_the_row_goes_first_then_its_place_then_its_table(hidden: set, withheld: set) -> None:
    candidate, sensitive = attacks.read(_build(SCHOOLS, hidden))
    found = sensitive.filter(entity_id="0001", student_group="GENDER_F")
    rows = attacks.to_withhold(candidate.results, found)
    assert set(rows.select("entity_id", "student_group").rows()) == withheld - hidden


def test_what_is_hidden_with_company_passes_every_attack(home: settings.Home) -> None:
    results = _tried(home, _build(SCHOOLS, SAFE))
    assert [result["expectation"] for result in results if not result["success"]] == []
    assert {result["severity"] for result in results} == {"error"}


def _proof(connection: duckdb.DuckDBPyConnection, folder: Path, schools: list[str]) -> None:
    """Claim that girls and boys of two schools can be exchanged, three at a time, in both quantities."""
    table = connection.execute(f"select distinct {', '.join(TABLE)} from marts.fct_indicator_results").pl()
    both = pl.DataFrame({"system": [0, 1], "quantity": ["students", "numerator"]})
    both.join(table, how="cross").write_parquet(folder / warehouse.SYSTEMS)
    cells = pl.DataFrame(
        [(school, group, sign * way) for school, sign in zip(schools, (1, -1), strict=True)
         for group, way in (("GENDER_F", 1), ("GENDER_M", -1))],
        schema=["entity_id", "student_group", "sign"], orient="row",
    ).select(pl.lit("school").alias("level"), pl.all())  # fmt: skip
    base = cells.drop("sign").with_columns(value=4).join(both, how="cross")
    base.write_parquet(folder / warehouse.WORLDS)
    changed = cells.select(pl.all().name.prefix("changed_")).with_columns(
        low_world=4 - pl.max_horizontal("changed_sign", 0), high_world=4 + 2 * pl.max_horizontal("changed_sign", 0)
    )
    changed = changed.with_columns(
        low_world=pl.when(pl.col("changed_sign") < 0).then(5).otherwise("low_world"),
        high_world=pl.when(pl.col("changed_sign") < 0).then(2).otherwise("high_world"),
    )
    cells.drop("sign").join(changed.drop("changed_sign"), how="cross").join(both, how="cross").write_parquet(
        folder / warehouse.CERTIFICATES
    )


def test_what_the_proof_claims_is_tried_first_and_proves_nothing_by_itself(
    home: settings.Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, attack = [], attacks.attack
    monkeypatch.setattr(attacks, "attack", lambda *a, **k: made.append(attack(*a, **k)) or made[-1])
    safe = _build(SCHOOLS, SAFE)
    for folder in (None, tmp_path):
        if folder:
            _proof(safe, folder, ["0001", "0002"])
        assert all(result["success"] for result in _tried(home, safe, folder))
    assert made[0].narrowed == made[1].narrowed == 6
    assert made[0].programs > made[1].programs
    # The second school shows its girls and boys: nothing can be exchanged with it.
    shown = _build(SCHOOLS, {cell for cell in SAFE if cell[0] != "0002"} | {("0002", "GENDER_M")})
    assert _verdicts(_tried(home, shown, tmp_path)) == _verdicts(_tried(home, shown))


def test_the_proof_is_not_read_where_no_program_is_tried(
    home: settings.Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "NARROWED", 5)
    (tmp_path / warehouse.CERTIFICATES).write_text("not a proof")
    results = {result["expectation"]: result for result in _tried(home, _build(SCHOOLS, SAFE), tmp_path)}
    assert results["every_hidden_number_has_room"]["outcome"] == "not_checked"


def _verdicts(results: list[dict]) -> list[tuple]:
    assert not all(result["success"] for result in results)
    return [(result["expectation"], result["observed"]) for result in results]


def test_a_number_that_is_not_hidden_is_blocked(home: settings.Home) -> None:
    assert "hidden_numbers_stand_nowhere" in _broken(home, _build(SCHOOLS, set()))


def test_every_sensitive_number_is_attacked_and_no_result_tells_one(home: settings.Home) -> None:
    """Three counts under ten, their three numerators, and no other rate has fewer than three on either side."""
    candidate, sensitive = attacks.read(_build(SCHOOLS, PRIMARY))
    assert sensitive.select("entity_id", "student_group", "quantity", "width").rows() == [
        ("0001", "GENDER_F", "numerator", 3),
        ("0001", "GENDER_F", "student_count", 3),
        ("0002", "GENDER_M", "numerator", 3),
        ("0002", "GENDER_M", "student_count", 3),
        ("0004", "GENDER_F", "numerator", 3),
        ("0004", "GENDER_F", "student_count", 3),
    ]
    found = attacks.worked_out(candidate, sensitive)
    assert found.columns == ["release", *KEYS, "quantity", "attack"]


def test_a_reader_who_takes_a_sum_for_exact_that_is_off_is_mistaken_and_works_out_nothing(home: settings.Home) -> None:
    """Nineteen girls belong to two schools and count once in the district: three schools seem to have two together."""
    connection = _build(SCHOOLS, SAFE | {(school, "ALL") for school, _ in PRIMARY})
    for table in ("marts.fct_indicator_results", "publication.pub_indicator_results"):
        for group, students, counted in (("GENDER_F", 32, 16), ("ALL", 166, 82)):
            connection.execute(
                f"update {table} set student_count = $1, denominator = $1, numerator = $2 "
                "where level <> 'school' and student_group = $3",
                [students, counted, group],
            )
    found = attacks.worked_out(*attacks.read(connection))
    assert set(found["entity_id"]) == {"0001", "0004"} and set(found["attack"]) == {"interval"}
    assert _broken(home, connection) == {}


def test_a_sensitive_number_without_two_worlds_its_width_apart_is_blocked(home: settings.Home, tmp_path: Path) -> None:
    """Each of the three small counts and their numerators needs its own certificate, three wide."""
    connection = _build(SCHOOLS, SAFE)
    table = connection.execute(f"select distinct {', '.join(TABLE)} from marts.fct_indicator_results").pl()
    systems = pl.DataFrame({"system": [0, 1], "quantity": ["students", "numerator"]}).join(table, how="cross")
    systems.write_parquet(tmp_path / warehouse.SYSTEMS)
    assert attacks.proven(attacks.read(connection)[1], tmp_path)["observed"].startswith("6: ")
    cells = pl.DataFrame(sorted(PRIMARY), schema=["entity_id", "student_group"], orient="row")
    worlds = cells.select(pl.lit("school").alias("level"), pl.all()).join(pl.DataFrame({"system": [0, 1]}), how="cross")
    worlds = worlds.with_columns(low_world=1, high_world=4).with_columns(
        pl.col("level", "entity_id", "student_group").name.prefix("changed_")
    )
    worlds.write_parquet(tmp_path / warehouse.CERTIFICATES)
    assert attacks.proven(attacks.read(connection)[1], tmp_path)["observed"] == "no breach in 6"
    narrow = (pl.col("entity_id") == "0002") & (pl.col("system") == 1)
    worlds.with_columns(high_world=pl.when(narrow).then(3).otherwise("high_world")).filter(
        (pl.col("entity_id") != "0004") | (pl.col("system") == 1)
    ).write_parquet(tmp_path / warehouse.CERTIFICATES)
    result = attacks.proven(attacks.read(connection)[1], tmp_path)
    assert (result["success"], result["severity"]) == (False, "error")
    assert result["observed"] == (
        "2: school 0002, i m, GENDER_M, MATH, all, reporting, 2025 (numerator); "
        "school 0004, i m, GENDER_F, MATH, all, reporting, 2025 (student_count)"
    )


def test_a_revision_that_is_safe_by_itself_gives_the_first_release_away(home: settings.Home) -> None:
    """The second school has no small group any more; what it shows now is what was hidden there."""
    naive = {(school, group) for school, group in SAFE if school != "0002"}
    assert _broken(home, _build(MOVED, naive)) == {}
    _publish(home, _build(SCHOOLS, SAFE), "1.0.0")
    broken = _broken(home, _build(MOVED, naive))
    assert "school 0002, i m, GENDER_F" in broken["hidden_stays_hidden"]
    assert "school 0003, i m, GENDER_M" in broken["no_change_tells_about_a_few"]
    assert "GENDER_M, MATH, all, reporting, 2025 (student_count, in release 1.0.0)" in "".join(broken.values())


def test_a_revision_made_within_the_constraints_of_the_ledger_is_safe(home: settings.Home) -> None:
    _publish(home, _build(SCHOOLS, SAFE), "1.0.0")
    must = ledger.constraints(home, _build(MOVED, set())).filter(pl.col("must") == "hide")
    hidden = set(must.select("entity_id", "student_group").rows())
    few_moved = {("0002", "ALL"), ("0003", "ALL"), ("0003", "GENDER_M")}
    assert hidden == SAFE - {("0002", "GENDER_M")} | few_moved
    assert _broken(home, _build(MOVED, hidden | {("0002", "GENDER_M")})) == {}


def test_what_was_shown_is_shown_again_while_its_numbers_are_the_same(home: settings.Home) -> None:
    _publish(home, _build(SCHOOLS, SAFE), "1.0.0")
    must = ledger.constraints(home, _build(SCHOOLS | {"0003": (45, 25)}, set()))
    of = {
        (place, group): (what, why)
        for place, group, what, why in must.select("entity_id", "student_group", "must", "because").rows()
    }
    assert of["0003", "GENDER_M"] == ("show", "shown_before")
    assert of["0001", "GENDER_M"] == ("hide", "hidden_before")
    assert ("0003", "GENDER_F") not in of


def test_a_release_that_the_ledger_names_and_that_is_gone_is_refused(home: settings.Home) -> None:
    _publish(home, _build(SCHOOLS, SAFE), "1.0.0")
    (home.releases / "1.0.0").rename(home.root / "elsewhere")
    with pytest.raises(settings.CannotRunError, match=r"names release 1\.0\.0"):
        _tried(home, _build(SCHOOLS, SAFE))


def test_a_release_that_is_not_in_the_ledger_is_refused(home: settings.Home) -> None:
    _publish(home, _build(SCHOOLS, SAFE), "1.0.0")
    (home.root / "private" / "suppression_ledger" / "1.0.0.parquet").unlink()
    with pytest.raises(settings.CannotRunError, match="is not in the suppression ledger"):
        ledger.entries(home)


def test_a_release_that_was_made_just_before_a_crash_is_entered_afterwards(home: settings.Home) -> None:
    connection = _build(SCHOOLS, SAFE)
    _publish(home, connection, "1.0.0")
    ledger.prepare(home, connection, attacks.read(connection)[1])
    folder = home.root / "private" / "suppression_ledger"
    (home.releases / "1.0.0").rename(home.releases / "1.0.1")
    (folder / "1.0.0.parquet").unlink()
    assert list(ledger.entries(home)) == ["1.0.1"]


def test_the_releases_of_a_simulated_state_are_remembered_in_their_order(home: settings.Home) -> None:
    connection = _build(SCHOOLS, SAFE)
    for version in ("1.10.0-simulated", "1.9.0-simulated"):
        _publish(home, connection, version)
    assert list(ledger.entries(home)) == ["1.9.0-simulated", "1.10.0-simulated"]


def test_the_ledger_holds_no_number_and_the_same_number_looks_different_in_every_row(home: settings.Home) -> None:
    _publish(home, _build(SCHOOLS, SAFE), "1.0.0")
    path = home.root / "private" / "suppression_ledger" / "1.0.0.parquet"
    entry = pl.read_parquet(path)
    assert entry.columns == [*KEYS, "is_hidden", "count_hash", "rate_hash", "count_is_sensitive", "rate_is_sensitive"]
    assert entry["count_hash"].n_unique() == entry.height
    assert path.stat().st_mode & 0o077 == 0
