"""One row is an action that was taken with a student after an incident."""

import polars as pl

from expectations.codes import codes
from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, in_school_year, known
from expectations.notices import MUST_FIX

MOST_DAYS, LONG_REMOVAL = 365, 10
"""The most days of one action, and the days of removal beyond which a student with a disability is owed services."""

COLUMNS = (
    column(
        "incident_id",
        "reference",
        "Incident",
        "The district's number of the incident.",
        required=True,
        confidential=True,
        edfi="DisciplineIncident.incidentIdentifier",
    ),
    student_id("DisciplineAction.studentReference"),
    column(
        "school_id",
        "identifier",
        "School",
        "The school that took the action.",
        required=True,
        ceds="001069",
        edfi="DisciplineAction.responsibilitySchoolReference",
    ),
    column(
        "action",
        "code",
        "Action",
        "What was done.",
        required=True,
        code_set="disciplinary_actions",
        edfi="DisciplineAction.disciplines",
    ),
    column(
        "begin_date",
        "date",
        "Begin date",
        "The first day of the action.",
        required=True,
        edfi="DisciplineAction.disciplineDate",
    ),
    column("end_date", "date", "End date", "The last day of the action."),
    column(
        "days",
        "decimal",
        "School days",
        "The school days that the student was removed for.",
        edfi="DisciplineAction.actualDisciplineActionLength",
    ),
    column(
        "incident_type",
        "code",
        "Kind of incident",
        "What happened.",
        code_set="incident_types",
        ceds="000545",
        edfi="DisciplineIncident.behaviors",
    ),
    column(
        "incident_date",
        "date",
        "Date of the incident",
        "The day of the incident.",
        edfi="DisciplineIncident.incidentDate",
    ),
    column(
        "is_idea_removal",
        "yes_no",
        "Removal under IDEA",
        "Whether a student with a disability was removed. Blank: no.",
        edfi="DisciplineAction.iepPlacementMeetingIndicator",
    ),
    column(
        "receives_services",
        "yes_no",
        "Services",
        "Whether the student received educational services while removed.",
    ),
    column(
        "interim_removal_reason",
        "code",
        "Reason for the interim setting",
        "Why a student with a disability was moved to an interim setting.",
        code_set="interim_removal_reasons",
    ),
)

_DAYS, _ACTION = pl.col("days"), pl.col("action")
_IDEA = pl.col("is_idea_removal").fill_null(False)
_HAS_DAYS = _ACTION.is_in(codes("disciplinary_actions", has_days="true"))

RULES = (
    Rule(
        code="DSC-010",
        severity=MUST_FIX,
        catalogue=("V072",),
        fields=("days",),
        needs=("days",),
        holds=(_DAYS > 0) & (_DAYS <= MOST_DAYS),
        title="The days of an action are out of range",
        one=f"{{count}} disciplinary action has days that are not above 0 and up to {MOST_DAYS}.",
        many=f"{{count}} disciplinary actions have days that are not above 0 and up to {MOST_DAYS}.",
        why="Days of learning lost are added up from these days.",
        fix="Give the school days of the removal, such as 0.5 for half a day.",
    ),
    Rule(
        code="DSC-011",
        severity=MUST_FIX,
        catalogue=("V072",),
        fields=("days", "action"),
        holds=_DAYS.is_not_null() == _HAS_DAYS,
        title="Action and days do not fit",
        one="{count} disciplinary action is a removal without days, or has days and is no removal.",
        many="{count} disciplinary actions are removals without days, or have days and are no removals.",
        why="A student counts as suspended from the first full day.",
        fix="Give the days of suspensions, expulsions and interim settings. For any other action leave them blank.",
    ),
    Rule(
        code="DSC-012",
        severity=MUST_FIX,
        catalogue=("V072",),
        fields=("end_date", "begin_date"),
        needs=("begin_date", "end_date"),
        holds=pl.col("begin_date") <= pl.col("end_date"),
        title="An action ends before it begins",
        one="{count} disciplinary action ends before it begins.",
        many="{count} disciplinary actions end before they begin.",
        why="The dates are compared with the student's enrollment and absences.",
        fix="Check the begin and end dates of the action.",
    ),
    Rule(
        code="DSC-013",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("begin_date", "incident_date"),
        holds=in_school_year("begin_date", "incident_date"),
        title="An action or incident is outside the school year",
        one="{count} disciplinary action has a date outside the school year, which runs from July 1 to June 30.",
        many="{count} disciplinary actions have a date outside the school year, which runs from July 1 to June 30.",
        why="An action counts in the school year in which it begins.",
        fix="Check the year of the dates.",
    ),
    Rule(
        code="DSC-014",
        severity=MUST_FIX,
        catalogue=("V072",),
        fields=("begin_date", "incident_date"),
        needs=("begin_date", "incident_date"),
        holds=pl.col("incident_date") <= pl.col("begin_date"),
        title="An action begins before its incident",
        one="{count} disciplinary action begins before its incident.",
        many="{count} disciplinary actions begin before their incident.",
        why="An action follows an incident; one of the dates cannot be right.",
        fix="Check incident_date and begin_date.",
    ),
    Rule(
        code="DSC-015",
        severity=MUST_FIX,
        catalogue=("V075",),
        fields=("receives_services", "days", "is_idea_removal", "student_id"),
        needs=("days", "is_idea_removal", "student_id"),
        holds=~(_IDEA & known("student_id"))
        | pl.col("receives_services").is_not_null()
        | (_DAYS.filter(_IDEA).sum().over("student_id") <= LONG_REMOVAL),
        title="Services are not stated for a long removal",
        one=f"{{count}} action does not state services though the student's removals exceed {LONG_REMOVAL} days.",
        many=f"{{count}} actions do not state services though the students' removals exceed {LONG_REMOVAL} days.",
        why=f"From {LONG_REMOVAL} days on, the law says that a student with a disability must get services.",
        fix="Fill in receives_services for every removal of the student.",
    ),
    Rule(
        code="DSC-016",
        severity=MUST_FIX,
        catalogue=("V075",),
        fields=("interim_removal_reason", "action", "is_idea_removal"),
        holds=~(_IDEA & (_ACTION == "interim_setting")) | pl.col("interim_removal_reason").is_not_null(),
        title="The reason for an interim setting is missing",
        one="{count} removal to an interim setting does not give its reason.",
        many="{count} removals to an interim setting do not give their reason.",
        why="The law allows such a removal for four reasons only, and the state reports each.",
        fix="Fill in interim_removal_reason.",
    ),
)

CONTRACT = contract(
    "discipline",
    "DSC",
    title="Discipline",
    description="An action that was taken with a student after an incident, and the school days that it took.",
    record="disciplinary action",
    records="disciplinary actions",
    columns=COLUMNS,
    key=("incident_id", "student_id", "action", "begin_date"),
    rules=RULES,
)
