"""The findings of a submission as a workbook of two tabs, and the reader of the notes that come back in it.

Start here says what is wrong, how much of it and what to do; All records lists the findings, with two columns for the
sender's words. The same findings give the same bytes.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from expectations.agreement import REASONS
from expectations.catalogue import ENGLISH, SEVERITY, rule_of
from submissions.explanations import Note
from submissions.feedback import Card, Feedback, because
from submissions.page import verdict_in_words, words

SUMMARY = {
    "en": ("Rule", "Must fix?", "What is wrong", "How many", "Listed", "Why it matters", "How to fix", "Reason codes"),
    "es": (
        "Regla",
        "¿Corregir?",
        "Qué está mal",
        "Cuántos",
        "Listados",
        "Por qué importa",
        "Cómo corregir",
        "Códigos de motivo",
    ),
}
RECORDS = {
    "en": (
        *(
            "Student key",
            "Date",
            "School",
            "What is wrong",
            "What we saw",
            "What we expected",
            "How to fix",
            "File",
            "Row",
        ),
        *("Field", "Rule", "Severity", "Your note", "Reason code", "State reply", "Your own columns"),
    ),
    "es": (
        *("Clave del estudiante", "Fecha", "Escuela", "Qué está mal", "Qué vimos", "Qué esperábamos", "Cómo corregir"),
        *("Archivo", "Fila", "Campo", "Regla", "Gravedad", "Su nota", "Código de motivo", "Respuesta del estado"),
        "Sus propias columnas",
    ),
}
TABS = {"en": ("Start here", "All records"), "es": ("Empiece aquí", "Todos los registros")}
SEVERITY_WORDS = {
    "en": {
        "must_fix": "Must fix",
        "explain": "Explain",
        "information": "For information",
        "waived": "Waived",
        "explained": "Explained",
    },
    "es": {
        "must_fix": "Corregir",
        "explain": "Explicar",
        "information": "Para su información",
        "waived": "Con exención",
        "explained": "Explicado",
    },
}
MOST_ROWS = 100_000
_WIDTHS = ((10, 16, 60, 10, 10, 60, 60, 40), (14, 12, 12, 50, 34, 24, 60, 22, 9, 26, 10, 16, 40, 18, 30, 40))
_FILE, _ROW, _FIELD, _RULE, _NOTE, _REASON = 7, 8, 9, 10, 12, 13


class NotesError(Exception):
    """A workbook that came back is not one of ours, or says something that cannot be taken in."""


def write(feedback: Feedback, language: str = ENGLISH) -> bytes:
    """Give the workbook as bytes."""
    summary, records = list(_summary(feedback, language)), list(_records(feedback, language))
    sheets = _sheet(summary, _WIDTHS[0]), _sheet(records, _WIDTHS[1], table=True)
    parts = _PARTS | {
        "xl/workbook.xml": _WORKBOOK.format(*TABS[language]),
        **{f"xl/worksheets/sheet{number}.xml": sheet for number, sheet in enumerate(sheets, 1)},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in parts.items():
            at = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            packed.writestr(at, _HEAD + text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def read_notes(path: Path) -> list[Note]:
    """Read the notes and reason codes of a workbook that came back. Raises NotesError, naming tab and row."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise NotesError("This is not a workbook that can be read.") from None
    try:
        tab = next((tabs[1] for tabs in TABS.values() if tabs[1] in book.sheetnames), None)
        rows = book[tab].iter_rows(values_only=True) if tab else iter(())
        if tuple(next(rows, ())) not in RECORDS.values():
            raise NotesError("This workbook does not have the columns of the one we sent.")
        return list(_notes(tab, rows))
    finally:
        book.close()


def _notes(tab: str, rows: Iterator[tuple]) -> Iterator[Note]:
    for number, cells in enumerate(rows, 2):
        row = (*cells, *[None] * len(RECORDS["en"]))
        note, reason = (str(row[column] or "").strip() or None for column in (_NOTE, _REASON))
        if note is None and reason is None:
            continue
        if reason is not None and reason not in REASONS:
            raise NotesError(f"{tab}, row {number}: the reason code is not one of {', '.join(REASONS)}.")
        if reason == "other" and note is None:
            raise NotesError(f"{tab}, row {number}: the reason code other needs a note.")
        line = int(row[_ROW]) if row[_ROW] is not None else None
        yield Note(str(row[_RULE]), str(row[_FILE] or ""), line, row[_FIELD], reason, note)


