"""What the districts of a simulated state submit, and what is said to be true of it."""

import filecmp
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from simulation import attendance, planting
from simulation.district_year import LEAVES_FIRST_DAY_BLANK, district_year
from simulation.places import RACE_SHARES, RACES
from simulation.planting import Truths
from simulation.roster import MONTH
from simulation.simulate import PLANS, FolderInUseError, district_parts, simulate
from simulation.state import plan
from submissions import checking


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A state of 5,000 students in 8 districts over two years, with every truth that finds a place."""
    made = tmp_path_factory.mktemp("simulated") / "state"
    simulate(made, students=5000, years=2, districts=8, seed=3, processes=1)
    return made


def collection(folder: Path, name: str) -> pl.DataFrame:
    """Read a collection of the last year, of all districts, with the district beside each row."""
    frames = [
        pl.read_csv(path, infer_schema=False).with_columns(district=pl.lit(path.parent.name))
        for path in sorted((folder / "2025").glob(f"*/{name}.csv"))
    ]
    return pl.concat(frames, how="diagonal")


def truth(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / "truth" / f"{name}.csv", infer_schema=False)


def planted(folder: Path) -> dict[str, dict]:
    return {one["truth"]: one for one in json.loads((folder / "truth" / "planted.json").read_text())}


def test_a_clean_state_has_nothing_that_must_be_fixed_in_any_district(folder):
    for district in sorted((folder / "2025").iterdir()):
        before = folder / "2024" / district.name
        told = checking.check(
            sorted(district.iterdir()),
            district_id=district.name,
            school_year=2025,
            last_year=sorted(before.iterdir()),
        )
        assert [one.rule for one in told.notices if one.severity == "must_fix"] == [], district.name


@pytest.mark.parametrize(
    ("key", "home"),
    [("student_id", "student"), ("school_id", "school"), ("section_id", "course_section")],
)
def test_every_number_that_a_record_names_stands_in_its_own_collection(folder, key, home):
    known = collection(folder, home).select("district", key)
    former = ("graduation_cohort", "postsecondary", "student_registry")
    named = {path.stem for path in (folder / "2025").glob("*/*.csv")} - {home, *(former if key == "student_id" else ())}
    for name in sorted(named):
        frame = collection(folder, name)
        if key in frame.columns:
            astray = frame.filter(pl.col(key).is_not_null()).join(known, on=["district", key], how="anti")
            assert astray.height == 0, f"{name} names {key} {astray[key][0]}"


def test_every_student_of_a_district_is_in_the_register_of_the_state(folder):
    register = pl.read_csv(folder / "2025" / "state" / "student_registry.csv", infer_schema=False)
    assert register["student_id"].is_unique().all()
    for name in ("student", "graduation_cohort"):
        assert collection(folder, name).join(register, on="student_id", how="anti").height == 0
    both = collection(folder, "student").join(register, on="student_id", suffix="_of_state")
    for column in ("last_name", "first_name", "birth_date", "sex"):
        assert (both[column] == both[f"{column}_of_state"]).all()


def test_a_student_who_changes_districts_is_in_no_two_on_one_day(folder):
    days = ("entry_date", "exit_date")
    spells = collection(folder, "enrollment").filter(pl.col("is_primary_school") == "Yes")
    spells = spells.with_columns(pl.col(days).str.to_date())
    spells = spells.with_columns(
        begins=pl.col("entry_date").fill_null(pl.date(2024, 7, 1)),
        ends=pl.col("exit_date").fill_null(pl.date(2025, 6, 30)),
    ).sort("student_id", "begins")
    follows = pl.col("student_id") == pl.col("student_id").shift(1)
    assert spells.filter(follows & (pl.col("begins") <= pl.col("ends").shift(1))).height == 0
    assert spells.group_by("student_id").agg(pl.col("district").n_unique()).filter(pl.col("district") > 1).height > 3


def test_what_is_true_of_attendance_can_be_counted_again_from_what_is_sent(folder):
    truths = planted(folder)
    bug = truths["vendor_sends_half_days_as_whole"]["districts"]
    month = truths["school_month_without_attendance"]["schools"]
    sent = collection(folder, "attendance").filter(~pl.col("district").is_in(bug), ~pl.col("school_id").is_in(month))
    counted = sent.group_by("school_id").agg(days=pl.col("fraction_absent").cast(pl.Float64).sum())
    true = truth(folder, "attendance").filter(pl.col("school_year") == "2025", pl.col("student_group") == "ALL")
    both = counted.join(true, on="school_id")
    assert both.height > 2
    assert (both["days"] == both["days_absent"].cast(pl.Float64)).all()


def test_a_district_is_not_the_sum_of_its_schools_where_students_move_between_them(folder):
    in_schools = truth(folder, "attendance").filter(pl.col("student_group") == "ALL")
    in_schools = in_schools.group_by("school_year", "district_id").agg(
        pl.col("students", "days_expected", "days_absent").cast(float).sum()
    )
    both = truth(folder, "attendance_in_districts").filter(pl.col("student_group") == "ALL")
    both = both.join(in_schools, on=["school_year", "district_id"], suffix="_in_schools")
    assert both.height == 16
    assert (both["days_expected"].cast(float) == both["days_expected_in_schools"]).all()
    assert (both["days_absent"].cast(float) == both["days_absent_in_schools"]).all()
    assert (both["students"].cast(float) <= both["students_in_schools"]).all()
    assert (both["students"].cast(float) < both["students_in_schools"]).any()


def test_a_month_that_was_not_sent_is_missing_in_the_records_and_not_in_the_truth(folder):
    one = planted(folder)["school_month_without_attendance"]
    (school,) = one["schools"]
    taught = collection(folder, "calendar").filter(pl.col("school_id") == school, pl.col("is_instructional") == "Yes")
    sent = collection(folder, "attendance").filter(pl.col("school_id") == school)
    by_month = (
        sent.join(taught, left_on="attendance_date", right_on="calendar_date").group_by("instructional_month").len()
    )
    months = set(by_month["instructional_month"].cast(int))
    assert set(range(1, 10)) - months == {one["facts"]["instructional_month"]}
    true = truth(folder, "attendance").filter(
        pl.col("school_year") == "2025", pl.col("school_id") == school, pl.col("student_group") == "ALL"
    )
    assert sent["fraction_absent"].cast(pl.Float64).sum() < float(true["days_absent"][0])


def test_half_days_are_whole_where_the_vendor_errs_and_nowhere_else(folder):
    bug = planted(folder)["vendor_sends_half_days_as_whole"]["districts"]
    halves = collection(folder, "attendance").filter(pl.col("fraction_absent") == "0.5")["district"].unique().to_list()
    assert halves
    assert not set(halves) & set(bug)
    true = truth(folder, "attendance").filter(pl.col("district_id").is_in(bug))
    assert true["days_absent"].str.ends_with(".5").any()


def test_students_at_a_threshold_miss_exactly_a_tenth_or_half_a_day_less(folder):
    exact = truth(folder, "students_exactly_at_thresholds")
    assert exact.height == planted(folder)["students_exactly_at_thresholds"]["facts"]["students"] >= 8
    sent = collection(folder, "attendance").group_by("student_id").agg(days=pl.col("fraction_absent").cast(float).sum())
    both = exact.join(sent, on="student_id")
    tenth = both["days_expected"].cast(float) / 10
    at, under = both["days"] == tenth, both["days"] == tenth - 0.5
    assert abs(at.sum() - under.sum()) <= 1
    assert (at | under).all()
    assert (at == (both["is_chronically_absent"] == "true")).all()


def test_the_calendar_of_next_year_comes_without_a_student(folder):
    one = planted(folder)["calendar_of_next_year_sent_early"]
    assert one["school_years"] == [2026]
    early = folder / "2026" / one["districts"][0]
    assert {path.stem for path in early.glob("*.csv")} == {"district", "school", "calendar"}
    assert [path.name for path in (folder / "2026").iterdir()] == one["districts"]


def test_a_truth_that_is_switched_off_is_not_planted(tmp_path):
    chosen = tmp_path / "truths.yaml"
    chosen.write_text("school_month_without_attendance: false\nstudents_exactly_at_thresholds: {students: 4}\n")
    made = simulate(
        tmp_path / "state", students=900, districts=3, settings=planting.settings(chosen), processes=1, seed=3
    )
    assert "school_month_without_attendance" not in made.truths
    assert made.truths["students_exactly_at_thresholds"].facts == {"students": 4}


@pytest.mark.parametrize("words", ["nonsense: true", "students_exactly_at_thresholds: {strength: 2}", "[1, 2]"])
def test_a_truth_that_is_not_known_is_refused(tmp_path, words):
    chosen = tmp_path / "truths.yaml"
    chosen.write_text(words)
    with pytest.raises(planting.UnknownTruthError):
        planting.settings(chosen)


def test_every_truth_that_can_be_planted_has_a_plan():
    assert set(planting.settings()) == set(PLANS)


def test_the_bytes_do_not_depend_on_the_number_of_processes(tmp_path):
    for processes in (1, 2):
        simulate(tmp_path / str(processes), students=600, years=2, districts=4, seed=5, processes=processes)
    paths = sorted(path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*") if path.is_file())
    assert paths == sorted(path.relative_to(tmp_path / "2") for path in (tmp_path / "2").rglob("*") if path.is_file())
    assert len(paths) > 100
    _, differ, unread = filecmp.cmpfiles(tmp_path / "1", tmp_path / "2", paths, shallow=False)
    assert (differ, unread) == ([], [])


def test_another_seed_makes_another_state(tmp_path):
    for seed in (1, 2):
        simulate(tmp_path / str(seed), students=200, districts=1, seed=seed, processes=1)
    one, other = (next((tmp_path / seed / "2025").glob("0*/student.csv")) for seed in "12")
    assert one.read_bytes() != other.read_bytes()


def test_nothing_is_written_into_a_folder_that_holds_something(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(FolderInUseError):
        simulate(tmp_path, students=200)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_everything_says_that_it_is_simulated(folder):
    assert "No person, school or district in this folder exists" in (folder / "README.md").read_text()
    for sent in (path for path in folder.glob("2*/*") if any(path.iterdir())):
        described = json.loads((sent / "datapackage.json").read_text())
        assert described["simulated"] is True, sent
        named = {one["path"] for one in described["resources"]}
        assert named == {path.name for path in sent.iterdir()} - {"datapackage.json"}, sent


# ---- how the state looks as a whole ----


@pytest.fixture(scope="module")
def years() -> list:
    state = plan(1, 30_000, (2025,), 20)
    return [district_year(state, 2025, district) for district in range(20)]


@pytest.fixture(scope="module")
def people(years) -> pl.DataFrame:
    return pl.concat(year.students.with_columns(district=pl.lit(year.district)) for year in years)


def test_groups_are_as_large_as_in_the_nation(people):
    shares = people["race"].value_counts(normalize=True)
    share = dict(shares.iter_rows())
    for race, expected in zip(RACES, RACE_SHARES, strict=True):
        assert share[race] == pytest.approx(expected, abs=0.025), race
    for status, low, high in (
        ("economic_disadvantage", 0.42, 0.58),
        ("english_learner", 0.07, 0.13),
        ("disability", 0.12, 0.18),
        ("gifted", 0.04, 0.09),
        ("homeless", 0.015, 0.035),
        ("foster", 0.002, 0.01),
    ):
        assert low < people[status].mean() < high, status


def test_statuses_go_together_as_they_do_among_people(people):
    poor = people.filter("economic_disadvantage")
    assert people.filter("homeless")["economic_disadvantage"].all()
    assert (
        poor["english_learner"].mean() > 1.5 * people.filter(~pl.col("economic_disadvantage"))["english_learner"].mean()
    )
    assert people.filter("recently_arrived_english_learner")["english_learner"].all()


def test_neighborhoods_are_segregated(people):
    """Theil's index of information between all schools of the state, seven groups; the nation's is about a quarter."""

    def entropy(shares: np.ndarray) -> np.ndarray:
        return -np.sum(shares * np.log(np.where(shares > 0, shares, 1)), axis=-1)

    counts = (
        people.group_by("district", "school", "race").len().pivot("race", index=["district", "school"], values="len")
    )
    table = counts.drop("district", "school").fill_null(0).to_numpy().astype(float)
    whole = entropy(table.sum(axis=0) / table.sum())
    within = np.average(entropy(table / table.sum(axis=1, keepdims=True)), weights=table.sum(axis=1))
    assert 0.10 < (whole - within) / whole < 0.35


def test_some_students_move_come_back_or_never_come(years):
    spells = pl.concat(year.enrollments.with_columns(district=pl.lit(year.district)) for year in years)
    primary = spells.filter("is_primary")
    students = primary.select("district", "student").n_unique()
    assert 0.06 < (primary["exit_type"].is_not_null() & (primary["exit_type"] != "01921")).sum() / students < 0.14
    assert 0.002 < primary["is_no_show"].mean() < 0.01
    assert 0.002 < (primary["entry_code"] == "R1").mean() < 0.012
    assert spells.filter(~pl.col("is_primary")).height > 0


def test_a_quarter_of_students_is_chronically_absent_unequally_among_schools_and_groups(years):
    parts = [
        part for year in years for name, part in attendance.collections(year, Truths()) if name == "truth/attendance"
    ]
    counts = pl.concat(parts).with_columns(
        rate=pl.col("chronically_absent_of_ten_days") / pl.col("students_of_ten_days")
    )
    by_group = counts.group_by("student_group").agg(
        rate=pl.col("chronically_absent_of_ten_days").sum() / pl.col("students_of_ten_days").sum()
    )
    rate = dict(by_group.iter_rows())
    assert 0.19 < rate["ALL"] < 0.28
    assert rate["SED"] > 1.25 * rate["ALL"]
    assert rate["AS"] < rate["WH"] < rate["HI"]
    schools = counts.filter(pl.col("student_group") == "ALL", pl.col("students") > 200)["rate"]
    assert schools.quantile(0.9) > 2 * schools.quantile(0.1)


def test_absences_are_five_to_ten_days_in_a_hundred_and_lie_within_enrollments(years):
    year = max((one for one in years if one.vendor != attendance.SENDS_SUMMARIES), key=lambda one: one.students.height)
    sent = pl.concat(part for name, part in attendance.collections(year, Truths()) if name == "attendance")
    assert sent.select("student_id", "school_id", "attendance_date").is_unique().all()
    assert 0.05 < sent.height / year.enrollments.filter("is_primary")["days"].sum() < 0.1
    spells = year.enrollments.select(
        student_id=year.student_ids.gather(year.enrollments["student"]),
        school_id=year.school_ids.gather(year.enrollments["school"]),
        first="first_day",
        last="last_day",
    )
    inside = sent.join(spells, on=["student_id", "school_id"]).filter(
        pl.col("attendance_date").is_between(pl.col("first"), pl.col("last"))
    )
    assert inside.height == sent.height


def test_first_days_are_blank_where_the_vendor_leaves_them_blank(years):
    for year in years:
        blank = year.enrollments["entry_date"].is_null()
        assert blank.any() == (year.vendor == LEAVES_FIRST_DAY_BLANK)


def test_months_of_instruction_have_twenty_days(years):
    calendar = next(part for name, part in district_parts(years[0], Truths()) if name == "calendar")
    taught = calendar.filter("is_instructional").group_by("school_id", "instructional_month").len()
    assert set(taught.filter(pl.col("instructional_month") < 9)["len"]) == {MONTH}
