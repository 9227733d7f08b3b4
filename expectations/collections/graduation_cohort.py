"""One row is a member of a graduation cohort, with what became of the student and the documents for it."""

import polars as pl

from expectations.codes import codes
from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract
from expectations.notices import EXPLAIN, INFORMATION, MUST_FIX

YEARS_AFTER_GRADE_NINE, DOCUMENTED = 3, 0.95
"""A cohort graduates this many years after its first grade 9; this share of removals has documents."""

COLUMNS = (
    student_id("StudentSchoolAssociation.studentReference"),
    column(
        "cohort_year",
        "integer",
        "Cohort",
        "The school year, by the year in which it ends, in which the cohort graduates after four years.",
        required=True,
        ceds="000584",
        edfi="StudentSchoolAssociation.classOfSchoolYearTypeReference",
    ),
    column(
        "school_id",
        "identifier",
        "School",
        "The school that answers for the student in the cohort.",
        required=True,
        ceds="001069",
        edfi="StudentSchoolAssociation.schoolReference",
    ),
    column(
        "outcome",
        "code",
        "Outcome",
        "What became of the student by now.",
        required=True,
        code_set="cohort_outcomes",
    ),
    column("joined_as", "code", "Joined as", "How the student joined the cohort.", code_set="cohort_entries"),
    column(
        "first_grade_nine_school_year",
        "integer",
        "First year in grade 9",
        "The school year, by the year in which it ends, in which the student was first in grade 9.",
        ceds="000046",
    ),
    column(
        "outcome_date",
        "date",
        "Date of the outcome",
        "The day of the diploma, of leaving, or of the removal.",
        ceds="000081",
        edfi="StudentAcademicRecord.diplomas",
    ),
    column(
        "diploma_type",
        "code",
        "Diploma",
        "The diploma or credential that the student holds.",
        code_set="diploma_types",
        ceds="000138",
        edfi="Diploma.diplomaTypeDescriptor",
    ),
    column(
        "exit_type",
        "code",
        "Exit type",
        "How the student left the last school.",
        code_set="exit_types",
        in_force_on="outcome_date",
        ceds="000110",
        edfi="StudentSchoolAssociation.exitWithdrawTypeDescriptor",
    ),
    column(
        "removal_reason",
        "code",
        "Reason for removal",
        "Why the student no longer counts in the cohort.",
        code_set="removal_reasons",
        ceds="000106",
    ),
    column(
        "documentation_source",
        "code",
        "Source of the document",
        "Who wrote the document that the removal rests on.",
        code_set="documentation_sources",
    ),
    column("documentation_date", "date", "Date of the document", "The day of that document."),
)

_REMOVED, _GRADUATED = pl.col("outcome") == "removed", pl.col("outcome") == "graduated"
_DIPLOMA, _REASON = pl.col("diploma_type"), pl.col("removal_reason")
_SOURCE = pl.col("documentation_source").fill_null("none")
_RECEIVED = _SOURCE.is_in(["receiving_school", "home_school_notice"]) & pl.col("documentation_date").is_not_null()
_ON_FILE = ~_SOURCE.is_in(["none", "family"]) & pl.col("documentation_date").is_not_null()
_TRANSFERRED = _REASON == "transfer_out"

