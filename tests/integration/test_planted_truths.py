"""What was planted in a simulated state must be found by the indicators, where it was planted and not elsewhere."""

import json

import pytest

SAID = """
    select school_year, value, interval_low, interval_high
    from marts.fct_indicator_results
    where
        level = '{level}'
        and entity_id = '{entity}'
        and indicator = '{indicator}'
        and measure = '{measure}'
        and student_group = '{group}'
        and subject = '{subject}'
        and value is not null
    order by school_year
"""


@pytest.fixture(scope="module")
def planted(simulated_state):
    """Every planted truth by name."""
    listed = json.loads((simulated_state.home.parent / "sent/truth/planted.json").read_text())
    return {truth["truth"]: truth for truth in listed}


@pytest.fixture(scope="module")
def said(simulated_state):
    """A function that gives the rows of one measure for one entity and group."""

    def ask(level, entity, indicator, measure, group="ALL", subject="MATH"):
        rows = simulated_state.query(
            SAID.format(level=level, entity=entity, indicator=indicator, measure=measure, group=group, subject=subject)
        )
        assert rows, f"{indicator} says nothing of {entity}"
        return [tuple(None if number is None else float(number) for number in row) for row in rows]

    return ask


def test_a_school_assigned_by_lot_sorts_no_more_than_chance(planted, said):
    (school,) = planted["school_assigned_at_random"]["schools"]
    for group in ("ALL", "SED", "HI", "WH"):
        sorting = said("school", school, "class_sorting", "sorting", group)
        chance = said("school", school, "class_sorting", "sorting_by_chance", group)
        inside = [low <= mine[1] <= high for mine, (_, _, low, high) in zip(sorting, chance, strict=True)]
        assert sum(inside) >= len(inside) - 1


def test_a_perfectly_tracked_school_reads_nine_tenths_of_the_maximum_or_more(planted, said):
    (school,) = planted["school_perfectly_tracked"]["schools"]
    for group in ("ALL", "SED"):
        assert all(value >= 0.9 for _, value, *_ in said("school", school, "class_sorting", "sorting", group))


def test_the_odds_ratio_that_was_planted_is_in_its_interval_and_the_fair_district_covers_one(planted, said):
    for name in ("placement_favors_a_group", "placement_is_fair"):
        truth = planted[name]
        rows = said("district", truth["districts"][0], "placement_at_equal_attainment", "odds_ratio", "SED")
        covered = [low <= truth["facts"]["odds_ratio"] <= high for _, _, low, high in rows]
        assert sum(covered) >= len(covered) - 1
    favored = planted["placement_favors_a_group"]["districts"][0]
    assert any(high < 1 for *_, high in said("district", favored, "placement_at_equal_attainment", "odds_ratio", "SED"))


def test_support_for_the_top_is_positive_and_support_for_need_is_negative(planted, said):
    asked = ("support_targeting", "concentration_index", "ALL", "ALL")
    (top,), (need,) = (planted[name]["schools"] for name in ("support_goes_to_the_top", "support_goes_to_need"))
    assert all(low > 0 for _, _, low, _ in said("school", top, *asked))
    assert all(high < 0 for *_, high in said("school", need, *asked))


def test_pace_by_lowering_the_bar_raises_pace_and_lowers_sufficiency_and_equivalent_retries(planted, said):
    truth = planted["pace_by_lowering_the_bar"]
    (school,), (year,) = truth["schools"], truth["school_years"]
    pace = {row[0]: row[1] for row in said("school", school, "pace", "pace")}
    assert pace[year] > 1.2 * pace[year - 1]
    sufficient = {
        row[0]: row[1] for row in said("school", school, "evidence_sufficiency", "percent_sufficient", subject="ALL")
    }
    assert sufficient[year] < sufficient[year - 1]


def test_gaps_that_widen_because_more_is_found_are_told_apart_from_lost_ground(planted, said, simulated_state):
    truth = planted["gaps_widen_by_identification"]
    (district,), year, group = truth["districts"], max(truth["school_years"]), truth["facts"]["student_group"]
    others = [name for (name,) in simulated_state.query("select distinct district_id from staging.stg_school")]

    def change(entity, measure, subject):
        rows = said("district", entity, "prerequisite_gaps", measure, group, subject)
        return {row[0]: row[1] for row in rows}[year]

    for subject in ("RLA", "MATH"):
        widened = change(district, "change_in_major_gaps", subject)
        found, learned = (change(district, f"change_by_{why}", subject) for why in ("identification", "learning"))
        assert widened == pytest.approx(found + learned, abs=1e-9)
        assert found > widened > 0 > learned
        assert widened == max(change(other, "change_in_major_gaps", subject) for other in others)
