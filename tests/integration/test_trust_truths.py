"""What is planted about judgments and voices in the simulated state is what its indicators show."""

import json
from collections import defaultdict
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def shown(simulated_state):
    """The value of a measure for all students, unless another group is asked for, by school year and entity."""

    def values(measure: str, level: str, student_group: str = "ALL") -> dict[tuple[int, str], list[float]]:
        rows = simulated_state.query(
            f"""
            select school_year, entity_id, cast(value as double) from marts.fct_indicator_results
            where measure = '{measure}' and level = '{level}' and student_group = '{student_group}'
                and value is not null
            order by all
            """
        )
        found = defaultdict(list)
        for year, entity, value in rows:
            found[year, entity].append(value)
        return found

    return values


@pytest.fixture(scope="module")
def planted(simulated_state):
    """The truths that were planted, by name."""
    truths = json.loads(Path(simulated_state.home.parent / "sent/truth/planted.json").read_text())
    return {truth["truth"]: truth for truth in truths}


def test_the_lenient_district_has_the_largest_severity_and_misses_both_thresholds(shown, planted):
    truth, severity = planted["lenient_district"], shown("rater_severity", "district")
    missed = shown("thresholds_missed", "district")
    for year in truth["school_years"]:
        of_the_year = {entity: max(values) for (at, entity), values in severity.items() if at == year}
        assert max(of_the_year, key=of_the_year.get) in truth["districts"]
        for district in truth["districts"]:
            assert all(value == 2 for value in missed[year, district])


def test_the_group_that_stays_away_is_most_underrepresented_where_it_was_planted(shown, planted):
    truth = planted["survey_misses_a_group"]
    difference = shown("nonresponse_difference", "district", truth["facts"]["student_group"])
    for year in truth["school_years"]:
        of_the_year = {entity: values[0] for (at, entity), values in difference.items() if at == year}
        assert min(of_the_year, key=of_the_year.get) in truth["districts"]


def test_alpha_of_the_state_is_the_reliability_that_was_simulated(shown, simulated_state):
    lines = (simulated_state.home.parent / "sent/truth/reliability.csv").read_text().splitlines()
    names, *rows = [line.split(",") for line in lines]
    truth = {
        (int(row["school_year"]), row["measure"]): float(row["alpha"])
        for row in (dict(zip(names, r, strict=True)) for r in rows)
    }
    found = shown("alpha_belonging", "state")
    assert found
    for (year, _), values in found.items():
        assert values[0] == pytest.approx(truth[year, "belonging"], abs=0.03)


def test_a_lowered_bar_shows_in_thinner_evidence_and_easier_second_attempts(shown, planted):
    truth = planted["pace_by_lowering_the_bar"]
    for measure in ("percent_sufficient", "percent_equivalent_retries"):
        found = shown(measure, "school")
        for year in truth["school_years"]:
            for school in truth["schools"]:
                assert found[year, school][0] < 0.6 * found[year - 1, school][0], measure
