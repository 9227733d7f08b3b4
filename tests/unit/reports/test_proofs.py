"""The proof that hidden numbers stay open: it holds for two worlds that nobody can tell apart, and for no others."""

from pathlib import Path

import polars as pl
import pytest

from reports.proofs import CELL, TABLE, certified, check_certificates

SCHOOLS = {"0001": (3, 40), "0002": (12, 9), "0003": (30, 25), "0004": (6, 60)}
HIDDEN = ("0001", "0002", "0004")
BASE = {"0001": (7, 36), "0002": (7, 14), "0004": (7, 59)}
"""Another way to fill the hidden numbers of girls and boys: 21 girls and 109 boys in the three schools together."""
OF = dict(zip(TABLE, (2025, "p", "i", "reporting", "all", "MATH", "m"), strict=True))
GROUPS = ("ALL", "GENDER_F", "GENDER_M")


def _rows() -> list[dict]:
    totals = tuple(map(sum, zip(*SCHOOLS.values(), strict=True)))
    places = [("state", "state", totals), ("district", "0010", totals), *(("school", *own) for own in SCHOOLS.items())]
    return [
        OF | {"level": level, "entity_id": place, "student_group": group, "student_count": count}
        for level, place, (girls, boys) in places
        for group, count in zip(GROUPS, (girls + boys, girls, boys), strict=True)
    ]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release of one measure as counts of students, with certificates that move three students round two schools."""
    (tmp_path / "data").mkdir()
    (tmp_path / "certificates").mkdir()
    is_hidden = pl.col("entity_id").is_in(HIDDEN) & (pl.col("student_group") != "ALL")
    count = pl.when(~is_hidden).then("student_count")
    nothing = (
        pl.lit(None, pl.Decimal(18, 4)).alias(name) for name in ("numerator", "value", "low_bound", "high_bound")
    )
    values = pl.DataFrame(_rows()).select(
        *TABLE, *CELL, count.alias("student_count"), *nothing,
        value_status=pl.when(is_hidden).then(pl.lit("suppressed")).otherwise(pl.lit("ok")), mode=pl.lit("counts"),
    )  # fmt: skip
    values.write_parquet(tmp_path / "data" / "values.parquet")
    values.write_csv(tmp_path / "data" / "values.csv")
    places = values.select("level", "entity_id").unique(maintain_order=True)
    district = pl.when(pl.col("level") == "school").then(pl.lit("0010")).alias("district_id")
    places.with_columns(district).write_csv(tmp_path / "data" / "entities.csv")
    groups = pl.DataFrame({"student_group": GROUPS, "group_kind": ("all", "sex", "sex")})
    groups.write_csv(tmp_path / "data" / "student_groups.csv")
    rules = [
        ("i", "p", level, group, 2020, 2030, 1, 10) for level in ("state", "district", "school") for group in GROUPS
    ]
    names = [
        "indicator",
        "policy_id",
        "level",
        "student_group",
        "first_school_year",
        "last_school_year",
        "count_base",
        "minimum",
    ]
    proof = {
        "rules": pl.DataFrame(rules, schema=names, orient="row"),
        "systems": pl.DataFrame([{"system": 0, "quantity": "students", "counts_all": False} | OF]),
        "worlds": pl.DataFrame(
            [
                {"system": 0, "quantity": "students"} | _cell(school, group) | {"value": number}
                for school, numbers in BASE.items()
                for group, number in zip(GROUPS[1:], numbers, strict=True)
            ]
        ),
        "certificates": pl.DataFrame(
            [
                line
                for at, school in enumerate(HIDDEN)
                for group in (1, 2)
                for line in _certificate(school, HIDDEN[at - 1], group)
            ]
        ),
    }
    for name, table in proof.items():
        table.write_parquet(tmp_path / "certificates" / f"{name}.parquet")
    return tmp_path


def _cell(school: str, group: str) -> dict:
    return {"level": "school", "entity_id": school, "student_group": group}


def _certificate(school: str, other: str, group: int) -> list[dict]:
    lines = []
    for place, way in ((school, 1), (other, -1)):
        for at in (1, 2):
            move = 3 * way * (1 if at == group else -1)
            changed = {f"changed_{name}": value for name, value in _cell(place, GROUPS[at]).items()}
            worlds = {"low_world": BASE[place][at - 1] - move, "high_world": BASE[place][at - 1] + move}
            lines.append({"system": 0, "quantity": "students"} | _cell(school, GROUPS[group]) | changed | worlds)
    return lines


def _changed(release: Path, name: str, change: pl.Expr) -> None:
    path = release / "certificates" / f"{name}.parquet"
    pl.read_parquet(path).with_columns(change).write_parquet(path)


def test_two_worlds_that_agree_with_all_that_is_published_prove_every_hidden_number_open(release: Path) -> None:
    assert check_certificates(release) == []
    assert certified(release) == (6, 6)


def test_a_proof_that_is_not_there_is_missed(release: Path) -> None:
    (release / "certificates" / "worlds.parquet").unlink()
    assert check_certificates(release) == ["The proofs that hidden numbers stay open are not there."]


def test_a_hidden_number_without_a_certificate_is_counted(release: Path) -> None:
    path = release / "certificates" / "certificates.parquet"
    pl.read_parquet(path).filter(pl.col("entity_id") != "0001").write_parquet(path)
    assert certified(release) == (6, 4)


def test_a_number_that_another_table_of_its_system_shows_is_not_hidden(release: Path) -> None:
    values = pl.read_parquet(release / "data" / "values.parquet")
    shown = (pl.col("entity_id") == "0001") & (pl.col("student_group") == "GENDER_F")
    other = values.filter(shown).with_columns(measure=pl.lit("other"), student_count=pl.lit(3, pl.Int64))
    values = pl.concat([values, other])
    values.write_parquet(release / "data" / "values.parquet")
    values.write_csv(release / "data" / "values.csv")
    systems = pl.read_parquet(release / "certificates" / "systems.parquet")
    pl.concat([systems, systems.with_columns(measure=pl.lit("other"))]).write_parquet(
        release / "certificates" / "systems.parquet"
    )
    assert certified(release) == (5, 5)


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("certificates", pl.col("high_world") + pl.int_range(pl.len()) // 23, "1 certificates change a sum."),
        ("certificates", pl.col("low_world") - 5, "certificates leave what is published."),
        ("certificates", pl.col("low_world").alias("high_world"), "6 certificates leave their number no room."),
        ("worlds", pl.col("value") - 8, "3 numbers of the base world are not what is published of them."),
        ("worlds", pl.lit("ALL").alias("student_group"), "numbers of the base world are published exactly."),
        ("worlds", pl.lit("9999").alias("entity_id"), "numbers of the base world are of no published row."),
        ("certificates", pl.lit("0003").alias("changed_entity_id"), "change a number that is published exactly."),
    ],
)
def test_a_proof_that_was_bent_does_not_hold(release: Path, name: str, change: pl.Expr, fault: str) -> None:
    _changed(release, name, change)
    assert any(told.endswith(fault) for told in check_certificates(release)), check_certificates(release)


def test_a_group_is_never_larger_than_its_place(release: Path) -> None:
    """Forty-four girls of 43 students: the boys of another school make up for them, and no sum but theirs is broken."""
    _changed(
        release, "certificates", pl.when(pl.col("high_world") > 60).then(80).otherwise("high_world").alias("high_world")
    )
    assert any("more than its place" in told for told in check_certificates(release))


def test_a_number_shown_again_leaves_the_proof_without_a_base(release: Path) -> None:
    values = pl.read_parquet(release / "data" / "values.parquet")
    shown = (pl.col("entity_id") == "0002") & (pl.col("student_group") == "GENDER_F")
    values.with_columns(student_count=pl.when(shown).then(12).otherwise("student_count")).write_parquet(
        release / "data" / "values.parquet"
    )
    faults = check_certificates(release)
    assert "1 numbers of the base world are published exactly." in faults
    assert len(faults) > 1


@pytest.mark.parametrize(("counts_all", "faults"), [(False, 0), (True, 1)])
def test_a_share_of_all_that_stand_behind_a_row_is_of_no_fewer_than_are_shown(
    release: Path, counts_all: bool, faults: int
) -> None:
    """Half of 35 students are 18 at least; of the ten that some other measure may have asked, five."""
    cell = _cell("0003", "GENDER_F")
    values = pl.read_parquet(release / "data" / "values.parquet")
    shown = pl.all_horizontal(pl.col(name) == value for name, value in cell.items())
    half = values.filter(shown).with_columns(
        measure=pl.lit("half"),
        mode=pl.lit("ranges"),
        student_count=pl.lit(35, pl.Int64),
        value=pl.lit(50).cast(pl.Decimal(18, 4)),
    )
    values = pl.concat([values, half])
    values.write_parquet(release / "data" / "values.parquet")
    values.with_columns(pl.col("value").cast(pl.Int64)).write_csv(release / "data" / "values.csv")
    added = {
        "systems": OF | {"system": 1, "quantity": "numerator", "measure": "half", "counts_all": counts_all},
        "worlds": {"system": 1, "quantity": "numerator"} | cell | {"value": 6},
    }
    for name, row in added.items():
        path = release / "certificates" / f"{name}.parquet"
        before = pl.read_parquet(path)
        pl.concat([before, pl.DataFrame([row]).select(before.columns).cast(before.schema)]).write_parquet(path)
    told = [fault for fault in check_certificates(release) if "not what is published" in fault]
    assert len(told) == faults
