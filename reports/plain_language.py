"""How hard a text is to read, and what stands in the way: long sentences, words of the office, unexplained letters.

English is measured in school grades (Flesch and Kincaid), Spanish on the scale of Fernández Huerta, where 100 is easy.
Both need whole sentences: they say nothing about a label of three words. Nothing is published here and nothing mended.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

import polars as pl

from reports import prose
from reports.words import LANGUAGES

HARDEST_GRADE, HARDEST_GRADE_OF_METHODS = 8.0, 11.0
EASIEST_SPANISH = 60.0
LONGEST_SENTENCE = 25
FEWEST_WORDS = 12
"""In shorter texts one long word would decide: of them only the words are judged."""

INSTEAD = {
    "en": {
        "cohort": "class, or the students who started together",
        "disaggregated": "shown by group",
        "subgroup": "group",
        "utilize": "use",
        "aggregate": "add up",
        "proficiency rate": "share who met the standard",
        "stakeholder": "the people meant",
        "methodology": "how it is measured",
        "longitudinal": "over the years",
        "quartile": "quarter",
        "robust": "what is meant",
        "leverage": "use",
        "metric": "number, or measure",
        "prior to": "before",
        "subsequent": "later",
        "pursuant": "under",
    },
    "es": {
        "cohorte": "clase, o los estudiantes que empezaron juntos",
        "desagregado": "mostrado por grupo",
        "subgrupo": "grupo",
        "utilizar": "usar",
        "metodología": "cómo se mide",
        "longitudinal": "a lo largo de los años",
        "cuartil": "cuarta parte",
        "robusto": "lo que se quiere decir",
        "métrica": "número, o medida",
        "previamente": "antes",
        "posteriormente": "después",
        "mediante": "con",
        "a través de": "con, o por",
        "en base a": "según",
    },
}
"""Words that readers outside the office do not use, and what to say instead."""
_ANY_OF = {
    language: re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})", flags=re.IGNORECASE)
    for language, words in INSTEAD.items()
}

_SILENT = re.compile(
    r"[^aeiouyl]e$|[aeiouy]le$|[^aeiouy]e(?=(?:ly|ment|ments|ness|ful|less|fully|lessly)$)|^ever(?=y)|^some(?=\w)|afe(?=ty)"
)
"""Where a vowel is written that nobody speaks."""
_PARTED = re.compile(
    r"(?<![ctgs])ia(?!$)|(?<![csgt])ia$|(?<![ctgsn])io(?=us|n|$)|\bbio|(?<!p)eo(?!u)|(?<![gq])ua(?!r)|u(?=ous|ity)"
    r"|(?<=[yeo])ing$|(?<=is)m$|ee(?=is)|(?:ar|id)ea|\b(?:sc|cl)ie|rie(?=n)|rio(?=d)|\bcrea(?=t)|eu(?=m)|ciat"
)
"""Where vowels stand together and are spoken apart, or a consonant is spoken as a syllable."""

_CODE = re.compile(r"`[^`]*`|\b\w*_\w+\b")
_PLACE = re.compile(r"\{\w*\}")
_QUOTED = re.compile(r"“[^”]*”|«[^»]*»")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+", flags=re.MULTILINE)
_LETTERS = re.compile(r"\b[A-Z][A-Z0-9]{1,5}\b")
_SENTENCE = re.compile(r"(?<=[.!?…])[)”\"]*\s+(?=`|[\W_]*[A-Z0-9ÁÉÍÓÚÑ¿¡])")


@lru_cache(maxsize=8)
def sentences(text: str) -> list[str]:
    """Take a text of markdown apart into sentences; headings and tables are none, and an item of a list ends one."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    lines = [line for line in text.splitlines() if not re.match(r"\s*(#|\||\{%)", line)]
    blocks = re.split(r"\n\s*\n|\x00", _ITEM.sub("\x00", "\n".join(lines)))
    flat = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(block.split())).replace("*", "") for block in blocks)
    found = (sentence.strip() for block in flat for sentence in _SENTENCE.split(block))
    return [sentence for sentence in found if word_count(sentence)]


@lru_cache(maxsize=256)
def word_count(text: str) -> int:
    """Count words; a number is one, and so is the name of a column."""
    return len(re.findall(r"[\w’'.,%-]*\w", _CODE.sub(" column ", text)))


@cache
def syllables(word: str, language: str) -> int:
    """Count the syllables of a word as it is spoken."""
    return _spanish(word.lower()) if language == "es" else _english(word.lower())


def grade(text: str) -> float:
    """Give the school grade of an English text."""
    length, weight = _shape(text, "en")
    return 0.39 * length + 11.8 * weight - 15.59


def ease(text: str) -> float:
    """Give how easily a Spanish text reads: 60 is plain, more is easier."""
    length, weight = _shape(text, "es")
    return 206.84 - 60 * weight - 1.02 * length


