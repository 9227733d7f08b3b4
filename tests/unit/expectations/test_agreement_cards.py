"""Every card of a rule across files is complete, and speaks as the house does in both languages."""

import re

import pytest

from expectations.agreement import CARDS, LANGUAGES, CardError, read_card
from expectations.catalogue import entries, say
from expectations.collections import CONTRACTS, RULES
from expectations.notices import EXPLAIN, MUST_FIX

FORBIDDEN = re.compile(r"\b(invalid|illegal|violat\w*|inválid\w*|ilegal\w*)\b", re.IGNORECASE)


@pytest.mark.parametrize("code", CARDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 24113])
def test_a_card_speaks_plainly_and_shortly_in_both_languages(code, language, count):
    said = say(code, language, count=count)

    assert len(said.message.split()) <= 25
    for sentence in (said.title, said.message, said.why, said.ok_when, *said.fix, *said.causes):
        assert not FORBIDDEN.search(sentence) and not re.search(r"[{}]", sentence)
        assert sentence == said.title or sentence.endswith(".")


@pytest.mark.parametrize("code", CARDS)
def test_a_card_names_columns_and_collections_that_there_are(code):
    card = CARDS[code]
    fields = {name for collection in card.collections for name in CONTRACTS[collection].columns}

    assert card.collection in card.collections
    assert set(card.fields) <= fields
    assert set(card.last_year) <= set(CONTRACTS)
    for named in card.columns:
        collection, column = named.split(".")
        assert collection in card.collections and column in CONTRACTS[collection].columns
    assert all(re.fullmatch(r"V\d{3}", number) for number in card.catalogue)
    assert bool(card.explain_codes) == (card.severity == EXPLAIN)
    assert card.severity != MUST_FIX or not card.last_year


def test_no_code_stands_for_two_rules():
    assert not CARDS.keys() & RULES.keys()
    assert len({one["rule"] for one in entries()}) == len(entries()) == len(CARDS) + len(RULES)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("id: ENR-999\n", "does not carry its own code"),
        ("severity: fatal\n", "the severity"),
        ("es: ''\n", "English and Spanish"),
        ("colour: red\n", "colour"),
        ("explain_codes: [because]\n", "no reason code"),
    ],
)
def test_a_card_that_is_not_complete_is_refused_and_says_why(change, reason, tmp_path):
    from expectations.agreement import FOLDER

    text = (FOLDER / "ENR-101.yaml").read_text(encoding="utf-8")
    name = change.partition(":")[0]
    pattern = rf"(?m)^ *{name}:.*\n"
    changed = re.sub(pattern, change, text, count=1) if re.search(pattern, text) else text + change
    if name == "es":
        changed = re.sub(r"(?m)^  es: .*\n", "  es: ''\n", text, count=1)
    (tmp_path / "ENR-101.yaml").write_text(changed, encoding="utf-8")
    (tmp_path / "ENR-101.sql").write_text("select 1")

    with pytest.raises(CardError, match=reason):
        read_card(tmp_path / "ENR-101.yaml")


@pytest.mark.parametrize("code", RULES)
@pytest.mark.parametrize("count", [1, 24113])
def test_a_rule_of_a_contract_says_all_of_it_in_spanish_shortly(code, count):
    field = (RULES[code].fields or ("grade",))[0]
    said = say(code, "es", count=count, field=field)

    assert said.language == "es"
    assert len(said.message.split()) <= 25
    assert f"{count:,}" in said.message or code.endswith("-006")
    for sentence in (said.title, said.message, said.why, *said.fix):
        assert sentence and not FORBIDDEN.search(sentence) and not re.search(r"[{}]", sentence)


def test_no_spanish_words_are_kept_for_a_rule_that_is_gone():
    from expectations.catalogue import spanish

    assert set(spanish()["rules"]) <= set(RULES)
    assert set(spanish()["records"]) == set(CONTRACTS)
