"""How students learn: a latent trajectory per student and subject on one vertical scale, and what follows from it.

A level is a grade and its part: 4.0 is the start of grade 4. A time is a school year and its part: 2024.5 is the middle
of the school year that ends in 2025. A trajectory depends on the seed and the student alone, so a student who moves
keeps it, and what was mastered in an earlier year can be known without having kept it. No collection is made here.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation import competencies
from simulation.randomness import normals, uniforms

SUBJECTS = competencies.SUBJECTS
MEAN_LEVEL, SPREAD_LEVEL = 1.05, 1.3
"""Of all students at the start of grade 1."""
MEAN_RATE, SPREAD_RATE, LOWEST_RATE = 1.0, 0.14, 0.55
"""Of all students, in grades a year."""
HARDSHIP, SHARED = 0.52, 0.6
"""How much of the level is the hardship of the family, and how much of the rest the two subjects share."""
SCHOOL_EFFECT = 0.38
"""What a school adds to the scores of its students, as the share of the standard deviation of all students."""
TEACHER_EFFECT = 0.08
"""What a teacher adds to a year of growth, in grades; it is gone the year after."""

SCALE_LOWEST, SCALE_RANGE, SCALE_BEND = 300.0, 400.0, 0.12
"""The vertical scale: a year of growth is worth fewer points in later grades."""
STANDARD_ERROR = 9.0

MASTERY_SPREAD = 0.7
"""Grades between the earliest and the latest mastery of one competency by students of the same level."""
GAP_CHANCE, GAP_DELAY = 0.07, 0.9
"""The chance that a student leaves a competency behind at first, and by how many grades on average."""
NEXT_STEP = 0.02
"""Years at least between a competency and one that needs it."""


@dataclass(frozen=True)
class Learners:
    """The trajectories of students: `level` at `start` (a year after kindergarten) and `rate`, subject by student."""

    seed: int
    numbers: np.ndarray
    start: np.ndarray
    level: np.ndarray
    rate: np.ndarray

    def of(self, rows: np.ndarray) -> "Learners":
        """Take some of the students, in the order of `rows`."""
        return Learners(self.seed, self.numbers[rows], self.start[rows], self.level[:, rows], self.rate[:, rows])

    def levels(self, subject: int, time: np.ndarray | float) -> np.ndarray:
        """Give the true level of each student in a subject at a time."""
        return self.level[subject] + self.rate[subject] * (time - self.start)


def learners(seed: int, students: pl.DataFrame) -> Learners:
    """Draw the trajectories of the students of a frame with number, kindergarten, hardship and race.

    What weighs on a student for good is taken from the same numbers that decide on the statuses, not from the statuses,
    which begin and end.
    """
    numbers = students["number"].to_numpy()
    start = students["kindergarten"].to_numpy().astype(np.float32)
    hardship = students["hardship"].to_numpy()
    shared = normals(seed, "ability", numbers)
    impaired = uniforms(seed, "disability", numbers) < 0.2
    at_home = uniforms(seed, "english learner", numbers) < 0.4
    at_home &= students["race"].is_in(["HI", "AS", "PI"]).to_numpy()
    level, rate = np.empty((2, 2, len(numbers)), dtype=np.float32)
    for subject, name in enumerate(SUBJECTS):
        own = np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * normals(seed, f"level {name}", numbers)
        ability = np.sqrt(1 - HARDSHIP**2) * own - HARDSHIP * hardship
        ability += 0.29 - 1.0 * impaired - (0.4, 0.8)[name == "RLA"] * at_home
        level[subject] = MEAN_LEVEL + SPREAD_LEVEL * ability
        pace = 0.5 * ability + np.sqrt(0.75) * normals(seed, f"rate {name}", numbers)
        rate[subject] = np.maximum(MEAN_RATE + SPREAD_RATE * pace, LOWEST_RATE)
    return Learners(seed, numbers, start, level, rate)


def spread(grade: np.ndarray) -> np.ndarray:
    """Give the standard deviation of the level of all students of a grade."""
    years = np.maximum(grade - 0.5, 0.0)
    return np.sqrt(SPREAD_LEVEL**2 + (SPREAD_RATE * years) ** 2 + SPREAD_LEVEL * SPREAD_RATE * years)


def scale_scores(levels: np.ndarray) -> np.ndarray:
    """Give the score on the vertical scale that belongs to a level."""
    return SCALE_LOWEST + SCALE_RANGE * (1 - np.exp(-SCALE_BEND * (levels + 1)))


def equivalents(scores: np.ndarray) -> np.ndarray:
    """Give the level that belongs to a score on the vertical scale."""
    left = 1 - (scores - SCALE_LOWEST) / SCALE_RANGE
    return -np.log(np.clip(left, np.exp(-SCALE_BEND * 16), 1.0)) / SCALE_BEND - 1


def mastery_times(learners: Learners, subject: int, ahead: np.ndarray | float = 0.0) -> np.ndarray:
    """Give the time at which each student masters each competency of a subject: competency by student.

    `ahead` (in grades) is how far below the bar a school counts a competency as mastered. A competency is never
    mastered before those that it needs.
    """
    keys = learners.numbers[None, :] * np.int64(64) + competencies.POSITIONS[:, None]
    early = uniforms(learners.seed, f"mastery {SUBJECTS[subject]}", keys).astype(np.float32)
    chance = np.clip(GAP_CHANCE - 0.02 * (learners.level[subject] - MEAN_LEVEL), 0.02, 0.15)
    delay = uniforms(learners.seed, f"gap {SUBJECTS[subject]}", keys).astype(np.float32)
    delay = np.where(delay < chance, -GAP_DELAY * np.log(delay / chance), np.float32(0))
    finish = competencies.FINISHES[:, None].astype(np.float32) + MASTERY_SPREAD * (early - 0.5) + delay - ahead
    times = learners.start + (finish - learners.level[subject]) / learners.rate[subject]
    for position in competencies.POSITIONS:
        for before in competencies.hard_prerequisites(int(position)):
            np.maximum(times[position], times[before] + NEXT_STEP, out=times[position])
    return times
