"""One sheet of results as an XLSX file: ids are text, numbers are numbers, and nothing in it can run.

Written by columns as the XML of the format; a library that writes cell by cell takes minutes for a million rows. The
same table gives the same bytes.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FRAME = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHEET_TYPE}.sharedStrings+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="values" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    # Style 1 is the format "text": a spreadsheet that saves the file again keeps the zeros of an id.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def write_workbook(table: pl.DataFrame, path: Path, kinds: Mapping[str, str]) -> None:
    """Write a table, whose numbers may stand as text, as a sheet; `kinds` says which columns are `string`.

    Where there is no number the cell is not there: no spreadsheet takes it for zero.
    """
    strings = _strings(table, [name for name in table.columns if kinds[name] == "string"])
    place_of = {text: place for place, text in enumerate(strings)}
    cells = [_cells(table[name], place_of if kinds[name] == "string" else None) for name in table.columns]
    rows = table.select(pl.concat_str([pl.lit("<row>"), *cells, pl.lit("</row>")])).to_series()
    head = "".join(f'<c s="1" t="s"><v>{place_of[name]}</v></c>' for name in table.columns)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in _FRAME.items():
            _add(book, name, [_HEAD, content])
        _add(book, "xl/sharedStrings.xml", [_HEAD, f'<sst xmlns="{_MAIN}">', *map(_item, strings), "</sst>"])
        pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        views = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        opened = f'<worksheet xmlns="{_MAIN}">{views}<sheetData><row>{head}</row>'
        blocks = ("".join(rows.slice(start, 50_000)) for start in range(0, rows.len(), 50_000))
        _add(book, "xl/worksheets/sheet1.xml", [_HEAD, opened, *blocks, "</sheetData></worksheet>"])


def _strings(table: pl.DataFrame, texts: list[str]) -> list[str]:
    """Give every text of the sheet once, in order."""
    found = {text for name in texts for text in table[name].unique() if text is not None}
    return sorted(found | set(table.columns))


def _cells(column: pl.Series, place_of: Mapping[str, int] | None) -> pl.Expr:
    """Write the cells of a column; text by its place among the strings, and nothing where there is nothing."""
    name = pl.col(column.name)
    if place_of is None:
        return pl.when(name.is_null()).then(pl.lit("<c/>")).otherwise(pl.format("<c><v>{}</v></c>", name))
    texts = column.drop_nulls().unique().to_list()
    written = [f'<c s="1" t="s"><v>{place_of[text]}</v></c>' for text in texts]
    return name.replace_strict(texts, written, default="<c/>", return_dtype=pl.String)


def _item(text: str) -> str:
    return f'<si><t xml:space="preserve">{escape(_CONTROL.sub(" ", text))}</t></si>'


def _add(book: zipfile.ZipFile, name: str, pieces: list[str]) -> None:
    about = zipfile.ZipInfo(name, _EARLIEST)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o600 << 16
    with book.open(about, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece.encode())
