"""One row is a rating of a habit of work. Habits have a scale of their own and never enter a grade."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, in_school_year
from expectations.notices import MUST_FIX

COLUMNS = (
    student_id("StudentLearningObjective.studentReference"),
    column("habit_id", "reference", "Habit", "The habit, by its number in the framework of habits.", required=True),
    column("rating_date", "date", "Date", "The day of the rating.", required=True),
    column("rater_role", "code", "Role of the rater", "Who rated.", required=True, code_set="rater_roles"),
    column("score", "decimal", "Rating", "The rating on the scale of the habit.", required=True, confidential=True),
    column("highest_score", "decimal", "Highest rating", "The highest rating of the scale; the lowest is 0 or 1."),
    column("rater_id", "identifier", "Rater", "The number of the person who rated.", confidential=True),
    column("school_id", "identifier", "School", "The school where the habit was rated.", ceds="001069"),
)

RULES = (
    Rule(
        code="HAB-010",
        severity=MUST_FIX,
        catalogue=("V131",),
        fields=("score", "highest_score"),
        needs=("score",),
        holds=(pl.col("score") >= 0) & (pl.col("score") <= pl.col("highest_score")),
        title="A rating is not on its scale",
        one="{count} habit rating is below 0 or above the highest rating.",
        many="{count} habit ratings are below 0 or above the highest rating.",
        why="Ratings are shown as a profile on the scale.",
        fix="Check score and highest_score.",
    ),
    Rule(
        code="HAB-011",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("rating_date",),
        needs=("rating_date",),
        holds=in_school_year("rating_date"),
        title="A rating is outside the school year",
        one="{count} habit rating is dated outside the school year, which runs from July 1 to June 30.",
        many="{count} habit ratings are dated outside the school year, which runs from July 1 to June 30.",
        why="A rating counts in the school year in which it was given.",
        fix="Check the year of the date.",
    ),
)

CONTRACT = contract(
    "habit_rating",
    "HAB",
    title="Habit rating",
    description="A rating of one of a student's habits of work, on a scale of its own.",
    record="habit rating",
    records="habit ratings",
    columns=COLUMNS,
    key=("student_id", "habit_id", "rating_date", "rater_role", "rater_id"),
    rules=RULES,
)
