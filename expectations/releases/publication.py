"""The release gate: what must hold of `publication.pub_indicator_results` before anyone outside sees it.

Each promise is one or more Great Expectations over the table, in a sentence that a data steward can act on. Results are
counts and never rows. Nothing is read here but code sets and which groups a policy reports, and nothing is decided:
whoever publishes stops at an error.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from expectations.codes import code_set_file, codes, policy_file
from expectations.releases.promises import Result, result

if TYPE_CHECKING:
    import pandas as pd

KEYS = (
    "school_year",
    "level",
    "entity_id",
    "indicator",
    "policy_id",
    "population",
    "student_group",
    "grade_span",
    "subject",
    "measure",
)
INTERVAL = ("interval_low", "interval_high")
NUMBERS = ("value", *INTERVAL)
BOUNDS = ("low_bound", "high_bound")
COUNTS = ("numerator", "denominator")
NUMERIC = ("school_year", "student_count", *COUNTS, *NUMBERS, *BOUNDS, "completeness")
COLUMNS = (
    *KEYS,
    "student_count",
    *COUNTS,
    "value",
    "value_status",
    *BOUNDS,
    "interval_low",
    "interval_high",
    "interval_method",
    "completeness",
    "reliability",
    "use_class",
    "mode",
)
CODE_SETS = {
    "level": "levels",
    "population": "populations",
    "student_group": "student_groups",
    "grade_span": "grade_spans",
    "subject": "reported_subjects",
    "value_status": "value_statuses",
}
PRESENT = ("level", "population", "student_group")
"""The columns whose codes have rows in every year: of student groups those named and reported for all indicators."""
LIMITS = {
    "percent": (0, 100),
    "score": (0, 10_000),
    "points": (-10_000, 10_000),
    "days": (0, 4_000),
    "years": (-20, 20),
    "count": (0, 1_000_000),
    "ratio": (0, 1_000_000),
    "multiple": (-100, 100),
    "index": (-10, 10),
    "sd": (-10, 10),
    "correlation": (-1, 1),
}
"""Between which numbers a value can lie, by the unit of its measure."""
MADE_OF = {
    "is_as_promised": COLUMNS,
    "unit": ("indicator", "measure"),
    "least_possible": (),
    "most_possible": (),
    "has_number": ("value", *BOUNDS),
    "interval_ends": INTERVAL,
    "points": ("value",),
    "share_kept": ("student_count",),
    **{f"rows_by_{column}": (column,) for column in PRESENT},
}
"""What the columns that are computed for the promises are computed from; every other column is one of the release."""
SPEAKING = {
    "shown": ("value", "range"),
    "with a value": ("value",),
    "in a range": ("range",),
    "without a number": ("reason",),
    "hidden": ("nothing",),
}
"""Frames of the rows whose status lets them say the same; to pick them for each column took half of the time."""
PLAUSIBLE_MOVE = {"percent": 15, "score": 25}
"""By how many points a value of the whole state may move in a year before someone has to look."""
STEADY_GROUP = 300
"""From how many students on a group of the whole state is large enough for the move of its value to mean something."""
PLAUSIBLE_SHARE_KEPT = 0.95
"""Which share of the students counted in the last release the state must still count in this one."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One line of the gate: what is promised, how grave a breach is, and the expectations that test it on one frame."""

    name: str
    expectations: tuple[Any, ...]
    frame: str = "rows"
    severity: str = "error"
    places: dict[str, object] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The columns of the release that the expectations look at, in the order of the table."""
        named = {name for one in self.expectations for name in _looked_at(one)}
        seen = {column for name in named for column in MADE_OF.get(name, (name,))}
        return [f"values.{name}" for name in COLUMNS if name in seen]


def check_release(
    frame: "pd.DataFrame", minimum_n: int, units: Mapping[str, str], previous: "pd.DataFrame | None" = None
) -> list[Result]:
    """Test the table of a release against every promise, and give one result for each, errors and warnings alike.

    `units` gives the unit of each measure, under the name `indicator/measure`. `previous` is the table of the release
    in force; without one the comparison with it is left out of the results. Codes are text or categories of text in
    both. A promise that could not be tested is an error with the outcome `not_checked`, never a pass.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    frames = {"release": frame}
    if list(frame.columns) == list(COLUMNS):
        rows = _rows(frame, units)
        frames |= {"types": _types(frame), "rows": rows, "presence": _presence(frame), "moves": _moves(rows)}
        frames |= dict.fromkeys(SPEAKING, rows)
        if previous is not None:
            frames["kept"] = _kept(frame, previous)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    promises = _promises(minimum_n, compares=previous is not None)
    counts_only = {"result_format": "BASIC", "partial_unexpected_count": 0}
    found = defaultdict(list)
    # One suite for all promises of a frame: for each suite the library reads the whole frame anew.
    for name, data in frames.items():
        source = context.data_sources.add_pandas(name)
        definition = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        asked = [_of(promise, one) for promise in promises if promise.frame == name for one in promise.expectations]
        if name in SPEAKING:
            data = data.loc[data["speaks"].isin(SPEAKING[name]), _needed(asked)]
        suite = gx.ExpectationSuite(name=name, expectations=asked)
        for one in definition.get_batch({"dataframe": data}).validate(suite, result_format=counts_only).results:
            found[one.expectation_config.meta["promise"]].append(one)
        context.data_sources.delete(name)
    return [
        _judge(promise, found[promise.name])
        if promise.frame in frames
        else _result(promise, "not_checked", "the columns are not the promised ones")
        for promise in promises
    ]


