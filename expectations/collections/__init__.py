"""One contract per collection, under the collection's name: its columns, types, code sets, key and rules.

Whatever types, screens, stores or describes a collection derives it from here. Rules that need a second file live in
`expectations/agreement`.
"""

import pandera.polars as pa

from expectations.collections import (
    assessment,
    attendance,
    calendar,
    competency,
    competency_edge,
    course_section,
    determination,
    discipline,
    district,
    enrollment,
    evidence,
    grade_component,
    graduation_cohort,
    habit_rating,
    instructional_group,
    moderation_score,
    placement_decision,
    postsecondary,
    school,
    section_enrollment,
    staff_assignment,
    student,
    student_registry,
    student_status,
    support_service,
    survey_response,
    survey_roster,
)
from expectations.collections.rules import Rule

CONTRACTS: dict[str, pa.DataFrameSchema] = {
    module.CONTRACT.name: module.CONTRACT
    for module in (
        district,
        student_registry,
        school,
        calendar,
        student,
        student_status,
        enrollment,
        attendance,
        assessment,
        course_section,
        section_enrollment,
        staff_assignment,
        competency,
        competency_edge,
        evidence,
        determination,
        moderation_score,
        grade_component,
        instructional_group,
        support_service,
        placement_decision,
        discipline,
        graduation_cohort,
        postsecondary,
        habit_rating,
        survey_roster,
        survey_response,
    )
}
"""The contract of every collection, in the order in which a state is described."""

RULES: dict[str, Rule] = {
    code: rule for contract in CONTRACTS.values() for code, rule in contract.metadata["rules"].items()
}
"""Every rule by its code."""