def _summary(feedback: Feedback, language: str) -> Iterator[tuple]:
    here, submission = language == "en", feedback.submission
    yield ("#", verdict_in_words(feedback, language))
    yield (None, f"{submission.district_id} · {submission.school_year} · {submission.submission_id}")
    if submission.simulated:
        yield (None, words()[language]["simulated"])
    yield ()
    yield tuple(("#", name) for name in SUMMARY[language])
    for card in feedback.cards:
        said = card.said(language)
        yield (
            card.rule,
            _severity(card, language),
            said[0].title,
            card.count,
            len(card.listed),
            said[0].why or None,
            " ".join(dict.fromkeys(step for one in said for step in one.fix)),
            "; ".join(f"{code}: {REASONS[code][language]}" for code in card.reasons) or None,
        )
    if feedback.not_checked:
        yield ()
        yield (("#", "Not checked" if here else "Sin revisar"),)
        for one in feedback.not_checked:
            yield (one.rule, None, because(one, language))


def _records(feedback: Feedback, language: str) -> Iterator[tuple]:
    yield tuple(("#", name) for name in RECORDS[language])
    left = MOST_ROWS
    for card in feedback.cards:
        said = {one.field: words for one, words in zip(card.notices, card.said(language), strict=True)}
        fields = rule_of(card.rule).fields if card.rule in SEVERITY else ()
        rows = card.listed or [{"field": one.field, "file": one.file, "line": one.line} for one in card.notices]
        for row in rows[:left]:
            words = said[row["field"]]
            yield (
                row.get("student"),
                row.get("day"),
                row.get("school"),
                words.title,
                row.get("seen"),
                row.get("expected"),
                " ".join(words.fix),
                row["file"],
                row["line"],
                ", ".join(fields) or row["field"],
                card.rule,
                _severity(card, language),
                *_said_before(card),
                _state_reply(card, language),
                row.get("local"),
            )
        left -= len(rows[:left])


def _severity(card: Card, language: str) -> str:
    settled = ("waived" if card.waiver else "explained") if not card.is_open else card.severity
    return SEVERITY_WORDS[language][settled]


def _said_before(card: Card) -> tuple[str | None, str | None]:
    """Give the note and the reason code of an explanation that holds, so that they are not asked for again."""
    if card.explanation is None:
        return None, None
    return " ".join(card.explanation.notes) or None, card.explanation.reasons[0]


def _state_reply(card: Card, language: str) -> str | None:
    """Give what the state answered to the explanation, if it has."""
    answer = card.explanation and card.explanation.answer
    if answer is None:
        return None
    accepted = {"en": ("Not accepted", "Accepted"), "es": ("No aceptado", "Aceptado")}[language][answer.is_accepted]
    return f"{accepted}, {answer.answered_on}: {answer.reason}"


# --- the file: written part by part, because the library that reads it takes a second for a thousand rows


def _sheet(rows: list[tuple], widths: tuple[int, ...], *, table: bool = False) -> str:
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, 1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if table else ""
    body = []
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(value, f"{_LETTERS[place]}{number}") for place, value in enumerate(row))
        body.append(f'<row r="{number}">{cells}</row>')
    filters = f'<autoFilter ref="A1:{_LETTERS[len(widths) - 1]}{len(rows)}"/>' if table else ""
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{''.join(body)}</sheetData>{filters}</worksheet>"
    )


def _cell(value: Any, place: str) -> str:
    """Write a cell: a number as a number, and any text as text, also one that looks like a formula or a number."""
    if value is None:
        return ""
    if isinstance(value, int):
        return f'<c r="{place}" s="2"><v>{value}</v></c>'
    style, text = (1, value[1]) if isinstance(value, tuple) else (0, value)
    shown = "".join(character if character.isprintable() else "�" for character in text)
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'


_LETTERS = "ABCDEFGHIJKLMNOP"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ALIGNED = '<alignment vertical="top" wrapText="1"/>'
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
        f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}">'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3">'
        f'<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1">{_ALIGNED}</xf>'
        '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
        f'<xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1">{_ALIGNED}</xf>'
        '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="{}" sheetId="1" r:id="rId1"/><sheet name="{}" sheetId="2" r:id="rId2"/></sheets></workbook>'
)
