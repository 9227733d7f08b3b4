"""The growth step as a run takes it: tables read from the build, norms kept in the home, files written with checksums.

Percentiles that are corrected for error of measurement are judged by their distributions, since they draw random
numbers: growth must no longer favor who truly started high.
"""

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest

from orchestration import settings, warehouse
from orchestration.defs import growth
from orchestration.growth_tables import SCHEMAS, STORED

STUDENTS, ERROR = 1_500, 40.0
POLICY = {
    "policy_id": "p",
    "level": "state",
    "first_school_year": 2020,
    "last_school_year": 2030,
    "maximum_prior_scores": 2,
    "minimum_cohort_students": 1000,
    "holds_limits": False,
    "projected_years": 3,
    "baseline_years": 1,
    "error_correction": "none",
    "correction_copies": 6,
    "cut_score_source": "table",
}
CUT_SCORES = pl.DataFrame(
    {"school_year": [2025] * 2, "subject": "MATH", "grade_number": [4, 5], "performance_level": 3, "cut_score": 520.0}
)


@pytest.fixture(autouse=True)
def same_run(monkeypatch):
    """Let the asset find the build that the test began: a repeat of a run continues the build of its parent."""
    resume = warehouse.resume
    monkeypatch.setattr(warehouse, "resume", lambda place, *_: resume(place, "aaaaaaaa"))


def records() -> tuple[np.ndarray, pl.DataFrame]:
    """Two grades of students whose growth has nothing to do with where they truly started, and that start."""
    random = np.random.default_rng(11)
    start = random.normal(500, 80, 2 * STUDENTS)
    frames = []
    for year in (2024, 2025):
        true = start + 20 * (year - 2024) + (year - 2024) * random.normal(0, 40, start.size)
        grade = np.repeat([3, 4], STUDENTS) + year - 2024
        columns = {
            "school_year": np.full(start.size, year, dtype=np.int16),
            "subject": np.full(start.size, "MATH"),
            "student_id": [f"s{number:04}" for number in range(start.size)],
            "grade": [f"{one:02}" for one in grade],
            "grade_number": grade,
            "scale_score": np.round(true + random.normal(0, ERROR, start.size)),
            "scale_score_standard_error": np.full(start.size, ERROR),
        }
        frames.append(pl.DataFrame(columns))
    return start, pl.concat(frames)


def computed(place, rows, **policy):
    """Run the asset on a build that holds these records; return the outcome and the folder of the build."""
    settings.enter(place)
    folder = warehouse.begin(place, "aaaaaaaa-0000-4000-8000-000000000000")
    tables = {
        "intermediate.int_growth_records": rows,
        "intermediate.int_growth_cut_scores": CUT_SCORES,
        "reference.policy_growth_percentile": pl.DataFrame([POLICY | policy]),
    }
    with duckdb.connect(str(folder / warehouse.FILE)) as connection:
        connection.execute("create schema intermediate; create schema reference")
        for name, table in tables.items():
            connection.register("given", table)
            connection.execute(f"create table {name} as from given")
    return dg.materialize([growth.percentiles], raise_on_error=False), folder


def test_every_table_is_a_file_with_its_columns_and_its_checksum_is_told(place):
    outcome, folder = computed(place, records()[1])
    assert outcome.success
    told = {
        event.asset_key.path[1]: event.materialization.metadata for event in outcome.get_asset_materialization_events()
    }
    assert set(told) == set(growth.DESCRIPTIONS)
    for name, metadata in told.items():
        table = pl.read_parquet(folder / f"growth_{name}.parquet")
        assert table.schema == pl.Schema(SCHEMAS[name])
        assert (metadata["rows"].value, len(metadata["sha256"].value)) == (table.height, 64)
    assert told["percentile"]["rows"].value == 2 * STUDENTS
    assert told["cohort"]["refused"].value == []
    assert pl.read_parquet(folder / "growth_projection.parquet").filter(projection="lagged").height > 0


def test_norms_are_kept_in_the_home_and_used_again(place):
    rows = records()[1]
    computed(place, rows)
    kept = {name: pl.read_parquet(place.growth / f"{name}s.parquet") for name in STORED}
    assert kept["baseline"].select("first_cohort_year", "last_cohort_year").unique().rows() == [(2025, 2025)]
    next_year = rows.filter(school_year=2025).with_columns(
        pl.col("school_year") + 1,
        pl.col("grade_number") + 1,
        pl.format("0{}", pl.col("grade_number") + 1).alias("grade"),
        pl.col("scale_score") + 40,
    )
    _, folder = computed(place, pl.concat([rows, next_year]))
    again = {name: pl.read_parquet(place.growth / f"{name}s.parquet") for name in STORED}
    assert again["baseline"].equals(kept["baseline"])
    assert again["scale"].filter(pl.col("grade_number") < 6).equals(kept["scale"])
    found = pl.read_parquet(folder / "growth_baseline_percentile.parquet")
    assert found.select("school_year", "grade").unique().rows() == [(2026, "05")]
    assert found["growth_percentile"].median() > 60


def test_corrected_percentiles_no_longer_favor_students_who_truly_started_high(place):
    start, rows = records()
    outcome, folder = computed(place, rows, error_correction="simex")
    assert outcome.success
    found = pl.read_parquet(folder / "growth_percentile.parquet").sort("student_id")
    before, after = (np.corrcoef(start, found[name])[0, 1] for name in ("uncorrected_percentile", "growth_percentile"))
    assert before > 0.15
    assert abs(after) < 0.5 * before
    high = pl.Series(start > np.quantile(start, 0.75))
    gap = [
        found.filter(high)[name].median() - found.filter(~high)[name].median()
        for name in ("uncorrected_percentile", "growth_percentile")
    ]
    assert gap[0] > 8
    assert abs(gap[1]) < 0.6 * gap[0]  # a straight extrapolation leaves a part


def test_ranked_corrected_percentiles_are_as_many_of_each_and_the_uncorrected_ones_stay(place):
    rows = records()[1]
    plain = pl.read_parquet(computed(place, rows)[1] / "growth_percentile.parquet")
    ranked = pl.read_parquet(computed(place, rows, error_correction="simex_ranked")[1] / "growth_percentile.parquet")
    assert ranked["uncorrected_percentile"].equals(plain["growth_percentile"].alias("uncorrected_percentile"))
    for (_,), of_grade in ranked.group_by("grade"):
        tenths = np.histogram(of_grade["growth_percentile"], bins=[1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])[0]
        assert np.all(np.abs(tenths[1:-1] / STUDENTS - 0.1) < 0.02)


def test_without_standard_errors_a_correction_refuses_each_cohort_by_name(place):
    rows = records()[1].with_columns(pl.lit(None, pl.Float64).alias("scale_score_standard_error"))
    outcome, folder = computed(place, rows, error_correction="simex")
    assert outcome.success
    cohorts = pl.read_parquet(folder / "growth_cohort.parquet").filter(step="percentile")
    assert cohorts.select("cohort", "is_computed").rows() == [
        ("MATH 2025 grade 4 after grade 3", False),
        ("MATH 2025 grade 5 after grade 4", False),
    ]
    assert cohorts["reason"].str.contains("every prior score needs a standard error").all()
