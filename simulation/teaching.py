"""All that a district sends about learning, class by class and judgment by judgment, and what is really true of it."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation import competencies, planted_learning, voices
from simulation.assessments import assessments
from simulation.classes import Classes, classes
from simulation.competencies import SUBJECTS
from simulation.courses import (
    course_sections,
    grade_components,
    placement_decisions,
    section_enrollments,
    staff_assignments,
)
from simulation.district_year import DistrictYear
from simulation.grouping import instructional_groups, mobility
from simulation.groups import counts_by_school
from simulation.judgments import RATER_SPREAD, Block, Judgments, Style, blocks, style
from simulation.planting import Truths
from simulation.randomness import normals
from simulation.schooling import Schooling, schooling
from simulation.state import State
from simulation.support import need, support_services

PLANS = planted_learning.PLANS


def state_collections(state: State, school_year: int, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the framework, which the state submits every year."""
    yield "competency", competencies.competencies()
    yield "competency_edge", competencies.competency_edges()
    yield "truth/reliability", voices.reliabilities(school_year)


def collections(year: DistrictYear, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield everything about learning in the district, large collections in parts, and then the truth."""
    here = schooling(year, truths)
    if not len(here.stays):
        return
    formed = classes(here)
    for name, make in (
        ("course_section", course_sections),
        ("section_enrollment", section_enrollments),
        ("staff_assignment", staff_assignments),
        ("grade_component", grade_components),
        ("placement_decision", placement_decisions),
        ("assessment", assessments),
    ):
        for frame in make(here, formed):
            yield name, frame
    for frame in instructional_groups(here):
        yield "instructional_group", frame
    told = _Told(here)
    judged = style(here)
    for block in blocks(here, judged):
        yield from _judged(here, formed, judged, block, told)
    for frame in voices.habit_ratings(here):
        yield "habit_rating", frame
    yield from voices.surveys(here)
    yield from _true(here, formed, judged, told)


class _Told:
    """What is gathered about every stay while the records are made: subject by stay, but for what was found."""

    def __init__(self, here: Schooling) -> None:
        count = len(here.stays)
        self.months, self.minutes = np.zeros((2, len(SUBJECTS), count))
        self.lacking, self.found = np.zeros((2, count))


def _judged(
    here: Schooling, formed: Classes, judged: Style, block: Block, told: _Told
) -> Iterator[tuple[str, pl.DataFrame]]:
    judgments = Judgments(here, formed, judged, block)
    yield "evidence", judgments.evidence()
    for frame in judgments.determinations(_has_no_record(here, block)):
        yield "determination", frame
    yield "moderation_score", judgments.moderation_scores()
    told.lacking[block.rows], told.found[block.rows] = judgments.lacking, judgments.found
    for subject in range(len(SUBJECTS)):
        frame, minutes = support_services(here, block, subject)
        yield "support_service", frame
        told.minutes[subject, block.rows] = minutes
        told.months[subject, block.rows] = need(block, subject).months


def _has_no_record(here: Schooling, block: Block) -> np.ndarray:
    """Say whose record begins with this stay: all in the first year, then who is new to the framework or the state."""
    stays = block.stays
    is_new = here.year.school_year == here.truths.school_years[0]
    is_new |= stays.grade == competencies.FIRST_GRADE
    is_new |= here.year.students["last_place"].to_numpy()[stays.student] < 0
    return is_new & here.is_first_stay[block.rows]


def _true(here: Schooling, formed: Classes, judged: Style, told: _Told) -> Iterator[tuple[str, pl.DataFrame]]:
    year, stays = here.year, here.stays
    first = formed.first_stay
    seats = stays.of(first)
    student, school = pl.Series(seats.student), pl.Series(seats.school)
    end = [here.learners.of(seats.student).levels(subject, float(year.school_year)) for subject in range(len(SUBJECTS))]
    sums = {"students": np.ones(len(seats), dtype=bool)}
    for subject, name in enumerate(("reading", "mathematics")):
        sums[f"{name}_level_at_end"] = end[subject]
        sums[f"{name}_yearly_rate"] = here.learners.rate[subject][seats.student]
        sums[f"{name}_months_lacking"] = told.months[subject][first]
        sums[f"{name}_support_minutes"] = np.bincount(stays.seat, told.minutes[subject])
    sums |= {"competencies_lacking": told.lacking[first], "competencies_found_lacking": told.found[first]}
    yield "truth/learning", counts_by_school(year, student, school, sums)
    yield "truth/learner", _trajectories(here)
    yield "truth/rater", _raters(here, formed, judged)
    yield "truth/sorting", _sorting(here, formed)
    yield "truth/group_mobility", mobility(here)
    yield (
        "truth/placement",
        counts_by_school(
            year,
            pl.Series(seats.student[formed.placement.seat]),
            pl.Series(seats.school[formed.placement.seat]),
            {"decided": np.ones(len(formed.placement.seat), dtype=bool), "placed": formed.placement.is_placed},
        ),
    )
    yield "truth/support", _targeting(here, told)
    yield "truth/survey", voices.truth(here)


def _trajectories(here: Schooling) -> pl.DataFrame:
    learners = here.learners
    columns = {"school_year": pl.repeat(here.year.school_year, len(learners.numbers), eager=True)}
    columns["student_id"] = here.year.student_ids
    columns["begins"] = learners.start.astype(np.int16)
    for subject, name in enumerate(("reading", "mathematics")):
        columns[f"{name}_level"] = learners.level[subject].round(4)
        columns[f"{name}_yearly_rate"] = learners.rate[subject].round(4)
    return pl.DataFrame(columns)


def _raters(here: Schooling, formed: Classes, judged: Style) -> pl.DataFrame:
    """Give how lenient each teacher of the two subjects is, in points of the scale."""
    staff = np.concatenate([courses.staff for courses in formed.courses[: len(SUBJECTS)]])
    school = np.concatenate([courses.school for courses in formed.courses[: len(SUBJECTS)]])
    staff, at = np.unique(staff, return_index=True)
    lenient = RATER_SPREAD * normals(here.year.seed, "leniency", staff) + judged.leniency[school[at]]
    return pl.DataFrame(
        {
            "school_year": pl.repeat(here.year.school_year, len(staff), eager=True),
            "district_id": pl.repeat(here.year.district_id, len(staff), eager=True),
            "school_id": here.year.school_ids.gather(school[at]),
            "rater_id": staff,
            "leniency": lenient.round(4),
        }
    )


def _sorting(here: Schooling, formed: Classes) -> pl.DataFrame:
    tracked = here.planted_schools("school_perfectly_tracked")
    return pl.DataFrame(
        {
            "school_year": pl.repeat(here.year.school_year, len(tracked), eager=True),
            "district_id": pl.repeat(here.year.district_id, len(tracked), eager=True),
            "school_id": here.year.school_ids,
            "sorted_by": np.where(tracked, "group", np.where(formed.sorting > 0, "standing", "lot")),
            "strength": np.where(tracked, 1.0, formed.sorting).round(4),
        }
    )


def _targeting(here: Schooling, told: _Told) -> pl.DataFrame:
    """Give for each school and subject how minutes are spread over what students lack: the concentration index."""
    parts = []
    school = here.stays.school
    bounds = np.searchsorted(school, np.arange(len(here.school_numbers) + 1))
    taught = (here.stays.grade >= competencies.FIRST_GRADE) & (here.stays.grade <= competencies.LAST_GRADE)
    for row, school_id in enumerate(here.year.school_ids):
        of_school = np.flatnonzero(taught[bounds[row] : bounds[row + 1]]) + bounds[row]
        for subject, name in enumerate(SUBJECTS):
            minutes, months = told.minutes[subject][of_school], told.months[subject][of_school]
            if minutes.any():
                parts.append((school_id, name, len(of_school), minutes.sum(), concentration(minutes, months)))
    return pl.DataFrame(
        parts, schema=["school_id", "subject", "stays", "minutes", "concentration_index"], orient="row"
    ).select(
        pl.lit(here.year.school_year).alias("school_year"),
        pl.lit(here.year.district_id).alias("district_id"),
        pl.all(),
    )


def concentration(minutes: np.ndarray, need: np.ndarray) -> float:
    """Give the concentration index of minutes over need, the most needy first: below 0 where they receive the most.

    Those with the same need share their mean rank.
    """
    _, place, count = np.unique(-need, return_inverse=True, return_counts=True)
    rank = ((np.cumsum(count) - (count - 1) / 2)[place] - 0.5) / len(need)
    return float(2 * np.mean((minutes - minutes.mean()) * (rank - rank.mean())) / minutes.mean())