RULES = (
    Rule(
        code="GRD-010",
        severity=MUST_FIX,
        catalogue=("V045",),
        fields=("removal_reason", "outcome"),
        holds=_REASON.is_not_null() == _REMOVED,
        title="A removal has no lawful reason",
        one="{count} cohort member is removed without a lawful reason, or has a reason and is not removed.",
        many="{count} cohort members are removed without a lawful reason, or have a reason and are not removed.",
        why="The law names the only reasons for which a student leaves the cohort (20 USC 7801(25)).",
        fix="Give the reason for the removal, or the outcome that the student has.",
    ),
    Rule(
        code="GRD-011",
        severity=MUST_FIX,
        catalogue=("V046",),
        fields=("documentation_source", "documentation_date", "removal_reason"),
        holds=~_TRANSFERRED | _RECEIVED,
        title="A transfer has no document of the receiving school",
        one="{count} cohort member is removed as a transfer without a dated document of the receiving school.",
        many="{count} cohort members are removed as transfers without a dated document of the receiving school.",
        why="Without that document the student stays in the cohort (20 USC 7801(25)).",
        fix="Ask the receiving school for it and fill in its source and date, or change the outcome.",
    ),
    Rule(
        code="GRD-012",
        severity=MUST_FIX,
        catalogue=("V047",),
        fields=("exit_type", "outcome"),
        needs=("exit_type",),
        holds=~_REMOVED | pl.col("exit_type").is_in(codes("exit_types", cohort_effect="removal")),
        title="The exit is none that removes from the cohort",
        one="{count} cohort member is removed though the exit type never removes a student.",
        many="{count} cohort members are removed though their exit type never removes a student.",
        why="Who leaves without a diploma stays in it. So do those in other programs or with an unknown exit.",
        fix="Correct exit_type, or give the outcome that the student has.",
    ),
    Rule(
        code="GRD-013",
        severity=INFORMATION,
        catalogue=("V049",),
        fields=("outcome_date", "outcome", "cohort_year"),
        needs=("outcome_date", "cohort_year"),
        holds=~_GRADUATED | (pl.col("outcome_date") <= pl.date(pl.col("cohort_year"), 8, 31)),
        title="A diploma comes after the fourth summer",
        one="{count} cohort member graduated after the summer that follows the fourth year.",
        many="{count} cohort members graduated after the summer that follows the fourth year.",
        why="Such a student counts in the extended-year rate and not in the four-year rate.",
        fix="Nothing is needed if the date is right.",
    ),
    Rule(
        code="GRD-014",
        severity=MUST_FIX,
        catalogue=("V050",),
        fields=("diploma_type", "outcome"),
        holds=~_GRADUATED | _DIPLOMA.is_in(codes("diploma_types", counts_as_graduate="true")).fill_null(False),
        title="The diploma does not make a graduate",
        one="{count} cohort member is a graduate without a regular or state-defined alternate diploma.",
        many="{count} cohort members are graduates without a regular or state-defined alternate diploma.",
        why="Only these diplomas count as graduation (20 USC 7801(25)).",
        fix="Correct diploma_type, or use other_credential.",
    ),
    Rule(
        code="GRD-015",
        severity=MUST_FIX,
        catalogue=("V051",),
        fields=("diploma_type", "outcome"),
        needs=("diploma_type",),
        holds=~_REMOVED | _DIPLOMA.is_null(),
        title="A student is both removed and holds a diploma",
        one="{count} cohort member is removed and holds a diploma.",
        many="{count} cohort members are removed and hold a diploma.",
        why="A student cannot leave the cohort and graduate from it.",
        fix="Clear diploma_type, or change the outcome to graduated.",
    ),
    Rule(
        code="GRD-016",
        severity=MUST_FIX,
        catalogue=("V044",),
        fields=("cohort_year", "first_grade_nine_school_year"),
        needs=("cohort_year", "first_grade_nine_school_year"),
        holds=pl.col("cohort_year") == pl.col("first_grade_nine_school_year") + YEARS_AFTER_GRADE_NINE,
        title="The cohort does not follow from the first grade 9",
        one="{count} cohort member is not in the cohort of the first year in grade 9.",
        many="{count} cohort members are not in the cohort of their first year in grade 9.",
        why="The first year in grade 9 decides the cohort, whatever happens later.",
        fix="Give the cohort that graduates three years after the first year in grade 9.",
    ),
    Rule(
        code="GRD-017",
        severity=EXPLAIN,
        catalogue=("V056",),
        fields=("documentation_source", "documentation_date", "removal_reason"),
        needs=("removal_reason",),
        holds=~_REMOVED | _TRANSFERRED | _ON_FILE | ((_ON_FILE & _REMOVED).sum() >= DOCUMENTED * _REMOVED.sum()),
        title="Too many removals have no document",
        one="{count} cohort member is removed without a dated document, where fewer than 95 % of removals have one.",
        many="{count} cohort members are removed without a dated document, where fewer than 95 % of removals have one.",
        why="Missing documents are what audits of graduation rates find most.",
        fix="Fill in the source and the date of the document, or explain why there is none.",
    ),
    Rule(
        code="GRD-018",
        severity=MUST_FIX,
        catalogue=("V049",),
        fields=("outcome_date", "outcome"),
        holds=~(_GRADUATED | _REMOVED) | pl.col("outcome_date").is_not_null(),
        title="The date of an outcome is missing",
        one="{count} cohort member is graduated or removed without a date.",
        many="{count} cohort members are graduated or removed without a date.",
        why="The date decides whether the student counts in the four-year rate.",
        fix="Fill in outcome_date.",
    ),
)

CONTRACT = contract(
    "graduation_cohort",
    "GRD",
    title="Graduation cohort",
    description="A member of a graduation cohort: outcome, diploma, and for a removal its reason and document.",
    record="cohort member",
    records="cohort members",
    columns=COLUMNS,
    key=("student_id",),
    rules=RULES,
)
