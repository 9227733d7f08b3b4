"""Where the truths about learning, sorting and support are planted. The modules that make the records bring them about.

A school or district has at most one of them, the largest first, so that each can be found by itself.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simulation.planting import Planted
from simulation.state import State

Setting = Mapping[str, Any]

_DISTRICTS = (
    "placement_favors_a_group",
    "placement_is_fair",
    "lenient_district",
    "gaps_widen_by_identification",
    "survey_misses_a_group",
)
"""Truths of whole districts, in the order of the size of the districts that they are planted in."""

_REPEATED = 2
"""So many of them, the first, can be planted in several districts; they take turns in what the others leave."""

_SCHOOLS = {
    "school_assigned_at_random": "elementary",
    "school_perfectly_tracked": "middle",
    "pace_by_lowering_the_bar": "elementary",
    "support_goes_to_the_top": "elementary",
    "support_goes_to_need": "elementary",
    "scores_exactly_at_cuts": "middle",
}
"""Truths of single schools, with the level of the school."""


def _sizes(state: State) -> np.ndarray:
    return np.bincount(state.rolls[state.school_years[-1]].school, minlength=state.schools.height)


def _districts(state: State, truth: str, count: int = 1) -> tuple[str, ...]:
    """Give the districts of a truth: the largest for the first, the next for the second, and more of them after all."""
    sizes = np.bincount(state.schools["district"].to_numpy(), weights=_sizes(state), minlength=state.districts.height)
    order = np.argsort(-sizes, kind="stable")
    place = _DISTRICTS.index(truth)
    places = [place, *range(len(_DISTRICTS) + place, len(order), _REPEATED)][:count]
    return tuple(state.districts["district_id"][int(order[place])] for place in places if place < len(order))


def _schools(state: State, truth: str, count: int = 1) -> list[tuple[str, str]]:
    """Give the districts and schools of a truth: the largest of the level that no other has, and more after all."""
    taken = {_districts(state, other) for other in ("lenient_district", "gaps_widen_by_identification")}
    taken = {district for districts in taken for district in districts}
    ids = state.districts["district_id"].gather(state.schools["district"]).to_list()
    levels, sizes = state.schools["school_level"].to_list(), _sizes(state)
    free = [row for row in np.argsort(-sizes, kind="stable").tolist() if ids[row] not in taken]
    of_level = [row for row in free if levels[row] == _SCHOOLS[truth]]
    of_truths = [name for name, level in _SCHOOLS.items() if level == _SCHOOLS[truth]]
    places = [of_truths.index(truth), *range(len(of_truths), len(of_level))][:count]
    return [(ids[of_level[p]], state.schools["school_id"][of_level[p]]) for p in places if p < len(of_level)]


def _in_district(state: State, truth: str, says: str, count: int = 1, **facts: Any) -> Planted | None:
    districts = _districts(state, truth, count)
    return Planted(truth, says, state.school_years, districts, facts=facts) if districts else None


def _in_school(
    state: State, truth: str, says: str, years: tuple[int, ...], count: int = 1, **facts: Any
) -> Planted | None:
    found = _schools(state, truth, count)
    districts = tuple(sorted({district for district, _ in found}))
    return Planted(truth, says, years, districts, tuple(school for _, school in found), facts) if found else None


def _favors(state: State, setting: Setting) -> Planted | None:
    return _in_district(
        state,
        "placement_favors_a_group",
        "At the same score, students with economic disadvantage are placed in accelerated mathematics less often.",
        setting["districts"],
        student_group="SED",
        odds_ratio=setting["odds_ratio"],
    )


def _fair(state: State, setting: Setting) -> Planted | None:
    return _in_district(
        state,
        "placement_is_fair",
        "At the same score, all groups are placed in accelerated mathematics alike.",
        setting["districts"],
        student_group="SED",
        odds_ratio=1.0,
    )


def _lenient(state: State, setting: Setting) -> Planted | None:
    return _in_district(
        state,
        "lenient_district",
        "Raters give higher scores than others give the same pieces.",
        leniency=setting["points"],
    )


def _widening(state: State, setting: Setting) -> Planted | None:
    if len(state.school_years) < 2:
        return None
    before, now = setting["share_found_before"], setting["share_found_in_last_year"]
    found = {str(year): before for year in state.school_years[:-1]} | {str(state.school_years[-1]): now}
    return _in_district(
        state,
        "gaps_widen_by_identification",
        "In the last year more is found of what students with economic disadvantage lack; they do not lack more.",
        student_group="SED",
        share_found=found,
        share_found_of_others=setting["share_found_of_others"],
    )


def _missing(state: State, setting: Setting) -> Planted | None:
    return _in_district(
        state,
        "survey_misses_a_group",
        "Students with economic disadvantage take part in the survey less often.",
        student_group="SED",
        response_of_group=setting["response_of_group"],
        response_of_others=setting["response_of_others"],
    )


def _random(state: State, setting: Setting) -> Planted | None:
    return _in_school(
        state,
        "school_assigned_at_random",
        "Students are assigned to sections by lot.",
        state.school_years,
        setting["schools"],
    )


def _tracked(state: State, _setting: Setting) -> Planted | None:
    return _in_school(
        state,
        "school_perfectly_tracked",
        "Each section holds students of one race group, with or without economic disadvantage, alone.",
        state.school_years,
    )


def _pace(state: State, setting: Setting) -> Planted | None:
    return _in_school(
        state,
        "pace_by_lowering_the_bar",
        "In the last year competencies count as mastered earlier, on less evidence and easier second attempts.",
        state.school_years[-1:],
        grades_below_the_bar=setting["grades_below_the_bar"],
    )


def _top(state: State, _setting: Setting) -> Planted | None:
    return _in_school(
        state, "support_goes_to_the_top", "Support goes to the students who stand highest.", state.school_years
    )


def _needy(state: State, _setting: Setting) -> Planted | None:
    return _in_school(
        state, "support_goes_to_need", "Support goes to the students who lack the most.", state.school_years
    )


def _at_cuts(state: State, setting: Setting) -> Planted | None:
    return _in_school(
        state,
        "scores_exactly_at_cuts",
        "Some students score exactly the lowest score that is proficient, or that makes them eligible.",
        state.school_years,
        share=setting["share"],
    )


PLANS = {
    "placement_favors_a_group": _favors,
    "placement_is_fair": _fair,
    "lenient_district": _lenient,
    "gaps_widen_by_identification": _widening,
    "survey_misses_a_group": _missing,
    "school_assigned_at_random": _random,
    "school_perfectly_tracked": _tracked,
    "pace_by_lowering_the_bar": _pace,
    "support_goes_to_the_top": _top,
    "support_goes_to_need": _needy,
    "scores_exactly_at_cuts": _at_cuts,
}
