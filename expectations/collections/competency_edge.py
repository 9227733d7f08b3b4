"""One row says how one competency of a framework relates to another, such as that it comes before it."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract
from expectations.notices import MUST_FIX

COLUMNS = (
    column(
        "from_competency_id",
        "reference",
        "From",
        "The competency that the relation starts from: with precedes, the one that comes first.",
        required=True,
        ceds="001406",
    ),
    column(
        "to_competency_id",
        "reference",
        "To",
        "The competency that the relation leads to: with precedes, the one that comes later.",
        required=True,
        ceds="001404",
    ),
    column("framework_version", "reference", "Framework version", "The framework and its version.", required=True),
    column(
        "edge_type",
        "code",
        "Relation",
        "How the two relate, in the words of CASE.",
        required=True,
        code_set="competency_edge_types",
        ceds="000869",
    ),
    column(
        "strength",
        "code",
        "Strength",
        "With precedes: whether the first is needed before the second, or only helpful.",
        code_set="prerequisite_strengths",
    ),
    column("weight", "decimal", "Weight", "The weight of the relation, where the framework gives one.", ceds="001407"),
)

_FROM, _TO, _PRECEDES = pl.col("from_competency_id"), pl.col("to_competency_id"), pl.col("edge_type") == "precedes"


def _leads_nowhere_back(edges: pl.Series) -> pl.Series:
    """Hold for each edge that lies on no path from a cycle to a cycle.

    Edges that nothing leads to, or that lead to nothing more, are taken away until none is left of that kind.
    """
    all_edges = edges.struct.unnest().with_row_index("edge")
    left = all_edges.filter((pl.col("edge_type") == "precedes") & (_FROM != _TO)).drop_nulls("framework_version")
    while True:
        ends = left.select("framework_version", from_competency_id="to_competency_id")
        starts = left.select("framework_version", to_competency_id="from_competency_id")
        kept = left.join(ends, on=ends.columns, how="semi").join(starts, on=starts.columns, how="semi")
        if kept.height == left.height:
            return ~all_edges["edge"].is_in(left["edge"].implode())
        left = kept


RULES = (
    Rule(
        code="EDG-010",
        severity=MUST_FIX,
        catalogue=("V104",),
        fields=("to_competency_id", "from_competency_id"),
        holds=_FROM != _TO,
        title="A competency relates to itself",
        one="{count} relation leads from a competency to itself.",
        many="{count} relations lead from a competency to itself.",
        why="No competency can come before itself.",
        fix="Take the row out, or name the competency that is meant.",
    ),
    Rule(
        code="EDG-011",
        severity=MUST_FIX,
        catalogue=("V104",),
        fields=("strength", "edge_type"),
        holds=~_PRECEDES | pl.col("strength").is_not_null(),
        title="The strength of a prerequisite is missing",
        one="{count} relation says that one competency precedes another but not how strongly.",
        many="{count} relations say that one competency precedes another but not how strongly.",
        why="Only competencies that are needed before count as gaps.",
        fix="Fill in strength: hard where the first is needed, soft where it is helpful.",
    ),
    Rule(
        code="EDG-012",
        severity=MUST_FIX,
        catalogue=("V104",),
        fields=("from_competency_id", "to_competency_id", "framework_version", "edge_type"),
        holds=pl.struct("from_competency_id", "to_competency_id", "framework_version", "edge_type").map_batches(
            _leads_nowhere_back, return_dtype=pl.Boolean
        ),
        title="Competencies come before each other in a circle",
        one="{count} relation is part of a circle in which each competency comes before the next.",
        many="{count} relations are part of a circle in which each competency comes before the next.",
        why="In a circle no competency can be learned first.",
        fix="Take out the relation that closes the circle.",
    ),
)

CONTRACT = contract(
    "competency_edge",
    "EDG",
    title="Relation between competencies",
    description="How one competency of a framework relates to another: which comes before, and how strongly.",
    record="relation",
    records="relations",
    columns=COLUMNS,
    key=("from_competency_id", "to_competency_id", "framework_version", "edge_type"),
    rules=RULES,
)
