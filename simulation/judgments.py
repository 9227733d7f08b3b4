"""Evidence of learning, decisions about mastery, and second scores: what teachers see of what students have learned.

When a student masters a competency is known from the trajectory (`learning.mastery_times`). The last, successful
attempt falls on that day; earlier attempts, which failed, and other pieces are laid before it. A piece has a quality,
which the first rater and the second see with an error and with their own leniency.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation import competencies
from simulation.classes import STAFF_OF_A_SCHOOL, Classes
from simulation.competencies import FIRST_GRADE, FRAMEWORK_VERSION, GRADES, LAST_GRADE, SIZE, SUBJECTS, competency_ids
from simulation.learning import mastery_times
from simulation.randomness import normals, uniforms
from simulation.schooling import Schooling, chosen, coded, yes_no
from simulation.stays import DAYS, Stays

COMPETENCIES = tuple(code for subject in SUBJECTS for code in competency_ids(subject))
"""All competencies: those of the first subject by position, then those of the second."""

FORMS = ("test", "task", "project", "portfolio", "demonstration", "quiz", "assignment", "conference", "observation")
TEST, FIRST_MINOR, MINOR_FORMS, RECHECK = 0, 5, 3, 8
"""Forms of attempts come first, then those of other pieces, then that of later checks, so that none is of two kinds."""

INITIATIONS = ("student", "readiness_trigger", "teacher", "calendar")
READINESS_RULE = "READY-1"
LOWEST_SCORE, HIGHEST_SCORE, MASTERY_SCORE = 1, 4, 3
RATER_ERROR, RATER_SPREAD = 0.2, 0.1
"""Standard deviations of what a rater sees in a piece, and of how lenient raters are, in points of the scale."""
POINTS_PER_GRADE = 2.0
"""How many points a piece gains while its student learns for a year: a lenient point is half a year ahead."""
PANEL_RATERS, PANEL_SCHOOL = 400, "PANEL"
SECOND_SCORED, BENCHMARKS, AUDITED = 0.15, 0.15, 0.04
REVOKED = 0.03
WELL_KNOWN = 0.9
"""The share of what students lack that is found where it must be known who needs support."""
DECISION_DAYS = 5

ORIGINS = ("instruction", "diagnostic", "transfer")
MASTERED, NOT_YET, AGAIN_NOT_YET, FOUND_LACKING, ON_RECORD, WITHDRAWN = range(6)
"""What a determination is about, the last digit of its number."""
PIECES = 16
"""Numbers set aside for the pieces of evidence, and for the determinations, of one student and competency in a year."""
STAYS_AT_ONCE = 12_000


@dataclass(frozen=True)
class Style:
    """How the schools of a district judge, by school."""

    by_readiness: np.ndarray
    minor_pieces: np.ndarray
    performance: np.ndarray
    diagnosis: np.ndarray
    leniency: np.ndarray
    lowered: np.ndarray


def style(schooling: Schooling) -> Style:
    """Say how the schools of a district judge: what each always does, and what is planted."""
    lenient = schooling.planted("lenient_district")
    pace = schooling.planted("pace_by_lowering_the_bar")
    hurried = schooling.planted_schools("pace_by_lowering_the_bar")
    minor = 0.7 + 0.8 * schooling.of_school("pieces")
    diagnosis = 0.25 + 0.35 * schooling.of_school("diagnosis")
    for truth in ("support_goes_to_the_top", "support_goes_to_need"):
        diagnosis = np.where(schooling.planted_schools(truth), WELL_KNOWN, diagnosis)
    return Style(
        by_readiness=schooling.of_school("assesses when ready"),
        minor_pieces=np.where(hurried, 0.15, minor),
        performance=0.3 + 0.45 * schooling.of_school("performance"),
        diagnosis=diagnosis,
        leniency=np.full(len(hurried), lenient.facts["leniency"] if lenient else 0.0),
        lowered=np.where(hurried, pace.facts["grades_below_the_bar"] if pace else 0.0, 0.0),
    )


@dataclass(frozen=True)
class Block:
    """Some stays of students in the grades of the framework, with the day on which each masters each competency.

    `day` (competency by stay, both subjects) counts from the first day of this year: below 0 lies in earlier years.
    """

    rows: np.ndarray
    stays: Stays
    day: np.ndarray


def blocks(schooling: Schooling, style: Style) -> Iterator[Block]:
    """Go through the stays of students in the grades of the framework, some at a time."""
    taught = np.flatnonzero((schooling.stays.grade >= FIRST_GRADE) & (schooling.stays.grade <= LAST_GRADE))
    for begin in range(0, len(taught), STAYS_AT_ONCE):
        rows = taught[begin : begin + STAYS_AT_ONCE]
        stays = schooling.stays.of(rows)
        yield Block(rows, stays, mastery_days(schooling, stays, style))


def mastery_days(schooling: Schooling, stays: Stays, style: Style) -> np.ndarray:
    """Give the day on which each student is found to master each competency: competency of both subjects by stay.

    A student who changes schools within the district is judged by the bar of the first, so that nothing is found twice.
    """
    here = schooling.learners.of(stays.student)
    ahead = (style.leniency[stays.school] / POINTS_PER_GRADE).astype(np.float32)
    lowered = style.lowered[schooling.first_school[stays.student]].astype(np.float32)
    days = np.empty((2 * SIZE, len(stays)), dtype=np.float32)
    begin = np.float32(schooling.year.school_year - 1)
    for subject in range(len(SUBJECTS)):
        times = mastery_times(here, subject, ahead)
        if lowered.any():
            sooner = mastery_times(here, subject, ahead + lowered)
            keys = stays.number[None, :] * np.int64(64) + competencies.POSITIONS[:, None]
            caught_up = begin + uniforms(schooling.year.seed, f"caught up {subject}", keys).astype(np.float32)
            caught_up = np.where((sooner < begin) & (times >= begin), caught_up, sooner)
            times = np.where(lowered > 0, caught_up, times)
        days[subject * SIZE : (subject + 1) * SIZE] = (times - begin) * DAYS
    return days


class Judgments:
    """Makes the evidence, the determinations and the second scores of a block of stays."""

    def __init__(self, schooling: Schooling, classes: Classes, style: Style, block: Block) -> None:
        self.schooling, self.style, self.block = schooling, style, block
        self.year, self.seed = schooling.year, schooling.year.seed
        self.staff = np.stack([classes.staff(subject)[block.rows] for subject in range(len(SUBJECTS))])
        self.salt = np.int64(self.year.district) * 10**13
        competency, stay = np.nonzero((block.day >= 0) & (block.day < DAYS * 1.25))
        order = np.argsort(stay, kind="stable")
        self.competency, self.stay = competency[order], stay[order]
        self.day = block.day[self.competency, self.stay].astype(np.int32)
        self.key = self._keys(self.stay, self.competency)
        self.where = block.stays.of(self.stay)
        self.rater = self.staff[self.competency // SIZE, self.stay]
        self.decided = np.minimum(self.day + (DECISION_DAYS * self._draw("decision")).astype(np.int32), self.where.last)
        self.mastered = self.where.during(self.day)
        self.parts: list[dict[str, np.ndarray]] = []
        self.failures: list[dict[str, np.ndarray]] = []

    def _keys(self, stay: np.ndarray, competency: np.ndarray) -> np.ndarray:
        return self.block.stays.number[stay] * np.int64(128) + competency

    def _draw(self, purpose: str, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        return uniforms(self.seed, purpose, self.key[rows])

    def _determination(self, key: np.ndarray, about: int | np.ndarray) -> np.ndarray:
        return self.salt + (key * 100 + self.year.school_year % 100) * PIECES + about

    def leniency(self, rater: np.ndarray, school: np.ndarray) -> np.ndarray:
        """Give how lenient raters are, in points: their own, and that of the district."""
        return RATER_SPREAD * normals(self.seed, "leniency", rater) + self.style.leniency[school]

    # Attempts and other pieces

    def evidence(self) -> pl.DataFrame:
        """Give the pieces of evidence: attempts from the last back to the first, other pieces, and later checks."""
        self._attempts()
        self._minor_pieces()
        self._rechecks()
        pieces = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        event = pieces["event"]
        where = self.where.of(event)
        kept = np.flatnonzero(where.during(pieces["day"]))
        pieces = {name: values[kept] for name, values in pieces.items()}
        event, where = pieces["event"], where.of(kept)
        seen = pieces["seen"]
        score = np.clip(np.rint(seen), LOWEST_SCORE, HIGHEST_SCORE).astype(np.int8)
        number = self.salt + (self.key[event] * 100 + self.year.school_year % 100) * PIECES + pieces["piece"]
        self.pieces = {**pieces, "score": score, "number": number, "school": where.school}
        if not len(kept):
            return pl.DataFrame()
        ready, recorded = pieces["ready"], np.minimum(pieces["ready"], pieces["day"])
        has_ready = (pieces["ready"] >= 0) & (pieces["ready"] < DAYS)
        safe = np.where(has_ready, ready, 0)
        dates = self.schooling.calendar.dates
        return pl.DataFrame(
            {
                "evidence_id": number,
                "student_id": self.year.student_ids.gather(where.student),
                "competency_id": coded(self.competency[event], COMPETENCIES),
                "framework_version": pl.repeat(FRAMEWORK_VERSION, len(event), eager=True),
                "evidence_date": dates(where.school, pieces["day"]),
                "evidence_form": coded(pieces["form"], FORMS),
                "school_id": self.year.school_ids.gather(where.school),
                "rubric_id": coded(self.competency[event], COMPETENCIES),
                "rater_id": pieces["rater"],
                "score": score,
                "is_successful": yes_no(score >= MASTERY_SCORE),
                "is_summative": yes_no(pieces["summative"]),
                "attempt_number": pieces["attempt"].astype(np.int8),
                "is_equivalent_form": yes_no(pieces["equivalent"]),
                "is_recheck": yes_no(pieces["form"] == RECHECK),
                "initiation": coded(pieces["initiation"], INITIATIONS),
                "ready_date": dates(where.school, safe),
                "ready_rule_id": READINESS_RULE,
                "ready_recorded_date": dates(where.school, np.where(has_ready, recorded, 0)),
                "determination_id": pieces["determination"],
                "_ready": has_ready,
                "_later": pieces["attempt"] > 1,
                "_supports": pieces["determination"] >= 0,
            }
        ).select(
            "evidence_id",
            "student_id",
            "competency_id",
            "framework_version",
            "evidence_date",
            "evidence_form",
            "school_id",
            "rubric_id",
            "rater_id",
            "score",
            "is_successful",
            "is_summative",
            "attempt_number",
            pl.when("_later").then("is_equivalent_form"),
            "is_recheck",
            "initiation",
            pl.when("_ready").then("ready_date"),
            pl.when("_ready").then("ready_rule_id"),
            pl.when("_ready").then("ready_recorded_date"),
            pl.when("_supports").then("determination_id"),
        )

    def _attempts(self) -> None:
        schools = self.where.school
        failures = chosen(self._draw("failures"), [0.76, 0.19, 0.05])
        gaps = [self._gap("first gap"), self._gap("second gap")]
        performs = self._draw("form") < self.style.performance[schools]
        form = np.where(performs, 1 + chosen(self._draw("kind of form"), [0.5, 0.25, 0.1, 0.15]), TEST)
        by_readiness = self._draw("by readiness") < self.style.by_readiness[schools]
        wish = self._draw("initiation")
        initiation = np.where(by_readiness, chosen(wish, [0.4, 0.35, 0.2, 0.05]), chosen(wish, [0.03, 0.05, 0.22, 0.7]))
        wait = self._draw("wait")
        wait = np.where(by_readiness, np.floor(-5 * np.log(wait)), np.floor(28 * wait) - 9).astype(np.int32)
        hurried = self.style.lowered[schools] > 0
        known = self._draw("readiness known") < 0.8
        day, events = self.day, np.arange(len(self.day))
        for back in range(3):
            rows = np.flatnonzero(failures >= back)
            at = day - (gaps[0] if back else 0) - (gaps[1] if back > 1 else 0)
            is_first = failures[rows] == back
            ready = np.where(is_first & known[rows], at[rows] - wait[rows], -1)
            off = -0.6 * np.log(self._draw(f"quality {back}", rows))
            attempt = failures[rows] - back + 1
            determination = np.full(len(rows), -1, dtype=np.int64)
            if back == 0:
                seen = 2.5 + off
                determination = np.where(
                    self.mastered[rows], self._determination(self.key[rows], MASTERED), determination
                )
            else:
                seen = 2.5 - 1e-6 - off
                told = (self._draw(f"told {back}", rows) < 0.5) & self.where.of(rows).during(at[rows])
                about = NOT_YET + back - 1
                determination = np.where(told, self._determination(self.key[rows], about), determination)
                self.failures.append(
                    {
                        "event": rows[told],
                        "day": at[rows][told],
                        "about": np.full(told.sum(), about),
                        "level": np.clip(np.rint(seen[told]), LOWEST_SCORE, MASTERY_SCORE - 1),
                    }
                )
            eased = np.where(hurried[rows], 0.7, 0.12)
            self._add(
                events[rows],
                at[rows],
                form=form[rows],
                seen=seen,
                attempt=attempt,
                piece=back,
                summative=True,
                initiation=initiation[rows],
                ready=ready,
                rater=self.rater[rows],
                determination=determination,
                equivalent=self._draw("equivalent", rows) >= eased,
            )
        self.level = np.clip(np.rint(2.5 - 0.6 * np.log(self._draw("quality 0"))), MASTERY_SCORE, HIGHEST_SCORE)

    def _gap(self, purpose: str) -> np.ndarray:
        """Draw the instructional days between two attempts: 3 to 19 mostly, longer for one in five."""
        chance = self._draw(purpose)
        return np.where(chance < 0.8, 3 + np.floor(21 * chance), 20 + np.floor(120 * (chance - 0.8))).astype(np.int32)

    def _minor_pieces(self) -> None:
        """Lay up to three other pieces before the last attempt, each of another form."""
        wanted = self.style.minor_pieces[self.where.school]
        begins = np.floor(MINOR_FORMS * self._draw("first minor form")).astype(np.int32)
        for place in range(MINOR_FORMS):
            chance = self._draw(f"minor piece {place}")
            rows = np.flatnonzero(self.mastered & (chance < wanted / MINOR_FORMS))
            spot = chance[rows] / wanted[rows] * MINOR_FORMS
            at = self.day[rows] - 1 - np.floor(18 * spot).astype(np.int32)
            colleague = self._draw(f"colleague {place}", rows) < 0.35
            self._add(
                rows,
                at,
                form=FIRST_MINOR + (begins[rows] + place) % MINOR_FORMS,
                seen=2.7 + 0.75 * normals(self.seed, f"minor quality {place}", self.key[rows]),
                attempt=1,
                piece=3 + place,
                summative=False,
                initiation=2,
                ready=-1,
                rater=np.where(colleague, self._colleague(self.rater[rows]), self.rater[rows]),
                determination=self._determination(self.key[rows], MASTERED),
                equivalent=True,
            )

    def _rechecks(self) -> None:
        """Check some of what was mastered this year again, 45 instructional days later; what fails is withdrawn."""
        later = self.day + 45
        rows = np.flatnonzero(self.mastered & (self._draw("recheck") < 0.08) & self.where.during(later))
        fails = self._draw("recheck fails", rows) < REVOKED / 0.08
        seen = np.where(fails, 1.9, 3.1) + 0.25 * normals(self.seed, "recheck quality", self.key[rows])
        withdrawn = fails & (np.rint(seen) < MASTERY_SCORE)
        self.withdrawn = {"event": rows[withdrawn], "day": later[rows][withdrawn], "level": np.rint(seen[withdrawn])}
        determination = np.where(withdrawn, self._determination(self.key[rows], WITHDRAWN), -1)
        self._add(
            rows,
            later[rows],
            form=RECHECK,
            seen=seen,
            attempt=1,
            piece=6,
            summative=False,
            initiation=2,
            ready=-1,
            rater=self._colleague(self.rater[rows]),
            determination=determination,
            equivalent=True,
        )

    def _colleague(self, rater: np.ndarray) -> np.ndarray:
        """Give another teacher of the same school, or a coach where there is none next door."""
        return rater - rater % STAFF_OF_A_SCHOOL + (rater % STAFF_OF_A_SCHOOL) // 250 * 250 + 249

    def _add(self, event: np.ndarray, day: np.ndarray, **columns: np.ndarray | int | bool) -> None:
        filled = {name: np.broadcast_to(np.asarray(value), event.shape) for name, value in columns.items()}
        self.parts.append({"event": event, "day": day, **filled})

    # Decisions

    def determinations(self, stock: np.ndarray) -> Iterator[pl.DataFrame]:
        """Give the decisions of the year; `stock` says of which stays the mastery of earlier years is sent as well."""
        rows = np.flatnonzero(self.mastered)
        number = self._determination(self.key[rows], MASTERED)
        audited = self._draw("audited", rows) < AUDITED
        found = self.level[rows] - (self._draw("overturned", rows) < 0.15)
        yield self._decided(
            self.stay[rows],
            self.competency[rows],
            self.decided[rows],
            number=number,
            level=self.level[rows],
            audit=np.where(audited, found, 0),
        )
        for told in self.failures:
            event, day = told["event"], told["day"]
            yield self._decided(
                self.stay[event],
                self.competency[event],
                day,
                number=self._determination(self.key[event], told["about"]),
                level=told["level"],
            )
        event = self.withdrawn["event"]
        yield self._decided(
            self.stay[event],
            self.competency[event],
            self.withdrawn["day"],
            number=self._determination(self.key[event], WITHDRAWN),
            level=self.withdrawn["level"],
            supersedes=self._determination(self.key[event], MASTERED),
        )
        yield self._found_lacking()
        yield self._on_record(stock)

    def _found_lacking(self) -> pl.DataFrame:
        """Find in the first weeks some of the competencies of the two grades before that a student lacks."""
        stays, day = self.block.stays, self.block.day
        nearby = (GRADES[:, None] < stays.grade) & (GRADES[:, None] >= stays.grade - 2)
        at = stays.first + 4 + (10 * self.schooling.this_year("diagnosis day", stays.number)).astype(np.int32)
        begins = self.schooling.is_first_stay[self.block.rows] & (at <= stays.last)
        lacks = np.concatenate([nearby, nearby]) & (day > at + DECISION_DAYS) & begins
        competency, stay = np.nonzero(lacks)
        key = self._keys(stay, competency)
        share = diagnosis_shares(self.schooling, self.style, stays)
        rows = np.flatnonzero(self.schooling.this_year("diagnosed", key) < share[stay])
        self.lacking = np.bincount(stay, minlength=len(stays))
        self.found = np.bincount(stay[rows], minlength=len(stays))
        competency, stay, key = competency[rows], stay[rows], key[rows]
        return self._decided(
            stay,
            competency,
            at[stay],
            number=self._determination(key, FOUND_LACKING),
            level=1 + (uniforms(self.seed, "level lacking", key) < 0.6),
            origin=1,
        )

    def _on_record(self, stock: np.ndarray) -> pl.DataFrame:
        """Give what was mastered before this year where the record begins with it; a part is not on record."""
        of = np.flatnonzero(stock)
        day = self.block.day[:, of]
        competency, at = np.nonzero(day < 0)
        stay = of[at]
        key = self._keys(stay, competency)
        rows = np.flatnonzero(uniforms(self.seed, "on record", key) < 0.92)
        competency, stay, key, at = competency[rows], stay[rows], key[rows], at[rows]
        years, since = np.divmod(np.floor(day[competency, at]).astype(np.int32), DAYS)
        begin = (self.year.school_year - 1 + years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
        date = begin + (230 + since * 285 // DAYS).astype("timedelta64[D]")
        return self._decided(
            stay,
            competency,
            date,
            number=self._determination(key, ON_RECORD),
            level=MASTERY_SCORE + (uniforms(self.seed, "level on record", key) < 0.3),
            origin=2,
        )

    def _decided(
        self,
        stay: np.ndarray,
        competency: np.ndarray,
        day: np.ndarray,
        *,
        number: np.ndarray,
        level: np.ndarray,
        origin: int = 0,
        supersedes: np.ndarray | None = None,
        audit: np.ndarray | None = None,
    ) -> pl.DataFrame:
        stays, level = self.block.stays.of(stay), np.asarray(level).astype(np.int8)
        is_date = np.issubdtype(day.dtype, np.datetime64)
        empty = pl.repeat(None, len(stay), dtype=pl.Int64, eager=True)
        return pl.DataFrame(
            {
                "determination_id": number,
                "student_id": self.year.student_ids.gather(stays.student),
                "competency_id": coded(competency, COMPETENCIES),
                "framework_version": pl.repeat(FRAMEWORK_VERSION, len(stay), eager=True),
                "decided_date": pl.Series(day, dtype=pl.Date)
                if is_date
                else self.schooling.calendar.dates(stays.school, day),
                "is_mastery": yes_no(level >= MASTERY_SCORE),
                "origin": pl.repeat(ORIGINS[origin], len(stay), eager=True),
                "level": level,
                "decided_by": self.staff[competency // SIZE, stay],
                "school_id": self.year.school_ids.gather(stays.school),
                "supersedes_determination_id": empty if supersedes is None else supersedes,
                "method_version": pl.repeat("METHOD-1", len(stay), eager=True),
                "audit_level": empty if audit is None else audit.astype(np.int64),
            }
        ).with_columns(
            pl.when(pl.col("audit_level") > 0).then("audit_level").alias("audit_level"),
            pl.when(pl.col("audit_level") > 0).then(pl.lit(round(1 / AUDITED))).alias("audit_weight"),
        )

    # Second scores

    def moderation_scores(self) -> pl.DataFrame:
        """Give blind second scores of some attempts by a panel of the state; some have a score known to be right."""
        pieces = self.pieces
        rows = np.flatnonzero(
            pieces["summative"] & (uniforms(self.seed, "second score", pieces["number"]) < SECOND_SCORED)
        )
        if not len(rows):
            return pl.DataFrame()
        number, rater, school = pieces["number"][rows], pieces["rater"][rows], pieces["school"][rows]
        quality = pieces["seen"][rows] - self.leniency(rater, school)
        quality -= RATER_ERROR * normals(self.seed, "first error", number)
        panelist = np.floor(PANEL_RATERS * uniforms(self.seed, "panelist", number)).astype(np.int64)
        second = quality + RATER_SPREAD * normals(self.seed, "panel leniency", panelist)
        second += RATER_ERROR * normals(self.seed, "second error", number)
        score, known = (np.clip(np.rint(x), LOWEST_SCORE, HIGHEST_SCORE).astype(np.int8) for x in (second, quality))
        is_benchmark = uniforms(self.seed, "benchmark", number) < BENCHMARKS
        day = np.minimum(pieces["day"][rows] + 12, DAYS - 1)
        return pl.DataFrame(
            {
                "evidence_id": number,
                "rater_id": 900_000_000 + panelist,
                "moderation_round": "cross_school",
                "score": score,
                "is_blind": "Yes",
                "first_rater_id": rater,
                "first_score": pieces["score"][rows],
                "school_id": self.year.school_ids.gather(school),
                "rater_school_id": PANEL_SCHOOL,
                "is_benchmark": yes_no(is_benchmark),
                "benchmark_score": known,
                "final_score": np.where(is_benchmark, known, score),
                "scored_date": self.schooling.calendar.dates(school, day),
                "_is_benchmark": is_benchmark,
            }
        ).select(
            "evidence_id",
            "rater_id",
            "moderation_round",
            "score",
            "is_blind",
            "first_rater_id",
            "first_score",
            "school_id",
            "rater_school_id",
            "is_benchmark",
            pl.when("_is_benchmark").then("benchmark_score"),
            "final_score",
            "scored_date",
        )


def diagnosis_shares(schooling: Schooling, style: Style, stays: Stays) -> np.ndarray:
    """Give each stay the share of what the student lacks that the school looks for: more of a group where planted."""
    share = style.diagnosis[stays.school]
    if (planted := schooling.planted("gaps_widen_by_identification")) is not None:
        group = schooling.has("economic_disadvantage")[stays.student]
        now = planted.facts["share_found"][str(schooling.year.school_year)]
        share = np.where(group, now, planted.facts["share_found_of_others"])
    return share
