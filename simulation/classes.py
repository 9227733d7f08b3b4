"""Who is taught with whom: sections with levels and teachers, placement in accelerated courses, and the grades given.

A school sorts its students into sections by how they stand, more or less strongly (`sorting`, 0 to 1). Groups within a
class stand in `groups`.
"""

from dataclasses import dataclass

import numpy as np

from simulation.learning import STANDARD_ERROR, SUBJECTS, scale_scores
from simulation.randomness import normals
from simulation.schooling import ELEMENTARY_GRADES, HIGH_GRADE, SECONDARY_GRADE, Schooling
from simulation.stays import Stays

CLASS_SIZES = (22, 26)
"""Students in a section of elementary and of later grades."""
SECTIONS_OF_A_TEACHER = 4
STAFF_OF_A_SCHOOL, SECTIONS_OF_A_SCHOOL = 1_000, 10_000

LEVELS = ("basic", "general", "enriched", "honors", "advanced_placement", "dual_credit")
BASIC, GENERAL, ENRICHED, HONORS, ADVANCED, DUAL = range(6)
READING, MATHEMATICS, ELECTIVE, AP_COURSE, DUAL_COURSE, CAREER, INTERNSHIP, GIFTED = range(8)

CHANCES = (0.03, 0.18, 0.72, 0.93)
"""Of being placed in accelerated mathematics: more than `MARGIN` below the cut, below it, above, and more above."""
MARGIN = 30


@dataclass(frozen=True)
class Placement:
    """Decisions about accelerated mathematics: the seats with one, score, cut, and whether they were placed."""

    seat: np.ndarray
    score: np.ndarray
    cut: np.ndarray
    is_placed: np.ndarray


@dataclass(frozen=True)
class Courses:
    """The sections of some courses. `section` gives each seat its section (-1: none); the rest is by section."""

    kind: np.ndarray
    section: np.ndarray
    school: np.ndarray
    number: np.ndarray
    grade: np.ndarray
    level: np.ndarray
    staff: np.ndarray
    staff_sections: np.ndarray


@dataclass(frozen=True)
class Classes:
    """The classes of a district: for each subject, then for other courses, the sections and who is in them.

    A seat is a student in a school; `first_stay` is its first stay there, `sorting` how strongly each school sorts.
    """

    schooling: Schooling
    first_stay: np.ndarray
    sorting: np.ndarray
    placement: Placement
    courses: tuple[Courses, ...]

    def sections(self, subject: int) -> np.ndarray:
        """Give each stay its section of a subject, as a row of the subject's courses."""
        return self.courses[subject].section[self.schooling.stays.seat]

    def staff(self, subject: int) -> np.ndarray:
        """Give each stay the number of its teacher of a subject."""
        return self.courses[subject].staff[self.sections(subject)]

    def teacher_effects(self, subject: int) -> np.ndarray:
        """Give each stay the effect of its teacher of a subject, in standard deviations of teachers."""
        return normals(self.schooling.year.seed, f"teacher {SUBJECTS[subject]}", self.staff(subject))