def _of(promise: Promise, expectation: Any) -> Any:
    """Mark an expectation with the promise that it tests, for its result comes among those of other promises."""
    expectation.meta = {"promise": promise.name}
    return expectation


def _looked_at(expectation: Any) -> list[str]:
    """Name the columns that an expectation is about, of a pair both and of a list all."""
    told = expectation.configuration.kwargs
    pair = [told[name] for name in ("column", "column_A", "column_B") if name in told]
    return [*pair, *told.get("column_list", ())]


def _needed(expectations: list[Any]) -> list[str]:
    """Name the columns that expectations read: the library copies a frame, all of it, for nearly every one."""
    conditions = (getattr(one, "row_condition", None) for one in expectations)
    looked_at = {name for one in expectations for name in _looked_at(one)}
    return sorted(looked_at | {condition.column.name for condition in conditions if condition})


def _promises(minimum_n: int, *, compares: bool) -> list[Promise]:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    between, in_set = gxe.ExpectColumnValuesToBeBetween, gxe.ExpectColumnValuesToBeInSet
    null, not_null = gxe.ExpectColumnValuesToBeNull, gxe.ExpectColumnValuesToNotBeNull
    not_below = partial(
        gxe.ExpectColumnPairValuesAToBeGreaterThanB, or_equal=True, ignore_row_if="either_value_is_missing"
    )
    promises = [
        Promise(
            name="columns_are_the_promised_ones",
            frame="release",
            expectations=(gxe.ExpectTableColumnsToMatchOrderedList(column_list=list(COLUMNS)),),
        ),
        Promise(
            name="release_is_not_empty",
            frame="release",
            expectations=(gxe.ExpectTableRowCountToBeBetween(min_value=1),),
        ),
        Promise(
            name="columns_hold_their_types",
            frame="types",
            expectations=(in_set(column="is_as_promised", value_set=[True]),),
        ),
        Promise(
            name="keys_are_present",
            expectations=tuple(not_null(column=name) for name in (*KEYS, "value_status", "use_class", "mode")),
        ),
        Promise(
            name="keys_are_unique",
            expectations=(
                gxe.ExpectCompoundColumnsToBeUnique(column_list=list(KEYS), ignore_row_if="any_value_is_missing"),
            ),
        ),
        Promise(
            name="codes_have_a_label",
            expectations=tuple(in_set(column=name, value_set=list(codes(CODE_SETS[name]))) for name in CODE_SETS),
        ),
        Promise(
            name="a_status_with_a_number_has_one",
            frame="shown",
            expectations=(in_set(column="has_number", value_set=[True]),),
        ),
        Promise(
            name="a_status_without_a_number_has_none",
            frame="without a number",
            expectations=tuple(null(column=name) for name in (*NUMBERS, *COUNTS, *BOUNDS, "student_count")),
        ),
        Promise(
            name="hidden_rows_tell_nothing",
            frame="hidden",
            expectations=tuple(
                null(column=name)
                for name in (
                    *NUMBERS,
                    *COUNTS,
                    *BOUNDS,
                    "student_count",
                    "interval_method",
                    "completeness",
                    "reliability",
                )
            ),
        ),
        Promise(
            name="ranges_show_no_value",
            frame="in a range",
            expectations=tuple(null(column=name) for name in ("value", *COUNTS, *INTERVAL)),
        ),
        Promise(
            name="values_have_no_bounds",
            frame="with a value",
            expectations=tuple(null(column=name) for name in BOUNDS),
        ),
        Promise(
            name="counts_stand_where_the_mode_shows_them",
            expectations=tuple(null(column=name, row_condition=Column("mode") != "counts") for name in COUNTS),
        ),
        Promise(
            name="units_are_known",
            expectations=(in_set(column="unit", value_set=list(LIMITS)),),
        ),
        Promise(
            name="values_lie_in_range",
            expectations=tuple(
                not_below(column_A=above, column_B=below)
                for name in (*NUMBERS, *BOUNDS)
                for above, below in ((name, "least_possible"), ("most_possible", name))
            ),
        ),
        Promise(
            name="intervals_hold_their_value",
            expectations=(
                in_set(column="interval_ends", value_set=[0, 2]),
                not_below(column_A="interval_high", column_B="interval_low"),
                not_below(column_A="interval_high", column_B="value"),
                not_below(column_A="value", column_B="interval_low"),
            ),
        ),
        Promise(
            name="intervals_name_their_method",
            frame="with a value",
            expectations=(not_null(column="interval_method", row_condition=Column("interval_ends") == 2),),
        ),
        Promise(
            name="no_small_cell",
            places={"minimum": minimum_n},
            frame="shown",
            expectations=(between(column="student_count", min_value=minimum_n),),
        ),
        *(
            Promise(
                name=f"every_{column}_is_present",
                frame="presence",
                expectations=(between(column=f"rows_by_{column}", min_value=1),),
            )
            for column in PRESENT
        ),
        Promise(
            name="the_state_moves_plausibly",
            places={"students": STEADY_GROUP, **PLAUSIBLE_MOVE},
            frame="moves",
            severity="warning",
            expectations=tuple(
                between(column="points", min_value=-points, max_value=points, row_condition=Column("unit") == which)
                for which, points in PLAUSIBLE_MOVE.items()
            ),
        ),
    ]
    if compares:
        promises.append(
            Promise(
                name="students_are_still_counted",
                places={"share": f"{PLAUSIBLE_SHARE_KEPT:.0%}".rstrip("%")},
                frame="kept",
                severity="warning",
                expectations=(between(column="share_kept", min_value=PLAUSIBLE_SHARE_KEPT),),
            )
        )
    return promises


