"""The reading-level gate: every text that readers see is plain in both languages, and the gate itself is tested."""

import csv
import json
import re
import sys
from pathlib import Path

import polars as pl
import pytest
import textstat
import yaml

from expectations.releases.promises import promised
from reports import contents, descriptions, plain_language, prose, words
from reports.plain_language import ease, faults, grade, sentences, syllables, word_count
from submissions import rule_catalogue

DBT = Path(prose.ROOM).parent / "dbt_project" / "models"
SHORT = {row["short"] for row in prose.glossary() if "short" in row}
PLACES = {
    "en": {"value": "52%", "number": "52", "subject": "reading"},
    "es": {"value": "52%", "number": "52", "subject": "lectura"},
}
HARD_ENGLISH = (
    "Notwithstanding considerable methodological heterogeneity, longitudinal accountability determinations "
    "necessitate comprehensive interpretation of institutional circumstances."
)
HARD_SPANISH = (
    "La interpretación de las determinaciones institucionales requiere consideraciones comparativas "
    "extraordinariamente complejas y multidimensionales."
)


def indicators() -> list[dict]:
    """What every indicator says about itself."""
    found = []
    for path in sorted((DBT / "indicators").glob("*/*.yml")):
        for model in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("models", []):
            found += [model["config"]["meta"]["indicator"]] if "indicator" in model["config"].get("meta", {}) else []
    return found


