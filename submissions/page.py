"""The report of a submission as one page, in English and Spanish, that stands alone.

No script and no request; the reader chooses the language with two buttons that the style obeys. It is readable on paper
and by a screen reader. Only words and form are decided here.
"""

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from expectations.agreement import REASONS
from expectations.catalogue import ENGLISH, collection_of, say
from expectations.notices import EXPLAIN, MUST_FIX, SEVERITIES
from submissions.custody import REFUSED
from submissions.door_words import in_spanish
from submissions.feedback import COULD_NOT_CHECK, NEEDS_EXPLANATION, NEEDS_WORK, Feedback, because, titles

LANGUAGES = ("en", "es")
TONE = {COULD_NOT_CHECK: EXPLAIN, NEEDS_WORK: MUST_FIX, NEEDS_EXPLANATION: EXPLAIN}
_TEMPLATES = Path(__file__).parent / "templates"


def render(feedback: Feedback, language: str = ENGLISH) -> str:
    """Give the page as text; it opens in `language`."""
    t = words()
    cards = {severity: feedback.of_severity(severity) for severity in SEVERITIES}
    cards["waived"] = [card for card in feedback.cards if not card.is_open]
    submission = feedback.submission
    return template("report.html").render(
        t=t,
        first=language,
        feedback=feedback,
        submission=submission,
        received=_moment(submission.received_at),
        school_year=f"{submission.school_year - 1}–{submission.school_year % 100:02d}",
        verdict={one: verdict(feedback, t[one]) for one in LANGUAGES},
        tone=TONE.get(feedback.verdict, "ok"),
        reason_in_spanish=in_spanish(feedback.reason) if feedback.reason else None,
        cards=cards,
        changes=feedback.changes.totals if feedback.changes else None,
        set_aside=sum(file["rows_quarantined"] for file in feedback.files),
        passed=_by_collection(feedback),
        passed_line=_passed_line,
        say=say,
        because=because,
        reasons=REASONS,
    )


def _moment(at: str) -> str:
    """Write when something was received for people; a clock may stand anywhere, so UTC is said."""
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def verdict(feedback: Feedback, t: dict[str, Any]) -> str:
    """Say in words what became of the submission, or what would become of it."""
    said, here = t["verdict"], not feedback.submission.received_at
    if feedback.status == REFUSED:
        return said["refused_here" if here else "refused"]
    if feedback.verdict == COULD_NOT_CHECK:
        return said[COULD_NOT_CHECK]
    rules = feedback.of_severity(EXPLAIN if feedback.verdict == NEEDS_EXPLANATION else MUST_FIX)
    records = sum(file[MUST_FIX] for file in feedback.files)
    in_records = said["in_records"].format(records=_counted(records, t["record"])) if records else ""
    return said[feedback.verdict][here].format(things=_counted(len(rules), t["thing"]), in_records=in_records)


def verdict_in_words(feedback: Feedback, language: str = ENGLISH) -> str:
    """Say the verdict in a language."""
    return verdict(feedback, words()[language])


def _by_collection(feedback: Feedback) -> dict[str, list[str]]:
    """Group the rules that found nothing under the titles of the collections that were sent."""
    of = {
        title: [code for code in feedback.passed if collection_of(code) == name]
        for name, title in titles(feedback).items()
    }
    return {title: rules for title, rules in of.items() if rules}


@cache
def _passed_line(rule: str, language: str) -> Markup:
    """Say in one line of the page that a rule found nothing. There are hundreds, and they are the same for all."""
    said, none_found = say(rule, language), words()[language]["none_found"]
    spoken = Markup("") if said.language == language else Markup(' lang="{}"').format(said.language)
    line = '<li><span class="code">{}</span> <span{}>{}</span>: {}</li>'
    return Markup(line).format(rule, spoken, said.title, none_found)


def _counted(number: int, noun: list[str]) -> str:
    return f"{number:,} {noun[number != 1]}"


@cache
def words() -> dict[str, Any]:
    """Give the words that no rule says, in each language."""
    return yaml.load((_TEMPLATES / "words.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


@cache
def template(name: str) -> jinja2.Template:
    """Give a template, with the one style of all pages and the hash that allows it and nothing else."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    environment.globals["style"] = Markup(style)
    environment.globals["style_sha256"] = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.filters["counted"] = _counted
    return environment.get_template(name)
