"""Every rule finds what it is for, leaves alone what comes close, and speaks in the style of the house."""

import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from expectations.collections import CONTRACTS, RULES, validation
from expectations.collections.rules import notice
from expectations.notices import SEVERITIES

EXAMPLES = yaml.safe_load((Path(__file__).parent / "rule_examples.yaml").read_text(encoding="utf-8"))
COLLECTION_OF = {code: contract.name for contract in CONTRACTS.values() for code in contract.metadata["rules"]}
FORBIDDEN = re.compile(r"\b(invalid|illegal|violat\w*)\b", re.IGNORECASE)


def test_every_rule_has_examples_and_every_example_a_rule():
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("code", RULES)
def test_a_rule_finds_the_rows_that_break_it_and_no_other_rule_does(code, examined):
    found = examined(COLLECTION_OF[code], *EXAMPLES[code]["breaks"]).findings

    assert set(found["rule"]) == {code}


@pytest.mark.parametrize("code", RULES)
def test_a_rule_leaves_alone_the_rows_that_come_close(code, examined):
    found = examined(COLLECTION_OF[code], *EXAMPLES[code]["keeps"]).findings

    assert found.is_empty()


@pytest.mark.parametrize("collection", CONTRACTS)
def test_asking_all_rules_at_once_finds_what_pandera_finds_asking_each(collection, examined, monkeypatch):
    rows = [row for code in CONTRACTS[collection].metadata["rules"] for row in EXAMPLES[code]["breaks"]]
    for changes in ([{}], *([row] for row in rows), rows):
        at_once = examined(collection, *changes).findings
        with monkeypatch.context() as patch:
            patch.setattr(validation, "_columns_in_doubt", lambda typed, contract: list(contract.columns))
            assert at_once.sort(pl.all()).equals(examined(collection, *changes).findings.sort(pl.all()))


def test_what_surely_holds_of_spells_and_attempts_holds_of_each():
    draw, answers = np.random.default_rng(1), {"EVI-011": [], "SEN-011": []}
    days = (None, *(date(2024, 8, 1) + timedelta(days) for days in range(12)))
    for rows in draw.integers(1, 7, 3_000):
        made = {
            name: [values[place] for place in draw.integers(draw.integers(min(2, len(values))), len(values), rows)]
            for name, values in {
                **dict.fromkeys(("student_id", "framework_version", "section_id"), (None, "1", "2")),
                **dict.fromkeys(("competency_id", "evidence_form"), ("1",)),
                **dict.fromkeys(("evidence_date", "begin_date", "end_date"), days),
                "attempt_number": [None, 1, 2, 3, 4],
            }.items()
        }
        kinds = {name: pl.Date() for name in made if name.endswith("_date")} | {"attempt_number": pl.Int16()}
        frame = pl.DataFrame(made, schema_overrides=kinds).with_columns(school_year=pl.lit(2025, pl.Int16))
        for code, told in answers.items():
            holds, surely = frame.select(RULES[code].holds.fill_null(True).all(), surely=RULES[code].surely).row(0)
            told.append((surely, holds))
    for told in answers.values():
        assert {(True, True), (False, False)} <= set(told)
        assert (True, False) not in told


@pytest.mark.parametrize(("code", "column"), [(code, name) for code, rule in RULES.items() for name in rule.needs])
def test_a_rule_finds_nothing_without_a_column_that_it_needs(code, column, examined):
    rows = [row | {column: None} for row in EXAMPLES[code]["breaks"]]

    assert code not in set(examined(COLLECTION_OF[code], *rows).findings["rule"])


@pytest.mark.parametrize("code", RULES)
def test_a_rule_has_a_code_of_its_collection_a_severity_and_all_its_words(code):
    rule, contract = RULES[code], CONTRACTS[COLLECTION_OF[code]]

    assert re.fullmatch(rf"{contract.metadata['prefix']}-0\d\d", code)
    assert rule.severity in SEVERITIES
    assert all([rule.title, rule.one, rule.many, rule.why, rule.fix])
    assert all(re.fullmatch(r"V\d{3}", number) for number in rule.catalogue)
    assert set(rule.needs) <= set(rule.fields) <= set(contract.columns)


@pytest.mark.parametrize("code", RULES)
@pytest.mark.parametrize("count", [1, 24113])
def test_a_message_is_short_plain_and_complete(code, count):
    contract = CONTRACTS[COLLECTION_OF[code]]
    rule = RULES[code]
    fields = rule.fields[:1] or [name for name in contract.columns if name not in contract.metadata["key"][1:]]
    for field in fields:
        said = notice(contract, code, count=count, field=field)
        for sentence in (said.title, said.message, said.fix, rule.why):
            assert not FORBIDDEN.search(sentence)
            assert not re.search(r"[{}]", sentence)
        assert len(said.message.split()) <= 25
        assert said.message.endswith(".") and said.fix.endswith(".") and rule.why.endswith(".")
        assert f"{count:,}" in said.message or code.endswith("-006")


def test_numbers_agree_with_their_nouns():
    contract = CONTRACTS["enrollment"]

    assert notice(contract, "ENR-010", count=1, field="exit_date").message == "1 enrollment ends before it starts."
    assert notice(contract, "ENR-010", count=7, field="exit_date").message == "7 enrollments end before they start."
    assert notice(contract, "ENR-002", count=1, field="grade").message == "In 1 enrollment, grade is blank."
    assert notice(contract, "ENR-002", count=1200, field="grade").message == "In 1,200 enrollments, grade is blank."


def test_a_notice_says_what_was_expected_and_which_codes_there_are():
    unreadable = notice(CONTRACTS["student"], "STU-001", count=2, field="birth_date")
    unknown = notice(CONTRACTS["student"], "STU-003", count=2, field="sex")

    assert unreadable.message == "In 2 students, birth_date is not a date written YYYY-MM-DD."
    assert unknown.fix == "Use one of these codes: F, M, X."
