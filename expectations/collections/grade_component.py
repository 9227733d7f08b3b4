"""One row is a part of the grade of a section, with its kind and weight."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract, known
from expectations.notices import EXPLAIN, MUST_FIX

COLUMNS = (
    column(
        "section_id",
        "reference",
        "Section",
        "The section, by its number in the course sections.",
        required=True,
        ceds="000978",
        edfi="GradebookEntry.sectionReference",
    ),
    column(
        "component_id",
        "reference",
        "Component",
        "The district's number of the component in the section.",
        required=True,
        edfi="GradebookEntry.gradebookEntryIdentifier",
    ),
    column(
        "component_kind",
        "code",
        "Kind",
        "Whether the component is about learning or about habits of work.",
        required=True,
        code_set="grade_component_kinds",
    ),
    column("component_name", "text", "Name", "What the component is called.", edfi="GradebookEntry.title"),
    column(
        "weight",
        "decimal",
        "Weight",
        "The weight of the component in the academic grade, in percent.",
        required=True,
    ),
)

_WEIGHT = pl.col("weight")

RULES = (
    Rule(
        code="GCM-010",
        severity=MUST_FIX,
        catalogue=("V105",),
        fields=("weight", "component_kind"),
        needs=("weight",),
        holds=(pl.col("component_kind") != "habit") | (_WEIGHT == 0),
        title="Habits of work count in an academic grade",
        one="{count} component is about habits of work and has a weight in the academic grade.",
        many="{count} components are about habits of work and have a weight in the academic grade.",
        why="A grade should say what a student has learned; habits are reported beside it.",
        fix="Set the weight of the habit to 0, or correct component_kind.",
    ),
    Rule(
        code="GCM-011",
        severity=MUST_FIX,
        fields=("weight",),
        needs=("weight",),
        holds=_WEIGHT.is_between(0, 100),
        title="The weight is not 0 to 100 percent",
        one="{count} component has a weight below 0 or above 100 percent.",
        many="{count} components have a weight below 0 or above 100 percent.",
        why="The weight says how much of the grade the component makes.",
        fix="Give the weight in percent, such as 25 for a quarter.",
    ),
    Rule(
        code="GCM-012",
        severity=EXPLAIN,
        fields=("weight", "section_id"),
        needs=("weight", "section_id"),
        holds=(_WEIGHT.sum().over("section_id") == 100) | ~_WEIGHT.is_between(0, 100) | ~known("section_id"),
        title="The weights of a section do not add up to 100",
        one="{count} component is of a section whose weights do not add up to 100 percent.",
        many="{count} components are of sections whose weights do not add up to 100 percent.",
        why="Only with all components is it known what a grade is made of.",
        fix="Send every component of the section, or explain the weights.",
    ),
)

CONTRACT = contract(
    "grade_component",
    "GCM",
    title="Grade component",
    description="A part of the grade of a section, with its kind and weight.",
    record="component",
    records="components",
    columns=COLUMNS,
    key=("section_id", "component_id"),
    rules=RULES,
)