def split(group: np.ndarray, order: np.ndarray, size: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """Divide the students of each group into sections of about a size, in an order.

    Gives each student the number of the section, counted through all groups in their order, and how high the section
    stands in its group, between 0 and 1.
    """
    ranked = np.lexsort((order, group))
    begins = np.flatnonzero(np.diff(group[ranked], prepend=group[ranked[:1]] - 1))
    counts = np.diff(np.r_[begins, len(group)])
    sections = np.maximum(1, np.rint(counts / (size if np.isscalar(size) else size[ranked[begins]]))).astype(np.int64)
    within = np.arange(len(group)) - np.repeat(begins, counts)
    place = within * np.repeat(sections, counts) // np.repeat(counts, counts)
    number, height = np.empty(len(group), dtype=np.int64), np.empty(len(group))
    number[ranked] = place + np.repeat(np.cumsum(sections) - sections, counts)
    height[ranked] = (place + 0.5) / np.repeat(sections, counts)
    return number, height


def placement_odds(score: np.ndarray, cut: np.ndarray, odds_ratio: np.ndarray | float) -> np.ndarray:
    """Give the odds of being placed at a score, where the odds of some are multiplied by a ratio.

    Within a step of scores all have the same odds but for the ratio, so that it is the ratio at equal attainment.
    """
    step = np.digitize(score - cut, (-MARGIN, 0, MARGIN))
    chance = np.array(CHANCES)[step]
    return chance / (1 - chance) * odds_ratio


def classes(schooling: Schooling) -> Classes:
    """Form the classes of a district for the year."""
    stays = schooling.stays
    first_stay = np.flatnonzero(np.diff(stays.seat, prepend=-1))
    seats = stays.of(first_stay)
    sorting = _sorting(schooling)
    placement = _placement(schooling, first_stay)
    is_placed = np.zeros(len(seats), dtype=bool)
    is_placed[placement.seat] = placement.is_placed
    at_random = schooling.planted_schools("school_assigned_at_random")[seats.school]
    by_group = schooling.planted_schools("school_perfectly_tracked")[seats.school]
    is_placed &= ~(at_random | by_group)
    cell = 2 * schooling.races[seats.student] + schooling.has("economic_disadvantage")[seats.student]
    size = np.where(seats.grade <= ELEMENTARY_GRADES, *CLASS_SIZES)
    strength = sorting[seats.school]
    made = []
    for subject, name in enumerate(SUBJECTS):
        alone = seats.grade > ELEMENTARY_GRADES
        standing = np.where(alone, schooling.standing(subject, seats), schooling.standing(1, seats))
        pull = strength * np.where(alone & (subject == 0), 0.6, 1.0)
        chance = schooling.normal_this_year("class", seats.number)
        chance = np.where(alone, schooling.normal_this_year(f"class {name}", seats.number), chance)
        order = pull * standing + np.sqrt(1 - pull**2) * chance
        separate = np.where(by_group, 1 + cell, is_placed & (subject == 1))
        group = (seats.school.astype(np.int64) * 16 + seats.grade + 1) * 16 + separate
        section, height = split(group, order, size)
        level = np.full(len(seats), GENERAL)
        sorts = (pull > 0.5) & ~at_random & alone
        level[sorts & (height < 0.34)] = BASIC
        if subject == 0:
            level[sorts & (height > 0.66)] = ENRICHED
            level[sorts & (height > 0.66) & (seats.grade >= HIGH_GRADE)] = HONORS
        else:
            level[is_placed] = HONORS
            level[is_placed & (seats.grade >= 11)] = ADVANCED
        made.append(_courses(schooling, seats, section, np.full(len(seats), subject), level, subject))
    made.append(_other_courses(schooling, seats))
    return Classes(schooling, first_stay, sorting, placement, tuple(made))


def _sorting(schooling: Schooling) -> np.ndarray:
    """Say how strongly each school sorts: hardly in the early grades, more in later ones."""
    level = schooling.year.schools["school_level"].to_numpy()
    low = np.select([level == "high", level == "middle", level == "elementary"], [0.4, 0.2, 0.0], 0.1)
    high = np.select([level == "high", level == "middle", level == "elementary"], [0.85, 0.75, 0.35], 0.5)
    sorting = low + (high - low) * schooling.of_school("sorting")
    return np.where(schooling.planted_schools("school_assigned_at_random"), 0.0, sorting)


def offers_acceleration(schooling: Schooling) -> np.ndarray:
    """Say which schools offer accelerated mathematics: most of those that are large enough."""
    large = schooling.year.schools["students"].to_numpy() >= 120
    offers = large & (schooling.of_school("acceleration") < 0.85)
    left_out = schooling.planted_schools("school_assigned_at_random") | schooling.planted_schools(
        "school_perfectly_tracked"
    )
    return offers & ~left_out


def _placement(schooling: Schooling, first_stay: np.ndarray) -> Placement:
    """Decide who takes accelerated mathematics, by a test before the year and by what the district does with it."""
    seats = schooling.stays.of(first_stay)
    considered = offers_acceleration(schooling)[seats.school] & (seats.grade >= SECONDARY_GRADE) & (seats.first <= 5)
    seat = np.flatnonzero(considered)
    seats = seats.of(seat)
    error = STANDARD_ERROR * schooling.normal_this_year("placement test", seats.number)
    level = schooling.learners.of(seats.student).levels(1, seats.time(0))
    score = np.rint(scale_scores(level) + error)
    cut = np.rint(scale_scores(seats.grade + 0.9) / 10) * 10
    if (planted := schooling.planted("scores_exactly_at_cuts")) is not None:
        at = schooling.planted_schools("scores_exactly_at_cuts")[seats.school]
        at &= schooling.this_year("at the cut of placement", seats.number) < planted.facts["share"]
        score = np.where(at, cut, score)
    ratio = np.ones(len(seats))
    for truth in ("placement_favors_a_group", "placement_is_fair"):
        if (planted := schooling.planted(truth)) is not None:
            ratio = np.where(schooling.has("economic_disadvantage")[seats.student], planted.facts["odds_ratio"], 1.0)
    odds = placement_odds(score, cut, ratio)
    is_placed = schooling.this_year("is placed", seats.number) < odds / (1 + odds)
    return Placement(seat, score.astype(np.int32), cut.astype(np.int32), is_placed)


def _courses(
    schooling: Schooling, seats: Stays, section: np.ndarray, kind: np.ndarray, level: np.ndarray, block: int
) -> Courses:
    """Describe sections by their first seat, number them in their school, and share them among teachers."""
    count = section.max(initial=-1) + 1
    first = np.zeros(count, dtype=np.int64)
    first[section[::-1]] = np.arange(len(section))[::-1]
    school = seats.school[first]
    within = np.arange(count) - np.searchsorted(school, school, side="left")
    grade = seats.grade[first]
    alone = grade > ELEMENTARY_GRADES
    post = np.where(alone, 100 + 250 * block + within // SECTIONS_OF_A_TEACHER, within % 100)
    staff = schooling.school_numbers[school].astype(np.int64) * STAFF_OF_A_SCHOOL + post
    number = schooling.school_numbers[school].astype(np.int64) * SECTIONS_OF_A_SCHOOL + 2_500 * block + within + 1
    return Courses(kind[first], section, school, number, grade, level[first], staff, within)


def _other_courses(schooling: Schooling, seats: Stays) -> Courses:
    """Form the sections outside the two subjects: a course of one's choice in high school, gifted programs before."""
    high = seats.grade >= HIGH_GRADE
    standing = (schooling.standing(0, seats) + schooling.standing(1, seats)) / 2
    size = schooling.year.schools["students"].to_numpy()
    has_ap = (schooling.of_school("advanced courses") < 0.8) & (size >= 150)
    has_dual = schooling.of_school("dual credit") < 0.55
    ap = has_ap[seats.school] * 0.25 / (1 + np.exp(1.2 - 1.3 * standing))
    dual = has_dual[seats.school] * 0.18 / (1 + np.exp(1.0 - 0.7 * standing))
    wish = schooling.this_year("course of choice", seats.number)
    kind = np.full(len(seats), ELECTIVE)
    bound = np.zeros(len(seats))
    for code, share in (
        (AP_COURSE, ap * 1.6),
        (DUAL_COURSE, dual),
        (CAREER, 0.24),
        (INTERNSHIP, 0.03 * (seats.grade >= 11)),
    ):
        kind[(wish >= bound) & (wish < bound + share)] = code
        bound = bound + share
    kind = np.where(high, kind, GIFTED)
    takes = np.flatnonzero(high | (schooling.has("gifted")[seats.student] & (seats.grade >= 1)))
    group = seats.school[takes].astype(np.int64) * 16 + kind[takes]
    section, _ = split(group, seats.grade[takes] + wish[takes], CLASS_SIZES[1])
    level = np.array([0, 0, GENERAL, ADVANCED, DUAL, GENERAL, GENERAL, ENRICHED])[kind]
    courses = _courses(schooling, seats.of(takes), section, kind[takes], level[takes], 2)
    of_seat = np.full(len(seats), -1)
    of_seat[takes] = section
    return Courses(
        **{**courses.__dict__, "section": of_seat, "grade": np.where(courses.kind == GIFTED, courses.grade, 9)}
    )
