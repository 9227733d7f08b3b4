"""One row is a spell of a student in a group that is taught together."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, apart_in_time, contract, in_school_year, known, last_day
from expectations.notices import EXPLAIN, MUST_FIX

STATIC_DAYS = 126
"""Eighteen weeks: a flexible group that has not changed for so long is not flexible."""

COLUMNS = (
    column(
        "group_id",
        "reference",
        "Group",
        "The school's number of the group.",
        required=True,
        edfi="Cohort.cohortIdentifier",
    ),
    student_id("StudentCohortAssociation.studentReference"),
    column("school_id", "identifier", "School", "The school of the group.", required=True, ceds="001069"),
    column(
        "group_kind",
        "code",
        "Kind of group",
        "Whether the group is flexible, a section, or a program.",
        required=True,
        code_set="group_kinds",
        edfi="Cohort.cohortTypeDescriptor",
    ),
    column(
        "begin_date",
        "date",
        "Begin date",
        "The student's first day in the group.",
        required=True,
        edfi="StudentCohortAssociation.beginDate",
    ),
    column(
        "end_date",
        "date",
        "End date",
        "The student's last day in the group. Blank: still in it.",
        edfi="StudentCohortAssociation.endDate",
    ),
    column(
        "course_subject",
        "code",
        "Subject area",
        "The subject area that the group is taught in.",
        code_set="course_subjects",
        edfi="Cohort.academicSubjectDescriptor",
    ),
    column("level_order", "integer", "Level", "Where the group stands in the order of levels, 1 for the lowest."),
    column("basis", "code", "Basis", "Why the student is in this group.", code_set="group_bases"),
    column("group_label", "text", "Label", "What the school calls the group, word for word."),
    column(
        "is_exclusive",
        "yes_no",
        "Exclusive",
        "Whether a student can be in one such group of the subject at a time. Blank: in several.",
    ),
    column("minutes_per_week", "integer", "Minutes a week", "The minutes that the group meets in a week."),
)

_BEGIN, _END = pl.col("begin_date"), pl.col("end_date").fill_null(last_day())
_FLEXIBLE = pl.col("group_kind") == "flexible"

RULES = (
    Rule(
        code="GRP-010",
        severity=MUST_FIX,
        catalogue=("V123",),
        fields=("end_date", "begin_date"),
        needs=("begin_date", "end_date"),
        holds=pl.col("end_date") >= _BEGIN,
        title="A student leaves a group before entering it",
        one="{count} group membership ends before it begins.",
        many="{count} group memberships end before they begin.",
        why="How often groups change is counted from these dates.",
        fix="Check the begin and end dates of the membership.",
    ),
    Rule(
        code="GRP-011",
        severity=MUST_FIX,
        catalogue=("V123",),
        fields=("begin_date", "end_date", "student_id", "course_subject", "is_exclusive"),
        needs=("is_exclusive", "course_subject"),
        holds=apart_in_time("begin_date", "end_date", of=("student_id", "course_subject", "is_exclusive"))
        | ~pl.col("is_exclusive").fill_null(False),
        title="A student is in two exclusive groups at once",
        one="{count} membership in an exclusive group begins before an earlier one in the subject has ended.",
        many="{count} memberships in exclusive groups begin before an earlier one in the subject has ended.",
        why="A student cannot be taught in two places at once.",
        fix="Close the earlier membership, or set is_exclusive to No.",
    ),
    Rule(
        code="GRP-012",
        severity=EXPLAIN,
        catalogue=("V124",),
        fields=("begin_date", "end_date", "group_kind", "school_id"),
        needs=("begin_date", "school_id"),
        holds=((_END - _BEGIN).dt.total_days() < STATIC_DAYS).any().over("school_id", "group_kind")
        | ~_FLEXIBLE
        | ~known("school_id", "begin_date"),
        title="No flexible group of a school ever changes",
        one="{count} membership is of a school where every flexible group stays the same for 18 weeks or more.",
        many="{count} memberships are of schools where every flexible group stays the same for 18 weeks or more.",
        why="Groups that do not change are levels by another name.",
        fix="Send the spells as they were, or explain why the groups did not change.",
    ),
    Rule(
        code="GRP-013",
        severity=MUST_FIX,
        fields=("level_order", "minutes_per_week"),
        holds=(pl.col("level_order") >= 1).fill_null(True) & (pl.col("minutes_per_week") >= 1).fill_null(True),
        title="Level or minutes are below 1",
        one="{count} group membership has a level or minutes a week below 1.",
        many="{count} group memberships have a level or minutes a week below 1.",
        why="Time in each level is added up from these numbers.",
        fix="Count levels from 1 for the lowest, and give the minutes of one week.",
    ),
    Rule(
        code="GRP-014",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("begin_date", "end_date"),
        holds=in_school_year("begin_date", "end_date"),
        title="A group membership is outside the school year",
        one="{count} group membership has a date outside the school year, which runs from July 1 to June 30.",
        many="{count} group memberships have a date outside the school year, which runs from July 1 to June 30.",
        why="A membership counts in the school year in which it lies.",
        fix="Check the year of the dates. For one who stays on, give this year's first day.",
    ),
)

CONTRACT = contract(
    "instructional_group",
    "GRP",
    title="Instructional group",
    description="A spell of a student in a flexible group, section or program group, with its level and basis.",
    record="group membership",
    records="group memberships",
    columns=COLUMNS,
    key=("group_id", "student_id", "begin_date"),
    rules=RULES,
)