INDICATORS = indicators()


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The catalogue of the rules of submissions, as a release has it."""
    return json.loads(rule_catalogue.write_json(tmp_path_factory.mktemp("rules")).read_text(encoding="utf-8"))


def filled(text: str, language: str) -> str:
    """A text with its places filled, as a reader sees it."""
    return re.sub(r"\{(\w*)\}", lambda place: PLACES[language].get(place[1], "52"), text)


def texts(language: str) -> dict[str, str]:
    """Every short text that pages show in a language, by where it stands."""
    found = {}
    for key, text in words.catalogue().items():
        said = text[language] if isinstance(text[language], dict) else {"": text[language]}
        found |= {f"{key} {form}".strip(): filled(one, language) for form, one in said.items()}
    for one in INDICATORS:
        for name in ("label", "question", "in_short", "misuse"):
            found[f"{one['id']} {name}"] = filled(one[name][language], language)
        found |= {f"{one['id']} {measure['id']}": measure["label"][language] for measure in one["measures"]}
    found |= {f"glossary {row['id']}": row["text"][language] for row in prose.glossary()}
    found |= {f"not yet {row['id']}": row["reason"][language] for row in prose.not_yet()}
    found |= {f"promise {name}": filled(said[language], language) for name, said in promised().items()}
    for name in ("value_statuses", "populations", "student_groups", "subjects", "levels", "topics"):
        with (DBT / "reference" / f"code_{name}.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                said = {column: text for column, text in row.items() if column.endswith(f"_{language}")}
                found |= {f"{name} {row['code']} {column}": text for column, text in said.items()}
    for file, about in contents.dictionary().items():
        for name, (title, meaning) in columns(about).items():
            said = (title, meaning)
            if language == "es":
                said = descriptions.titles_es()[title], descriptions.descriptions_es()[meaning]
            found |= {f"{file} {name} {part}": text for part, text in zip(("title", "meaning"), said, strict=True)}
    return found


def columns(about: dict) -> dict[str, tuple[str, str]]:
    """The title and the meaning of a file and of each of its columns."""
    return {"": (about["title"], about["description"])} | {name: (t, d) for name, (_, t, d) in about["fields"].items()}


def faults_of(found: dict[str, str], language: str, is_method: bool = False) -> list[str]:
    """Every fault of texts, with where it stands."""
    return [f"{where}: {fault}" for where, text in found.items() for fault in faults(text, language, SHORT, is_method)]


# ---- what readers see is plain ----


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_short_text_is_plain(language):
    found = texts(language)
    assert len(found) > 700
    assert "values mode meaning" in found
    assert faults_of(found, language) == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_page_of_prose_is_plain(language):
    found = {topic: page.text for topic, page in prose.pages(language).items()}
    assert len(found) >= 10
    assert faults_of(found, language) == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_page_of_an_indicator_can_be_read_after_eleven_years_of_school(language):
    found = {
        one["id"]: prose.methodology(DBT / "indicators" / one["id"], one["id"], language).text for one in INDICATORS
    }
    assert len(found) >= 37
    assert faults_of(found, language, is_method=True) == []


def test_every_question_is_plain_however_short():
    assert [one["id"] for one in INDICATORS if grade(one["question"]["en"]) > plain_language.HARDEST_GRADE] == []
    assert [one["id"] for one in INDICATORS if ease(one["question"]["es"]) < plain_language.EASIEST_SPANISH] == []


def test_labels_together_are_plain():
    labels = {
        code: ". ".join(row["label"][code] for one in INDICATORS for row in (one, *one["measures"])) + "."
        for code in words.LANGUAGES
    }
    assert grade(labels["en"]) <= plain_language.HARDEST_GRADE
    assert ease(labels["es"]) >= plain_language.EASIEST_SPANISH


def test_every_promise_of_the_gate_names_the_same_places_in_both_languages():
    places = [[set(re.findall(r"\{(\w+)\}", said[code])) for code in words.LANGUAGES] for said in promised().values()]
    assert len(places) > 30
    assert [own for own in places if own[0] != own[1]] == []


def test_a_sentence_of_an_indicator_has_the_same_places_in_both_languages():
    for one in INDICATORS:
        places = [sorted(re.findall(r"\{(\w+)\}", one["in_short"][code])) for code in words.LANGUAGES]
        assert places[0] == places[1]
        assert set(places[0]) <= {"value", "number", "subject"}
        assert len({"value", "number"} & set(places[0])) == 1
        assert ("subject" in places[0]) == (one["subjects"] not in (["ALL"], ["ELP"]))


def test_every_rule_of_submissions_is_plain_in_both_languages(rules):
    assert len(rules["rules"]) > 400
    assert plain_language.faults_of_rules(rules) == []


def test_no_rule_leaves_a_place_of_its_words_empty(rules):
    said = [text for rule in rules["rules"] for told in rule["words"].values() for text in (told["why"], *told["fix"])]
    assert len(said) > 1600
    assert [text for text in said if re.search(r"\{\w+\}|\s[.:,]|: ?\.$", text)] == []


# ---- the gate finds what it should ----


@pytest.mark.parametrize(
    ("language", "part", "text", "fault"),
    [
        ("en", "why", HARD_ENGLISH, "ENR-001, why, en: reads at grade"),
        ("es", "why", HARD_SPANISH, "ENR-001, why, es: reads at"),
        ("en", "title", "The subgroup is wrong", "ENR-001, title, en: “subgroup”: say group"),
        ("es", "fix", ["Revise el SIS."], "ENR-001, fix, es: SIS is not explained"),
        ("es", "language", "en", "ENR-001 is not said in es"),
    ],
)
def test_a_rule_that_is_hard_to_read_or_not_said_in_a_language_fails(rules, language, part, text, fault):
    rule = next(one for one in rules["rules"] if one["rule"] == "ENR-001")
    hard = rule | {"words": rule["words"] | {language: rule["words"][language] | {part: text}}}
    assert any(found.startswith(fault) for found in plain_language.faults_of_rules({"rules": [hard]}))
    assert plain_language.faults_of_rules({"rules": [rule]}) == []


def test_a_word_of_the_law_may_stand_in_rules_that_explain_it_and_nowhere_else(rules):
    rule = next(one for one in rules["rules"] if one["rule"] == "GRD-301")
    assert "cohort" in rule["words"]["en"]["title"]
    assert list(faults(rule["words"]["en"]["title"], "en", SHORT)) != []
    for language in words.LANGUAGES:
        said = rule["words"][language]
        explained = prose.explained_in(f"{said['title']} {said['why']}", language)
        assert [row["id"] for row in explained] == ["class", "usc"]


@pytest.mark.parametrize(
    ("text", "language", "fault"),
    [
        (HARD_ENGLISH, "en", "reads at grade"),
        (HARD_SPANISH, "es", "of Fernández Huerta"),
        ("It is so. " + "And then he went " * 7 + "home.", "en", "29 words in one sentence"),
        ("Es así. " + "Y luego se fue " * 7 + "a casa.", "es", "30 words in one sentence"),
        ("The cohort did well.", "en", "“cohort”: say class"),
        ("Cohorts did well.", "en", "“cohort”: say class"),
        ("La cohorte va bien.", "es", "“cohorte”: say clase"),
        ("The ADM fell.", "en", "ADM is not explained"),
    ],
)
def test_a_text_that_is_hard_to_read_fails(text, language, fault):
    assert any(fault in found for found in faults(text, language))
    assert faults_of(texts(language) | {"planted": text}, language) != []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The law calls it a “cohort”.", "en"),
        ("La ley la llama «cohorte».", "es"),
        ("The rules for web pages (WCAG) say so. WCAG is strict.", "en"),
        ("A number `minimum_cohort` stands in the table.", "en"),
    ],
)
def test_what_is_quoted_explained_or_the_name_of_a_column_is_no_fault(text, language):
    assert list(faults(text, language)) == []


def test_a_method_page_may_be_harder_than_others_but_not_hard():
    middling = (
        "The survey asks every student about belonging and safety in general, without identifying individual answers."
    )
    assert grade(middling) > plain_language.HARDEST_GRADE
    assert any("reads at" in fault for fault in faults(middling, "en"))
    assert list(faults("Education. " + HARD_ENGLISH, "en", is_method=True)) != []


def test_headings_tables_and_marks_are_no_sentences():
    page = "---\ntitle: x\n---\n\n## A heading\n\nOne. Two\nand a half.\n\n- An item\n- Another **one**\n\n| a | b |\n"
    assert sentences(page) == ["One.", "Two and a half.", "An item", "Another one"]


def test_a_number_and_a_column_are_one_word_each():
    assert word_count("Of 1,412 students 52.5% reach minimum_level_order, or `x`.") == 8


def test_a_release_tells_every_hard_text_and_every_page_that_a_language_lacks():
    tables = {
        "indicators": pl.DataFrame({"indicator": ["pace"], "question_en": ["How fast?"], "question_es": ["¿Qué tal?"]}),
        "topics": pl.DataFrame({"code": ["a", "b"], "label_en": ["Growth", None], "label_es": ["Sube", "Cohorte"]}),
        "entities": pl.DataFrame({"entity_id": ["1"], "entity_name": ["The ABC cohort"]}),
    }
    page = "{% docs pace %}\n\n## What it measures\n\nHow fast students learn.\n\n{% enddocs %}\n"
    spanish = "---\nreviewed_by:\nreviewed_at:\n---\n\n## Qué mide\n\nQué rápido se aprende.\n"
    whole = {"pace.md": page, "pace.es.md": spanish}
    hard = "topics, b, label_es: “cohorte”: say clase, o los estudiantes que empezaron juntos"
    assert plain_language.faults_of_release(tables, whole) == [hard]
    plain = tables | {"topics": tables["topics"].head(1)}
    assert plain_language.faults_of_release(plain, whole) == []
    assert plain_language.faults_of_release(plain, {"pace.md": page}) == ["pace.es.md is missing"]
    hard_page = page.replace("learn.", f"learn. {HARD_ENGLISH}")
    found = plain_language.faults_of_release(plain, whole | {"pace.md": hard_page})
    assert any(fault.startswith("pace.md: reads at grade") for fault in found)
    said = {"language": "en", "title": "Cohorts", "why": HARD_ENGLISH, "fix": [], "causes": [], "ok_when": None}
    rule = json.dumps({"rules": [{"rule": "X-1", "words": {"en": said, "es": said}}]})
    found = plain_language.faults_of_release(plain, whole, rule)
    assert {fault.split(":")[0] for fault in found} == {"X-1 is not said in es", "X-1, why, en"}


# ---- the measure is right ----


@pytest.mark.parametrize(
    ("language", "counted"),
    [
        ("en", {"rate": 1, "asked": 1, "school": 1, "student": 2, "being": 2, "people": 2, "safety": 2, "science": 2}),
        ("en", {"policy": 3, "period": 3, "idea": 3, "evidence": 3, "graduation": 4, "experience": 4, "situation": 4}),
        ("en", {"mathematics": 4, "competency": 4, "determination": 5, "absenteeism": 5, "accountability": 6}),
        ("es", {"rey": 1, "quien": 1, "año": 2, "guía": 2, "país": 2, "línea": 3, "siguiente": 3, "pingüino": 3}),
        ("es", {"ciudad": 2, "europeo": 4, "evaluación": 4, "estudiantes": 4, "aeropuerto": 5, "responsabilidad": 6}),
    ],
)
def test_syllables_are_counted_as_spoken(language, counted):
    assert {word: syllables(word, language) for word in counted} == counted


def test_the_formulas_are_those_of_flesch_kincaid_and_fernandez_huerta():
    assert grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 * 1 - 15.59)
    assert ease("La casa es de mi abuela.") == pytest.approx(206.84 - 60 * 9 / 6 - 1.02 * 6)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_measure_is_at_least_as_strict_as_textstat(language, monkeypatch):
    """Textstat counts where a word may be hyphenated, less than its syllables; its dictionary would be a download."""
    monkeypatch.setattr(sys.modules["textstat.backend.counts._count_syllables"], "get_cmudict", lambda _: None)
    textstat.set_lang(language)
    for page in prose.pages(language).values():
        plain = " ".join(one.rstrip(".?!:") + "." for one in sentences(page.text))
        if language == "en":
            assert textstat.flesch_kincaid_grade(plain) - 0.5 <= grade(page.text)
        else:
            assert ease(page.text) <= textstat.fernandez_huerta(plain) + 0.5
