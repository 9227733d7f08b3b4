"""One row is a scored piece of evidence of a student's learning."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, in_school_year, surely_in_order
from expectations.notices import MUST_FIX

COLUMNS = (
    column(
        "evidence_id",
        "reference",
        "Piece of evidence",
        "The district's number of the piece, used once.",
        required=True,
        confidential=True,
    ),
    student_id("StudentGradebookEntry.studentReference"),
    column(
        "competency_id",
        "reference",
        "Competency",
        "The competency that the piece is evidence of.",
        required=True,
        ceds="000689",
        edfi="LearningStandard.learningStandardId",
    ),
    column("framework_version", "reference", "Framework version", "The framework and its version.", required=True),
    column(
        "evidence_date",
        "date",
        "Date",
        "The day on which the student produced the piece.",
        required=True,
        edfi="StudentGradebookEntry.dateFulfilled",
    ),
    column(
        "evidence_form",
        "code",
        "Form",
        "The form of the piece, such as a test or a project.",
        required=True,
        code_set="evidence_forms",
        edfi="GradebookEntry.gradebookEntryTypeDescriptor",
    ),
    column("school_id", "identifier", "School", "The school where the piece was scored.", ceds="001069"),
    column("rubric_id", "reference", "Rubric", "The rubric that the piece was scored with.", ceds="000422"),
    column("rater_id", "identifier", "Rater", "The number of the person who scored it.", confidential=True),
    column(
        "score",
        "rating",
        "Score",
        "The score on the scale of the rubric.",
        confidential=True,
        ceds="001475",
        edfi="StudentGradebookEntry.numericGradeEarned",
    ),
    column(
        "is_successful",
        "yes_no",
        "Successful",
        "Whether the piece shows mastery of the competency.",
        confidential=True,
    ),
    column(
        "is_summative",
        "yes_no",
        "Summative",
        "Whether the piece was meant to decide about mastery. Blank: it was not.",
    ),
    column(
        "attempt_number",
        "integer",
        "Attempt",
        "1 for the student's first attempt at this competency in this form, 2 for the second, and so on.",
    ),
    column(
        "is_equivalent_form",
        "yes_no",
        "Equivalent form",
        "For a later attempt: whether it was as demanding as the first.",
    ),
    column(
        "is_recheck",
        "yes_no",
        "Later check",
        "Whether the piece checks a competency that had been mastered before. Blank: it does not.",
    ),
    column("initiation", "code", "Initiation", "Who or what chose the day.", code_set="initiations"),
    column("ready_date", "date", "Ready date", "The day from which the student was ready, by the rule."),
    column("ready_rule_id", "reference", "Readiness rule", "The rule that found the student ready."),
    column("ready_recorded_date", "date", "Ready date recorded", "The day on which the system wrote the ready date."),
    column(
        "determination_id",
        "reference",
        "Determination",
        "The determination that the piece supports, where it supports one.",
        confidential=True,
    ),
)

_ATTEMPT, _DATE = pl.col("attempt_number"), pl.col("evidence_date")
_ATTEMPTS_AT = ("student_id", "framework_version", "competency_id", "evidence_form")

RULES = (
    Rule(
        code="EVI-010",
        severity=MUST_FIX,
        catalogue=("V108",),
        fields=("attempt_number",),
        needs=("attempt_number",),
        holds=_ATTEMPT >= 1,
        title="The attempt number is below 1",
        one="{count} piece of evidence has an attempt number below 1.",
        many="{count} pieces of evidence have an attempt number below 1.",
        why="How students do on a second attempt is counted from these numbers.",
        fix="Number the attempts from 1, or leave attempt_number blank.",
    ),
    Rule(
        code="EVI-011",
        severity=MUST_FIX,
        catalogue=("V108",),
        fields=("attempt_number", "evidence_date", *_ATTEMPTS_AT),
        needs=("attempt_number", "evidence_date"),
        holds=(_DATE.cum_max().shift(1).over(_ATTEMPTS_AT, order_by=_ATTEMPT) <= _DATE)
        & (_ATTEMPT.shift(1).over(_ATTEMPTS_AT, order_by=_ATTEMPT) < _ATTEMPT).fill_null(True),
        surely=surely_in_order(_ATTEMPT, _DATE, _DATE, _ATTEMPTS_AT),
        title="The attempts are not in the order of their dates",
        one="{count} piece of evidence has an attempt number that does not follow its date.",
        many="{count} pieces of evidence have attempt numbers that do not follow their dates.",
        why="A first attempt taken for a second one tells the wrong story of how the student learned.",
        fix="Number the attempts of a student at a competency and form in the order of their dates.",
    ),
    Rule(
        code="EVI-012",
        severity=MUST_FIX,
        catalogue=("V109",),
        fields=("ready_date", "ready_rule_id", "ready_recorded_date"),
        needs=("ready_date",),
        holds=pl.col("ready_date").is_null()
        | (pl.col("ready_rule_id").is_not_null() & pl.col("ready_recorded_date").is_not_null()),
        title="The ready date does not come from a rule",
        one="{count} piece of evidence has a ready date without its rule and the day it was recorded.",
        many="{count} pieces of evidence have a ready date without its rule and the day it was recorded.",
        why="Assessing students when they are ready can be shown only with dates that a rule has set.",
        fix="Fill in ready_rule_id and ready_recorded_date, or clear ready_date.",
    ),
    Rule(
        code="EVI-013",
        severity=MUST_FIX,
        catalogue=("V109",),
        fields=("ready_recorded_date", "evidence_date"),
        needs=("ready_recorded_date", "evidence_date"),
        holds=pl.col("ready_recorded_date") <= _DATE,
        title="The ready date was recorded after the attempt",
        one="{count} piece of evidence has a ready date that was recorded after the attempt.",
        many="{count} pieces of evidence have ready dates that were recorded after the attempt.",
        why="A date written down afterwards does not show that the student was ready before.",
        fix="Clear the ready date and what belongs to it, or correct the date of recording.",
    ),
    Rule(
        code="EVI-014",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("evidence_date",),
        needs=("evidence_date",),
        holds=in_school_year("evidence_date"),
        title="A piece of evidence is outside the school year",
        one="{count} piece of evidence is dated outside the school year, which runs from July 1 to June 30.",
        many="{count} pieces of evidence are dated outside the school year, which runs from July 1 to June 30.",
        why="Evidence counts in the school year in which it was produced.",
        fix="Check the year of the date. Evidence of another year belongs to that year's submission.",
    ),
)

CONTRACT = contract(
    "evidence",
    "EVI",
    title="Evidence",
    description="A scored piece of evidence: competency, form, rater, attempt, who chose the day, and readiness.",
    record="piece of evidence",
    records="pieces of evidence",
    columns=COLUMNS,
    key=("evidence_id",),
    rules=RULES,
)
