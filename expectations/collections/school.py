"""One row is a school in a school year."""

import polars as pl

from expectations.codes import codes
from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract
from expectations.notices import EXPLAIN, MUST_FIX

COLUMNS = (
    column(
        "school_id",
        "identifier",
        "School",
        "The state's number of the school, leading zeros kept.",
        required=True,
        ceds="001069",
        edfi="School.schoolId",
    ),
    column(
        "school_name",
        "text",
        "School name",
        "The name as it is published.",
        required=True,
        edfi="School.nameOfInstitution",
    ),
    column(
        "school_level",
        "code",
        "School level",
        "The level of the school as a whole.",
        code_set="school_levels",
        edfi="School.schoolCategories",
    ),
    column(
        "lowest_grade",
        "code",
        "Lowest grade",
        "The lowest grade that the school offers.",
        code_set="grades",
        edfi="School.gradeLevels",
    ),
    column(
        "highest_grade",
        "code",
        "Highest grade",
        "The highest grade that the school offers.",
        code_set="grades",
        edfi="School.gradeLevels",
    ),
    column(
        "title_i_status",
        "yes_no",
        "Title I",
        "Whether the school receives Title I funds.",
        ceds="000285",
        edfi="School.titleIPartASchoolDesignationDescriptor",
    ),
    column(
        "charter_status",
        "yes_no",
        "Charter",
        "Whether the school is a charter school.",
        edfi="School.charterStatusDescriptor",
    ),
    column(
        "operational_status",
        "code",
        "Operational status",
        "Whether the school is open in the school year.",
        code_set="operational_statuses",
        ceds="000533",
        edfi="School.operationalStatusDescriptor",
    ),
    column(
        "prior_school_id",
        "identifier",
        "Earlier number",
        "The number that the school had before, where it was changed.",
        ceds="001069",
    ),
    column("number_changed_date", "date", "Number changed", "The day from which the new number is in force."),
    column(
        "city",
        "text",
        "City",
        "The city or town in which the school stands, by which readers look for it.",
        ceds="000040",
        edfi="School.addresses",
    ),
)

_TITLE_I = pl.col("title_i_status")


def _place(grade: str) -> pl.Expr:
    """Where a grade stands in the order of the code set."""
    order = {code: place for place, code in enumerate(codes("grades"))}
    return pl.col(grade).replace_strict(order, default=None, return_dtype=pl.Int8)


def _reaches(lowest: str, highest: str) -> pl.Expr:
    """Whether the grades of the school meet the span from `lowest` to `highest`."""
    order = codes("grades").index
    return (_place("lowest_grade") <= order(highest)) & (_place("highest_grade") >= order(lowest))


RULES = (
    Rule(
        code="SCH-010",
        severity=MUST_FIX,
        catalogue=("V089",),
        fields=("lowest_grade", "highest_grade"),
        needs=("lowest_grade", "highest_grade"),
        holds=_place("lowest_grade") <= _place("highest_grade"),
        title="The lowest grade is above the highest grade",
        one="{count} school has a lowest grade above its highest grade.",
        many="{count} schools have a lowest grade above their highest grade.",
        why="The grades offered decide which students a school can be asked about.",
        fix="Check lowest_grade and highest_grade; they may have been exchanged.",
    ),
    Rule(
        code="SCH-011",
        severity=EXPLAIN,
        catalogue=("V089",),
        fields=("lowest_grade", "highest_grade"),
        holds=pl.col("lowest_grade").is_null() == pl.col("highest_grade").is_null(),
        title="Only one end of the grades offered is given",
        one="{count} school gives only its lowest or only its highest grade.",
        many="{count} schools give only their lowest or only their highest grade.",
        why="With one end alone the grades offered are not known.",
        fix="Give both lowest_grade and highest_grade, or neither.",
    ),
    Rule(
        code="SCH-012",
        severity=EXPLAIN,
        catalogue=("V089",),
        fields=("school_level", "lowest_grade", "highest_grade"),
        needs=("school_level",),
        holds=pl.when(pl.col("school_level") == "elementary")
        .then(_reaches("PK", "06"))
        .when(pl.col("school_level") == "middle")
        .then(_reaches("04", "09"))
        .when(pl.col("school_level") == "high")
        .then(_reaches("09", "12")),
        title="School level and grades offered disagree",
        one="{count} school has a level that does not fit the grades it offers.",
        many="{count} schools have a level that does not fit the grades they offer.",
        why="Readers compare schools of the same level.",
        fix="Check school_level, lowest_grade and highest_grade, or explain what makes the school unusual.",
    ),
    Rule(
        code="SCH-013",
        severity=MUST_FIX,
        catalogue=("V094",),
        fields=("title_i_status", "operational_status"),
        needs=("title_i_status",),
        holds=_TITLE_I.is_not_null()
        | _TITLE_I.is_null().all()
        | (pl.col("operational_status").fill_null("open") == "closed"),
        title="The Title I status of a school is missing",
        one="{count} school that is open has no Title I status, though other schools have one.",
        many="{count} schools that are open have no Title I status, though other schools have one.",
        why="Schools with Title I funds are compared with each other to see which need support (20 USC 6311(c)(4)(D)).",
        fix="Fill in title_i_status with Yes or No for every school.",
    ),
    Rule(
        code="SCH-014",
        severity=MUST_FIX,
        catalogue=("V088",),
        fields=("prior_school_id", "number_changed_date", "school_id"),
        holds=(pl.col("prior_school_id").is_null() == pl.col("number_changed_date").is_null())
        & (pl.col("prior_school_id") != pl.col("school_id")).fill_null(True),
        title="A changed number is not complete",
        one="{count} school gives an earlier number without the day of the change, or the same number twice.",
        many="{count} schools give an earlier number without the day of the change, or the same number twice.",
        why="Earlier years of the school are found by its earlier number.",
        fix="Fill in both prior_school_id and number_changed_date, or clear both.",
    ),
)

CONTRACT = contract(
    "school",
    "SCH",
    title="School",
    description="A school in a school year: its number, name, level and the grades it offers.",
    record="school",
    records="schools",
    columns=COLUMNS,
    key=("school_id",),
    rules=RULES,
)
