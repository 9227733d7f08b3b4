"""The door speaks Spanish: of every rule its title and what to do, and every sentence that it may say."""

import re
from pathlib import Path

import pytest
import yaml

from expectations.notices import Notice
from submissions import door_words, layout, refusals

SPANISH = yaml.safe_load(Path(door_words.__file__).with_name("door_spanish.yaml").read_text(encoding="utf-8"))
CODES = {**refusals.RULES, **layout._RULES}


def test_every_rule_of_the_door_has_a_title_and_what_to_do_in_spanish():
    assert set(SPANISH["rules"]) == set(CODES)
    assert all(title and fix.endswith(".") for title, fix in SPANISH["rules"].values())


@pytest.mark.parametrize(("english", "spanish"), SPANISH["sentences"])
def test_a_sentence_names_in_spanish_what_it_names_in_english_and_is_as_short(english, spanish):
    assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", spanish))
    assert len(spanish.split()) <= 28


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Line 1,204 has 3 fields; we expected 4.", "La línea 1,204 tiene 3 campos; esperábamos 4."),
        (
            "2 rows name district 0480, first on line 3; we expected district 0470.",
            "2 filas nombran el distrito 0480, la primera en la línea 3; esperábamos el distrito 0470.",
        ),
        (
            "student.csv: Line 1,204 has 3 fields; we expected 4.",
            "student.csv: La línea 1,204 tiene 3 campos; esperábamos 4.",
        ),
        ("The workbook holds formulas, first in row 3.", "El libro tiene fórmulas, por primera vez en la fila 3."),
    ],
)
def test_what_a_sentence_names_is_said_in_spanish_too(message, said):
    assert door_words.in_spanish(message) == said


def test_a_sentence_that_no_one_has_said_in_spanish_stays_english_and_says_so():
    notice = Notice(rule="FIL-001", severity="must_fix", title="Empty", message="Something new.", fix="Look.")

    assert door_words.words(notice, "es") == door_words.words(notice, "en")
    assert door_words.words(notice, "es").language == "en"


@pytest.mark.parametrize("code", CODES)
def test_what_to_do_is_the_same_thing_in_both_languages(code):
    title, fix = CODES[code]
    notice = Notice(rule=code, severity="must_fix", title=title, message="The Parquet file has no columns.", fix=fix)

    assert (door_words.words(notice, "es").title, *door_words.words(notice, "es").fix) == tuple(SPANISH["rules"][code])