def faults(
    text: str, language: str, explained: Collection[str] = (), is_method: bool = False, known: Collection[str] = ()
) -> Iterator[str]:
    """Say what makes a text hard to read.

    `explained` are short forms that readers can look up, `known` words of the office that the page itself explains.
    """
    for sentence in sentences(text):
        if (length := word_count(sentence)) > LONGEST_SENTENCE:
            yield f"{length} words in one sentence: {sentence}"
    plain = _QUOTED.sub(" ", _CODE.sub(" ", text))
    for word, instead in INSTEAD[language].items() if _ANY_OF[language].search(plain) else ():
        if word not in known and re.search(rf"\b{re.escape(word)}(s|es)?\b", plain, flags=re.IGNORECASE):
            yield f"“{word}”: say {instead}"
    for short in sorted(set(_LETTERS.findall(plain)) - set(explained)):
        if not re.search(rf"\({short}\)", plain):
            yield f"{short} is not explained"
    if word_count(text) < FEWEST_WORDS:
        return
    most = HARDEST_GRADE_OF_METHODS if is_method else HARDEST_GRADE
    if language == "en" and (found := grade(text)) > most:
        yield f"reads at grade {found:.1f}, and {most:g} is the most"
    if language == "es" and (found := ease(text)) < EASIEST_SPANISH:
        yield f"reads at {found:.0f} of Fernández Huerta, and {EASIEST_SPANISH:g} is the least"


def faults_of_rules(catalogue: Mapping[str, Any]) -> list[str]:
    """Say what makes the rules of submissions hard to read, and which of them a language lacks, each by name."""
    explained, found = _explained(), []
    for rule in catalogue["rules"]:
        for language in LANGUAGES:
            said = rule["words"][language]
            if said["language"] != language:
                found.append(f"{rule['rule']} is not said in {language}")
                continue
            known = {row["of_rules"][language] for row in prose.glossary() if "of_rules" in row}
            for part in ("title", "why", "fix", "causes", "ok_when"):
                text = " ".join(said[part]) if isinstance(said[part], list) else said[part] or ""
                hard = faults(text, language, explained, known=known)
                found += [f"{rule['rule']}, {part}, {language}: {fault}" for fault in hard]
    return found


def faults_of_release(
    tables: Mapping[str, pl.DataFrame], methodology: Mapping[str, str], rules: str | None = None
) -> list[str]:
    """Say what makes the texts of a release hard to read, and which of its pages a language lacks, each by name.

    `rules` is the catalogue of the rules of submissions as JSON, where it was handed over.
    """
    explained = _explained()
    found = [
        f"{file}, {next(iter(row.values()))}, {column}: {fault}"
        for file, table in tables.items()
        for language in LANGUAGES
        for row in table.select(pl.first(), *spoken_columns(table, language)).unique().iter_rows(named=True)
        for column, text in list(row.items())[1:]
        for fault in faults(_PLACE.sub("52", text or ""), language, explained)
    ]
    for slug in tables["indicators"]["indicator"]:
        for language in LANGUAGES:
            name = f"{slug}.md" if language == "en" else f"{slug}.{language}.md"
            if name not in methodology:
                found.append(f"{name} is missing")
                continue
            page = prose.parsed(slug, language, methodology[name])
            found += [f"{name}: {fault}" for fault in faults(page.text, language, explained, is_method=True)]
    return sorted(found + (faults_of_rules(json.loads(rules)) if rules else []))


def spoken_columns(table: pl.DataFrame, *languages: str) -> list[str]:
    """Name the columns of a table that hold texts, of all languages or of these: they end with the language."""
    return table.select(pl.selectors.ends_with(*(f"_{language}" for language in languages or LANGUAGES))).columns


def _explained() -> set[str]:
    """Give the short forms that the glossary explains."""
    return {row["short"] for row in prose.glossary() if "short" in row}


def _shape(text: str, language: str) -> tuple[float, float]:
    """Give the words of a sentence and the syllables of a word, on average."""
    parts = sentences(text)
    spoken = [syllables(word, language) for part in parts for word in _WORD.findall(_CODE.sub(" ", part))]
    return sum(map(word_count, parts)) / max(len(parts), 1), sum(spoken) / max(len(spoken), 1)


def _english(word: str) -> int:
    word = re.sub(r"['’]s?$", "", word)
    word = re.sub(r"(?<=[^aeiouytd])ed$", "", word)
    word = re.sub(r"(?<=[^aeiouysxzcg])es$", "e", word)
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = len(_SILENT.findall(word)) if groups > 1 else 0
    return max(groups - silent + len(_PARTED.findall(word)), 1)


def _spanish(word: str) -> int:
    word = re.sub(r"(?<=q)u|(?<=g)u(?=[eiéí])", "", word)
    runs = re.findall(r"(?:[aeiouáéíóúü]|y(?![aeiouáéíóúü]))+", word)
    return max(1, sum(max(1, len(re.findall(r"[aeoáéóíú]", run))) for run in runs))