# ---- the frames that the promises are tested on ----


def _numeric(frame: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    columns = {name: pd.to_numeric(frame[name], errors="coerce").astype("float64") for name in NUMERIC if name in frame}
    return frame.assign(**columns)


def _rows(frame: "pd.DataFrame", units: Mapping[str, str]) -> "pd.DataFrame":
    """Put beside each row its unit and what can be of it, what its status lets it say, and which numbers are there."""
    with code_set_file("value_statuses").open(encoding="utf-8", newline="") as lines:
        says = {row["code"]: "value" if row["carries_value"] == "true" else "reason" for row in csv.DictReader(lines)}
    says |= {"range": "range", "suppressed": "nothing"}
    rows = _numeric(frame).astype({name: "category" for name in COLUMNS if name not in NUMERIC})
    ends = rows["interval_low"].notna().astype(int) + rows["interval_high"].notna().astype(int)
    unit = _unit(rows, units)
    least, most = ({of: float(limits[side]) for of, limits in LIMITS.items()} for side in (0, 1))
    return rows.assign(
        unit=unit,
        least_possible=unit.map(least).astype("float64"),
        most_possible=unit.map(most).astype("float64"),
        speaks=rows["value_status"].map(says).astype("category"),
        interval_ends=ends,
        has_number=rows["value"].notna() | rows["low_bound"].notna() | rows["high_bound"].notna(),
    )


def _unit(rows: "pd.DataFrame", units: Mapping[str, str]) -> "pd.Series":
    """Give the unit of each row's measure, or `unknown`."""
    import numpy as np
    import pandas as pd

    indicators, measures = (rows[name].cat for name in ("indicator", "measure"))
    # A missing name has the code -1, and so takes the last of a row and the last row.
    of = [
        [*(units.get(f"{one}/{measure}", "unknown") for measure in measures.categories), None]
        for one in indicators.categories
    ]
    of = np.array([*of, [None] * (len(measures.categories) + 1)], dtype="object")
    return pd.Series(of[indicators.codes, measures.codes], index=rows.index).astype("category")


def _types(frame: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({"is_as_promised": [_has_type(frame[name], name) for name in COLUMNS]})


def _has_type(column: "pd.Series", name: str) -> bool:
    import pandas as pd

    kind = pd.api.types.infer_dtype(column.astype(object), skipna=True)
    if name in ("school_year", "student_count"):
        whole = kind == "floating" and bool((column.dropna().astype("float64") % 1 == 0).all())
        return whole or kind in ("integer", "empty")
    if name in (*COUNTS, *NUMBERS, *BOUNDS, "completeness"):
        return kind in ("floating", "decimal", "integer", "mixed-integer-float", "empty")
    return kind in ("string", "empty")


def _presence(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Count the rows of each level, population and student group in each year, those that nobody mentions included."""
    import pandas as pd

    counts = [
        frame.groupby(["school_year", column], observed=True)
        .size()
        .reindex(_expected(frame, column), fill_value=0)
        .rename(f"rows_by_{column}")
        .reset_index(drop=True)
        .to_frame()
        for column in PRESENT
    ]
    return pd.concat(counts, ignore_index=True)


def _expected(frame: "pd.DataFrame", column: str) -> "pd.MultiIndex":
    """Pair each year with the codes that must have rows in it: of student groups those reported for all indicators.

    An unspecified group has rows only where somebody is in it.
    """
    import pandas as pd

    years = frame["school_year"].dropna().unique()
    if column != "student_group":
        return pd.MultiIndex.from_product([years, codes(CODE_SETS[column])])
    every = pd.MultiIndex.from_product([years, codes("student_groups", is_unspecified="false")])
    with policy_file("reported_groups").open(encoding="utf-8", newline="") as lines:
        for_all = [row for row in csv.DictReader(lines) if not row["indicator"]]
    in_force = frame[["school_year", "policy_id"]].dropna().drop_duplicates().itertuples(index=False)
    reported = {
        (year, row["student_group"])
        for year, policy in in_force
        for row in for_all
        if row["policy_id"] == policy and int(row["first_school_year"]) <= int(year) <= int(row["last_school_year"])
    }
    return every[[pair in reported for pair in every]]


def _moves(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Set each value of the whole state beside the value of the year before under the same policy."""
    state = rows[rows["level"] == "state"].astype({name: "object" for name in KEYS if name != "school_year"})
    state = state[
        state["value"].notna() & (state["value_status"] != "not_comparable") & (state["student_count"] >= STEADY_GROUP)
    ]
    before = state.assign(school_year=state["school_year"] + 1).drop(columns="unit")
    pairs = state.merge(before, on=list(KEYS), suffixes=("", "_before"))
    return pairs.assign(points=pairs["value"] - pairs["value_before"])


def _kept(frame: "pd.DataFrame", previous: "pd.DataFrame") -> "pd.DataFrame":
    """Set the state's count of all students beside that of the release in force; one that is gone counts as none."""
    now, before = (
        _numeric(table[(table["level"] == "state") & (table["student_group"] == "ALL")])[[*KEYS, "student_count"]]
        for table in (frame, previous)
    )
    both = before[before["student_count"] > 0].merge(now, on=list(KEYS), how="left", suffixes=("_before", ""))
    return both.assign(share_kept=both["student_count"].fillna(0) / both["student_count_before"])


# ---- from Great Expectations' results to the gate's ----


def _judge(promise: Promise, results: list[Any]) -> Result:
    if any(_raised(result.exception_info) for result in results):
        return _result(promise, "not_checked", "an expectation could not be evaluated")
    failed = [result for result in results if not result.success]
    if failed:
        return _result(promise, "failed", "; ".join(map(_breaches, failed)))
    looked_at = max(result.result.get("element_count", result.result.get("observed_value")) for result in results)
    return _result(promise, "passed", f"no breach in {looked_at:,}" if isinstance(looked_at, int) else "as promised")


def _raised(information: dict[str, Any]) -> bool:
    """Tell an expectation that broke from one that found something: the results look alike but for this."""
    if "raised_exception" in information:
        return bool(information["raised_exception"])
    return any(entry.get("raised_exception") for entry in information.values())


def _breaches(result: Any) -> str:
    """Say where and how often, and never what was found there."""
    config, found = result.expectation_config.kwargs, result.result
    if "unexpected_count" not in found:
        return "another number of rows" if isinstance(found.get("observed_value"), int) else "other columns"
    where = config.get("column")
    if "column_A" in config:
        where = f"{config['column_A']} below {config['column_B']}"
    counted = f"{found['unexpected_count']:,} of {found['element_count']:,}"
    return f"{where}: {counted}" if where else counted


def _result(promise: Promise, outcome: str, observed: str) -> Result:
    severity = "error" if outcome == "not_checked" else promise.severity
    return result(promise.name, outcome, observed, severity=severity, columns=promise.columns, places=promise.places)
