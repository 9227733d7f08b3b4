"""What the attackers found becomes results of the gate: passed, failed with the cells named, or not checked."""

import polars as pl
import pytest

from expectations.releases.disclosure import PROMISES, judge_attacks
from expectations.releases.publication import KEYS

CELL = dict.fromkeys(KEYS, "x") | {"school_year": 2025, "release": "", "quantity": "numerator"}


def found(*attacks: str) -> pl.DataFrame:
    schema = dict.fromkeys(("release", *KEYS, "quantity", "attack"), pl.String) | {"school_year": pl.Int64}
    return pl.DataFrame([CELL | {"attack": attack} for attack in attacks], schema=schema)


def judged(attacks: pl.DataFrame, **how: bool) -> dict[str, dict]:
    return {result["expectation"]: result for result in judge_attacks(attacks, 9_000, **how)}


def test_where_nothing_gave_way_every_promise_holds():
    results = judged(found())
    assert len(results) == len(PROMISES)
    assert {(one["success"], one["outcome"], one["severity"]) for one in results.values()} == {
        (True, "passed", "error")
    }


@pytest.mark.parametrize("attack", [attack for attacks in PROMISES for attack in attacks])
def test_each_attack_breaks_one_promise_and_names_the_cell(attack: str):
    broken = {name: result for name, result in judged(found(attack)).items() if not result["success"]}
    assert [(one["outcome"], one["severity"]) for one in broken.values()] == [("failed", "error")]
    assert "x x, x x, x, x, x, x, 2025 (numerator)" in next(iter(broken.values()))["observed"]


def test_room_that_nobody_looked_for_is_no_pass_but_a_warning_to_answer_for():
    room = judged(found(), narrowed=False)["every_hidden_number_has_room"]
    assert (room["success"], room["outcome"], room["severity"]) == (False, "not_checked", "warning")
    assert "9,000" in room["observed"]


def test_room_that_is_missing_without_programs_is_an_error_all_the_same():
    room = judged(found("interval"), narrowed=False)["every_hidden_number_has_room"]
    assert (room["success"], room["outcome"], room["severity"]) == (False, "failed", "error")
