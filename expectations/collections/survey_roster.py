"""One row is a person who was invited to a survey, under a pseudonym that is used for nothing else."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract, in_school_year
from expectations.notices import EXPLAIN, MUST_FIX

COLUMNS = (
    column(
        "respondent_id",
        "reference",
        "Respondent",
        "The pseudonym of the person in this survey. It is not the number of a student.",
        required=True,
        confidential=True,
        edfi="SurveyResponse.surveyResponseIdentifier",
    ),
    column(
        "wave",
        "reference",
        "Survey",
        "The survey and when it was held.",
        required=True,
        edfi="Survey.surveyIdentifier",
    ),
    column(
        "school_id",
        "identifier",
        "School",
        "The school that the survey asks about.",
        required=True,
        ceds="001069",
        edfi="Survey.educationOrganizationReference",
    ),
    column(
        "respondent_role",
        "code",
        "Role",
        "Whether a student, a family or a member of the staff was invited.",
        required=True,
        code_set="survey_roles",
    ),
    column("invited_date", "date", "Invited", "The day of the invitation."),
    column("grade", "code", "Grade", "For a student or family: the grade of the student.", code_set="grades"),
    column(
        "student_groups",
        "codes",
        "Student groups",
        "For a student or family: the groups that the student belongs to, with ; between the codes.",
        code_set="student_groups",
    ),
    column("is_eligible", "yes_no", "Eligible", "Whether the person could take part. Blank: yes."),
)

RULES = (
    Rule(
        code="SRO-010",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("invited_date",),
        needs=("invited_date",),
        holds=in_school_year("invited_date"),
        title="An invitation is outside the school year",
        one="{count} invitation is dated outside the school year, which runs from July 1 to June 30.",
        many="{count} invitations are dated outside the school year, which runs from July 1 to June 30.",
        why="A survey counts in the school year in which it was held.",
        fix="Check the year of the date.",
    ),
    Rule(
        code="SRO-011",
        severity=EXPLAIN,
        fields=("grade", "respondent_role"),
        holds=(pl.col("respondent_role") == "staff") == pl.col("grade").is_null(),
        title="The grade does not fit the role",
        one="{count} invitation lacks the grade of the student, or gives a grade to a member of the staff.",
        many="{count} invitations lack the grade of the student, or give a grade to members of the staff.",
        why="Answers are compared by grade, and answers of staff are kept apart.",
        fix="Fill in the grade for students and families, and clear it for staff.",
    ),
)

CONTRACT = contract(
    "survey_roster",
    "SRO",
    title="Survey roster",
    description="Who was invited to a survey, under a pseudonym that is used for nothing else.",
    record="invitation",
    records="invitations",
    columns=COLUMNS,
    key=("respondent_id", "wave"),
    rules=RULES,
)
