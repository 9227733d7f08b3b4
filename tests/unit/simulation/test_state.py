"""The plan of a state: places, and the ways of students through them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.calendars import calendars
from simulation.places import KG, PLACES, TWELVE, places
from simulation.randomness import draws, normals, uniforms
from simulation.state import EXITS, State, hidden_numbers, plan

small_states = st.builds(
    plan,
    seed=st.integers(0, 2**32),
    students=st.integers(100, 900),
    school_years=st.sampled_from([(2025,), (2024, 2025), (2030, 2031, 2032)]),
    districts=st.integers(1, 5),
)


def test_a_stream_of_random_numbers_depends_on_its_key_alone():
    assert draws(1, "absences", 2025, 3).random() == draws(1, "absences", 2025, 3).random()
    others = {draws(*key).random() for key in ((1, "a", 1), (1, "a", 2), (1, "b", 1), (2, "a", 1))}
    assert len(others) == 4


def test_what_belongs_to_a_student_does_not_depend_on_who_else_is_asked_about():
    alone = normals(7, "ability", np.array([41]))
    assert normals(7, "ability", np.arange(100))[41] == alone[0]


def test_values_of_many_students_are_spread_as_they_should_be():
    values = normals(3, "ability", np.arange(200_000))
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.01
    assert abs(np.corrcoef(values, normals(3, "conduct", np.arange(200_000)))[0, 1]) < 0.01
    chance = uniforms(3, "sex", np.arange(1000))
    assert ((chance > 0) & (chance < 1)).all()


def test_no_student_number_is_given_twice():
    numbers = hidden_numbers(5, np.arange(300_000))
    assert len(np.unique(numbers)) == 300_000
    assert numbers.min() >= 0
    assert numbers.max() < 10**10


@pytest.mark.parametrize(("students", "districts"), [(24_000, 12), (900, 1), (400, 4)])
def test_every_neighborhood_has_a_school_for_each_grade(students, districts):
    frame, schools, paths = places(1, students, districts)
    assert frame.height == districts
    for place in range(KG, TWELVE + 1):
        of = schools[paths.school[:, place]]
        assert ((of["lowest_place"] <= place) & (of["highest_place"] >= place)).all(), PLACES[place]
    assert set(np.unique(paths.school)) - {-1} == set(range(schools.height)), "a school that no one can go to"


def test_the_demonstration_has_twelve_districts_of_very_different_size_and_sixty_schools():
    districts, schools, _ = places(1, 24_000, 12)
    assert schools.height == 60
    assert districts["schools"].max() > 10 * districts["schools"].min()
    assert (districts["schools"] == 1).sum() >= 3


@pytest.mark.parametrize("school_year", [2000, 2024, 2025, 2032])
def test_calendars_differ_and_lie_in_the_school_year(school_year):
    schools = pl.DataFrame({"district": list(range(60)), "is_charter": [False] * 60})
    made = calendars(1, school_year, pl.DataFrame({"number": range(60)}), schools)
    assert made.days.min() >= 31
    assert made.days.max() <= 364
    assert np.abs(made.count - 180).max() <= 5
    assert len({tuple(days) for days in made.days}) == 60
    weekdays = np.datetime64(f"{school_year - 1}-07-01") + made.days.astype(int)
    assert np.is_busday(weekdays).all()


@settings(max_examples=15, deadline=None)
@given(small_states)
def test_students_are_in_one_place_at_a_time(state: State):
    for year in state.school_years:
        roll = state.rolls[year]
        assert len(np.unique(roll.number)) == len(roll.number)
        second = roll.second_school >= 0
        assert (roll.first <= roll.last).all()
        assert (roll.last[second] < roll.second_first[second]).all()
        assert (roll.second_first[second] <= roll.second_last[second]).all()
        assert (roll.exit[second] > 0).all(), "a second spell without an end of the first"


@settings(max_examples=15, deadline=None)
@given(small_states)
def test_spells_begin_and_end_on_days_of_school_in_schools_that_have_the_grade(state: State):
    lowest, highest = state.schools["lowest_place"].to_numpy(), state.schools["highest_place"].to_numpy()
    for year in state.school_years:
        roll, of_year = state.rolls[year], state.calendars[year]
        spells = ((roll.school, roll.first, roll.last), (roll.second_school, roll.second_first, roll.second_last))
        for school, first, last in spells:
            is_spell = school >= 0
            school, first, last = school[is_spell], first[is_spell], last[is_spell]
            calendar = of_year.of_school[school]
            for day in (first, last):
                assert (of_year.position[calendar, day + 1] - of_year.position[calendar, day] == 1).all()
            place = roll.place[is_spell]
            assert ((lowest[school] <= place) & (place <= highest[school])).all()


@settings(max_examples=10, deadline=None)
@given(small_states)
def test_from_year_to_year_students_stay_or_go_up_one_grade(state: State):
    for before, after in zip(state.school_years, state.school_years[1:], strict=False):
        earlier, later = state.rolls[before], state.rolls[after]
        _, one, other = np.intersect1d(earlier.number, later.number, return_indices=True)
        step = later.place[other].astype(int) - earlier.place[one]
        came_back = earlier.exit[one] == EXITS.index("01927")
        assert np.isin(step[~came_back], (0, 1)).all()
        assert (later.last_place[other][~came_back] == earlier.place[one][~came_back]).all()
        graduates = earlier.number[(earlier.exit == EXITS.index("01921")) & (earlier.second_school < 0)]
        assert not np.isin(graduates, later.number).any()


@settings(max_examples=10, deadline=None)
@given(small_states)
def test_a_cohort_holds_each_student_once_with_a_school_and_how_school_ended(state: State):
    for year in state.school_years:
        cohort = state.cohorts[year]
        assert len(np.unique(cohort.number)) == len(cohort.number)
        assert (cohort.school >= 0).all()
        assert np.isin(cohort.cohort_year, (year, year - 1, year - 2)).all()
        assert (cohort.cohort_year == state.students.first_nine[cohort.number] + 3).all()
        assert (cohort.exit_year[cohort.exit > 0] <= year).all()
        still_here = cohort.exit == 0
        assert np.isin(cohort.number[still_here], state.rolls[year].number).all()


def test_the_fall_has_the_students_that_were_asked_for_in_every_year():
    state = plan(2, 3000, (2023, 2024, 2025), 4)
    for year in state.school_years:
        assert (~state.rolls[year].arrives).sum() == 3000


def test_a_plan_that_was_saved_is_the_plan(tmp_path):
    state = plan(3, 500, (2024, 2025), 3)
    state.save(tmp_path)
    again = State.load(tmp_path, 3, (2024, 2025))
    assert again.schools.equals(state.schools)
    for district in range(3):
        assert (again.rows_of(2025, district) == state.rows_of(2025, district)).all()
    assert (again.rolls[2024].second_first == state.rolls[2024].second_first).all()
    assert (again.calendars[2026].days == state.calendars[2026].days).all()
