"""Support beyond class: who receives it, for how long, and for which competency.

Need is what a student lacks of the grades before, in nominal months. Most schools serve need to some degree; planted
are one that serves the top first and one that serves need alone.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation.competencies import FRAMEWORK_VERSION, GRADES, SIZE, SUBJECTS, WEIGHTS
from simulation.judgments import COMPETENCIES, Block
from simulation.schooling import Schooling, chosen, coded
from simulation.stays import DAYS

SESSION_EVERY = 19
"""Instructional days between two sessions: fewer than 30 days of the calendar."""
KINDS = ("small_group", "tutoring", "intervention")
GRADES_BACK = 3


@dataclass(frozen=True)
class Need:
    """What each student of a block lacks in a subject on the first day: months, and which competencies."""

    months: np.ndarray
    lacks: np.ndarray


def need(block: Block, subject: int) -> Need:
    """Find what the students of a block lack of the three grades before, when the year or their stay begins."""
    day = block.day[subject * SIZE : (subject + 1) * SIZE]
    grade = block.stays.grade
    lacks = (GRADES[:, None] < grade) & (GRADES[:, None] >= grade - GRADES_BACK) & (day > block.stays.first)
    return Need(WEIGHTS @ lacks, lacks)


def dose(schooling: Schooling, block: Block, subject: int, months: np.ndarray) -> np.ndarray:
    """Give the minutes of each session for each stay, 0 for those who receive none."""
    stays = block.stays
    standing = schooling.standing(subject, stays)
    chance = np.clip(0.08 + 0.035 * months, 0.02, 0.5) * np.where(months > 0, 1.0, 0.3)
    minutes = 40 + 3.0 * np.minimum(months, 15)
    to_need = schooling.planted_schools("support_goes_to_need")[stays.school]
    chance = np.where(to_need, np.where(months > 0, 0.95, 0.0), chance)
    minutes = np.where(to_need, 20 + 12 * np.minimum(months, 15), minutes)
    to_top = schooling.planted_schools("support_goes_to_the_top")[stays.school]
    chance = np.where(to_top, np.clip(0.15 + 0.6 * standing, 0.0, 0.95), chance)
    minutes = np.where(to_top, 50 + 40 * np.clip(standing, 0, 2.5), minutes)
    served = schooling.this_year(f"served {SUBJECTS[subject]}", stays.number) < chance
    return np.where(served, np.rint(minutes / 5) * 5, 0).astype(np.int16)


def support_services(schooling: Schooling, block: Block, subject: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Give the sessions of a block in a subject, aimed at what the student lacks first, or at what comes next.

    Beside them the minutes that each stay received in all.
    """
    needed = need(block, subject)
    minutes = dose(schooling, block, subject, needed.months)
    served = np.flatnonzero(minutes)
    stays = block.stays.of(served)
    day = block.day[subject * SIZE : (subject + 1) * SIZE, served]
    lacks = needed.lacks[:, served]
    sessions = -(-DAYS // SESSION_EVERY)
    offset = (SESSION_EVERY * schooling.this_year("session", stays.number)).astype(np.int32)
    at = stays.first + offset + SESSION_EVERY * np.arange(sessions)[:, None]
    number, row = np.nonzero(at <= stays.last)
    at = at[number, row]
    still = day[:, row] > at
    open_gap = still & lacks[:, row]
    target = np.where(
        open_gap.any(axis=0), open_gap.argmax(axis=0), np.where(still.any(axis=0), still.argmax(axis=0), SIZE - 1)
    )
    where = stays.of(row)
    key = where.number * 64 + number
    planned = minutes[served][row]
    given = np.maximum(planned - 5 * np.floor(4 * schooling.this_year("session cut short", key) ** 3), 5)
    received = np.bincount(served[row], given, len(block.stays))
    sent = pl.DataFrame(
        {
            "student_id": schooling.year.student_ids.gather(where.student),
            "service_date": schooling.calendar.dates(where.school, at),
            "service_id": coded(np.full(len(row), subject), [f"SUPPORT-{name}" for name in SUBJECTS]),
            "support_kind": coded(chosen(schooling.this_year("support kind", where.number), [0.5, 0.2, 0.3]), KINDS),
            "minutes": given.astype(np.int16),
            "planned_minutes": planned,
            "school_id": schooling.year.school_ids.gather(where.school),
            "target_competency_id": coded(subject * SIZE + target, COMPETENCIES),
            "framework_version": pl.repeat(FRAMEWORK_VERSION, len(row), eager=True),
            "staff_id": schooling.school_numbers[where.school].astype(np.int64) * 1_000 + 240 + subject,
        }
    )
    return sent, received
