"""One row is support that a student received on a day, in minutes."""

import polars as pl

from expectations.codes import codes
from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, in_school_year
from expectations.notices import EXPLAIN, MUST_FIX

MOST_MINUTES = 600
"""Minutes of support that one day can have."""

COLUMNS = (
    student_id("StudentInterventionAssociation.studentReference"),
    column(
        "service_date",
        "date",
        "Date",
        "The day of the support.",
        required=True,
        edfi="InterventionPrescription.beginDate",
    ),
    column(
        "service_id",
        "reference",
        "Service",
        "The district's number of the service.",
        required=True,
        edfi="Intervention.interventionIdentificationCode",
    ),
    column(
        "support_kind",
        "code",
        "Kind of support",
        "What kind of support it was.",
        required=True,
        code_set="support_kinds",
        edfi="Intervention.interventionClassDescriptor",
    ),
    column(
        "minutes",
        "integer",
        "Minutes",
        "The minutes that the student received.",
        required=True,
        edfi="StudentInterventionAssociation.dosage",
    ),
    column("planned_minutes", "integer", "Planned minutes", "The minutes that were planned."),
    column("school_id", "identifier", "School", "The school that gave the support.", ceds="001069"),
    column(
        "target_competency_id",
        "reference",
        "Competency",
        "The competency that the support is for.",
        ceds="000689",
    ),
    column("framework_version", "reference", "Framework version", "The framework of the competency, and its version."),
    column("staff_id", "identifier", "Given by", "The number of the person who gave the support.", confidential=True),
)

_TARGETS = pl.col("support_kind").is_in(codes("support_kinds", targets_competency="true"))

RULES = (
    Rule(
        code="SUP-010",
        severity=MUST_FIX,
        catalogue=("V125",),
        fields=("minutes",),
        needs=("minutes",),
        holds=pl.col("minutes").is_between(1, MOST_MINUTES),
        title="The minutes of support are out of range",
        one=f"{{count}} support record has minutes below 1 or above {MOST_MINUTES}.",
        many=f"{{count}} support records have minutes below 1 or above {MOST_MINUTES}.",
        why="Whether support reaches those who need it is counted in minutes.",
        fix="Give the minutes of one day. Leave out support that did not take place.",
    ),
    Rule(
        code="SUP-011",
        severity=MUST_FIX,
        catalogue=("V125",),
        fields=("planned_minutes",),
        needs=("planned_minutes",),
        holds=pl.col("planned_minutes").is_between(0, MOST_MINUTES),
        title="The planned minutes are out of range",
        one=f"{{count}} support record has planned minutes below 0 or above {MOST_MINUTES}.",
        many=f"{{count}} support records have planned minutes below 0 or above {MOST_MINUTES}.",
        why="What was delivered is compared with what was planned.",
        fix="Give the minutes planned for this day, or leave planned_minutes blank.",
    ),
    Rule(
        code="SUP-012",
        severity=EXPLAIN,
        catalogue=("V125",),
        fields=("target_competency_id", "framework_version", "support_kind"),
        holds=~_TARGETS | (pl.col("target_competency_id").is_not_null() & pl.col("framework_version").is_not_null()),
        title="The support has no competency",
        one="{count} support record does not say which competency of which framework it is for.",
        many="{count} support records do not say which competency of which framework they are for.",
        why="Support counts as closing a gap only where the gap is named.",
        fix="Fill in target_competency_id and framework_version, or explain why the support has no target.",
    ),
    Rule(
        code="SUP-013",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("service_date",),
        needs=("service_date",),
        holds=in_school_year("service_date"),
        title="The support is outside the school year",
        one="{count} support record is dated outside the school year, which runs from July 1 to June 30.",
        many="{count} support records are dated outside the school year, which runs from July 1 to June 30.",
        why="Support counts in the school year in which it was given.",
        fix="Check the year of the date.",
    ),
)

CONTRACT = contract(
    "support_service",
    "SUP",
    title="Support service",
    description="Minutes of support that a student received on a day, with the competency that they target.",
    record="support record",
    records="support records",
    columns=COLUMNS,
    key=("student_id", "service_date", "service_id"),
    rules=RULES,
)
