"""One row is a second score of a piece of evidence, given to see whether raters agree."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract, in_school_year
from expectations.notices import MUST_FIX

COLUMNS = (
    column(
        "evidence_id",
        "reference",
        "Piece of evidence",
        "The piece that is scored again.",
        required=True,
        confidential=True,
    ),
    column("rater_id", "identifier", "Rater", "The number of the second rater.", required=True, confidential=True),
    column(
        "moderation_round",
        "code",
        "Round",
        "Whether the second rater is of the same school, of another one, or an auditor.",
        required=True,
        code_set="moderation_rounds",
    ),
    column("score", "rating", "Score", "The score of the second rater.", required=True, confidential=True),
    column("is_blind", "yes_no", "Blind", "Whether the second rater did not know the first score.", required=True),
    column("first_rater_id", "identifier", "First rater", "The number of the first rater.", confidential=True),
    column("first_score", "rating", "First score", "The score of the first rater.", confidential=True),
    column("school_id", "identifier", "School", "The school where the piece was first scored.", ceds="001069"),
    column("rater_school_id", "identifier", "School of the rater", "The school of the second rater.", ceds="001069"),
    column(
        "is_benchmark",
        "yes_no",
        "Benchmark",
        "Whether the piece has a score that is known to be right. Blank: it has none.",
    ),
    column("benchmark_score", "rating", "Benchmark score", "The score known to be right.", confidential=True),
    column("final_score", "rating", "Final score", "The score that stands after moderation.", confidential=True),
    column("scored_date", "date", "Date", "The day of the second score."),
)

_ACROSS = pl.col("moderation_round") == "cross_school"

RULES = (
    Rule(
        code="MOD-010",
        severity=MUST_FIX,
        catalogue=("V121",),
        fields=("rater_id", "first_rater_id"),
        needs=("rater_id", "first_rater_id"),
        holds=pl.col("rater_id") != pl.col("first_rater_id"),
        title="Both scores are of one person",
        one="{count} moderation score is by the person who gave the first score.",
        many="{count} moderation scores are by the person who gave the first score.",
        why="Agreement of a person with oneself does not show that raters agree.",
        fix="Take the row out, or correct the numbers of the raters.",
    ),
    Rule(
        code="MOD-011",
        severity=MUST_FIX,
        catalogue=("V121",),
        fields=("rater_school_id", "school_id", "moderation_round"),
        needs=("rater_school_id", "school_id"),
        holds=~_ACROSS | (pl.col("rater_school_id") != pl.col("school_id")),
        title="The rater of another school is of the same school",
        one="{count} moderation score across schools is by a rater of the same school.",
        many="{count} moderation scores across schools are by raters of the same school.",
        why="Only raters of another school can show that schools judge alike.",
        fix="Correct rater_school_id, or use within_school.",
    ),
    Rule(
        code="MOD-012",
        severity=MUST_FIX,
        catalogue=("V121",),
        fields=("is_blind", "moderation_round"),
        holds=~_ACROSS | pl.col("is_blind"),
        title="A score across schools is not blind",
        one="{count} moderation score across schools was given by a rater who knew the first score.",
        many="{count} moderation scores across schools were given by raters who knew the first score.",
        why="A rater who knows the first score tends to repeat it.",
        fix="Correct is_blind, or use audit where the first score was known.",
    ),
    Rule(
        code="MOD-013",
        severity=MUST_FIX,
        fields=("benchmark_score", "is_benchmark"),
        holds=pl.col("is_benchmark").fill_null(False) == pl.col("benchmark_score").is_not_null(),
        title="Benchmark and its score do not come together",
        one="{count} moderation score is of a benchmark without its score, or the other way around.",
        many="{count} moderation scores are of benchmarks without their score, or the other way around.",
        why="A benchmark shows whether raters are too lenient, by its known score.",
        fix="Fill in benchmark_score, or correct is_benchmark.",
    ),
    Rule(
        code="MOD-014",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("scored_date",),
        needs=("scored_date",),
        holds=in_school_year("scored_date"),
        title="A moderation score is outside the school year",
        one="{count} moderation score is dated outside the school year, which runs from July 1 to June 30.",
        many="{count} moderation scores are dated outside the school year, which runs from July 1 to June 30.",
        why="Agreement is reported for the school year in which the scores were given.",
        fix="Check the year of the date.",
    ),
)

CONTRACT = contract(
    "moderation_score",
    "MOD",
    title="Moderation score",
    description="A second score of a piece of evidence, within a school, across schools or in an audit.",
    record="moderation score",
    records="moderation scores",
    columns=COLUMNS,
    key=("evidence_id", "rater_id", "moderation_round"),
    rules=RULES,
)
