"""One row is the answer of one respondent to one question of a survey."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract, in_school_year, known
from expectations.notices import MUST_FIX

LOWEST, HIGHEST, FEWEST_ITEMS = 1, 5, 3
"""The ends of a scale that are meant where none are given, and the questions that a construct needs."""

COLUMNS = (
    column(
        "respondent_id",
        "reference",
        "Respondent",
        "The pseudonym of the person, as in the roster.",
        required=True,
        confidential=True,
        edfi="SurveyResponse.surveyResponseIdentifier",
    ),
    column(
        "wave",
        "reference",
        "Survey",
        "The survey and when it was held, as in the roster.",
        required=True,
        edfi="Survey.surveyIdentifier",
    ),
    column(
        "item_id",
        "reference",
        "Question",
        "The question, by its number in the survey.",
        required=True,
        edfi="SurveyQuestion.questionCode",
    ),
    column(
        "construct",
        "code",
        "Construct",
        "What the question asks about.",
        required=True,
        code_set="survey_constructs",
    ),
    column("is_reversed", "yes_no", "Reversed", "Whether a high answer is a low score.", required=True),
    column(
        "value",
        "integer",
        "Answer",
        "The answer as a number. Blank: the question was not answered.",
        confidential=True,
        edfi="SurveyQuestionResponse.numericResponse",
    ),
    column("lowest_value", "integer", "Lowest answer", f"The lowest answer of the scale. Blank: {LOWEST}."),
    column("highest_value", "integer", "Highest answer", f"The highest answer of the scale. Blank: {HIGHEST}."),
    column("response_date", "date", "Date", "The day of the answer.", edfi="SurveyResponse.responseDate"),
)

_ITEM, _CONSTRUCT, _REVERSED = pl.col("item_id"), pl.col("construct"), pl.col("is_reversed")

RULES = (
    Rule(
        code="SRE-010",
        severity=MUST_FIX,
        catalogue=("V131",),
        fields=("value", "lowest_value", "highest_value"),
        needs=("value",),
        holds=pl.col("value").is_between(
            pl.col("lowest_value").fill_null(LOWEST), pl.col("highest_value").fill_null(HIGHEST)
        ),
        title="An answer is not on its scale",
        one="{count} answer is not on the scale of its question.",
        many="{count} answers are not on the scale of their question.",
        why="Scores are averages of the answers.",
        fix="Check the answer and the ends of the scale. Leave value blank where there is no answer.",
    ),
    Rule(
        code="SRE-011",
        severity=MUST_FIX,
        catalogue=("V131",),
        fields=("item_id", "wave", "construct", "is_reversed"),
        needs=("item_id", "wave"),
        holds=((_CONSTRUCT.min() == _CONSTRUCT.max()) & (_REVERSED.min() == _REVERSED.max())).over("wave", "item_id")
        | ~known("wave", "item_id"),
        title="One question is described in two ways",
        one="{count} answer is to a question that has two constructs, or is reversed in some rows only.",
        many="{count} answers are to questions that have two constructs, or are reversed in some rows only.",
        why="A question that is turned around for some turns their answers into the opposite.",
        fix="Give the same construct and is_reversed for a question in every row.",
    ),
    Rule(
        code="SRE-012",
        severity=MUST_FIX,
        catalogue=("V131",),
        fields=("construct", "wave", "item_id"),
        needs=("wave", "item_id"),
        holds=(_ITEM.n_unique().over("wave", "construct") >= FEWEST_ITEMS)
        | (_ITEM.n_unique().over("wave") == 1)
        | ~known("wave"),
        title="A construct has too few questions",
        one=f"{{count}} answer is about a construct with fewer than {FEWEST_ITEMS} questions in the survey.",
        many=f"{{count}} answers are about constructs with fewer than {FEWEST_ITEMS} questions in the survey.",
        why="With fewer questions it is not known how reliable a score is.",
        fix="Send all questions of the survey, or leave the construct out.",
    ),
    Rule(
        code="SRE-013",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("response_date",),
        needs=("response_date",),
        holds=in_school_year("response_date"),
        title="An answer is outside the school year",
        one="{count} answer is dated outside the school year, which runs from July 1 to June 30.",
        many="{count} answers are dated outside the school year, which runs from July 1 to June 30.",
        why="A survey counts in the school year in which it was held.",
        fix="Check the year of the date.",
    ),
)

CONTRACT = contract(
    "survey_response",
    "SRE",
    title="Survey response",
    description="The answer of one respondent, under a pseudonym, to one question of a survey.",
    record="answer",
    records="answers",
    columns=COLUMNS,
    key=("respondent_id", "wave", "item_id"),
    rules=RULES,
)
