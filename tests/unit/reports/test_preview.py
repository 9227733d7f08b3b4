"""A district sees before publication what readers will see: the same numbers, the same silence, and what is new."""

from html.parser import HTMLParser
from pathlib import Path

import duckdb
import polars as pl
import pytest

from reports import words
from reports.preview import write_previews
from tests.valid_html import faults_of

DISTRICT, SCHOOL = "0100", "Oak Street Elementary School"
HEADLINES = """
    select m.label_en, subject, grade_span, r.* from publication.pub_indicator_results r
    inner join publication.pub_measures m using (indicator, measure)
    where is_headline and level = 'district' and entity_id = '0100'
        and student_group = 'ALL' and population = 'reporting'
"""


class Tables(HTMLParser):
    """The rows of every table of a page by its caption, as lists of texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows, self.caption, self.cell, self.texts = {}, None, None, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "caption":
            self.caption = ""
        elif tag == "tr":
            self.row = []
        elif tag in ("td", "th"):
            self.cell = []

    def handle_endtag(self, tag):
        if tag == "caption":
            self.caption, self.title = None, self.caption
        elif tag in ("td", "th"):
            self.row.append(" ".join(self.cell))
            self.cell = None
        elif tag == "tr" and len(self.row) > 1:
            self.rows.setdefault(self.title, []).append(self.row)

    def handle_data(self, data):
        if self.caption is not None:
            self.caption += data
        elif self.cell is not None and data.strip():
            self.cell.append(data.strip())


def preview(warehouse: Path, release: Path | None, folder: Path, district: str = DISTRICT) -> str:
    path = folder / f"{district}.html"
    assert write_previews(warehouse, release, {district: path}) == [district]
    return path.read_text()


def released(warehouse: Path, folder: Path, *changes: pl.Expr) -> Path:
    """Give the folder of a release that holds the same results, but for some changes."""
    (folder / "release" / "data").mkdir(parents=True)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        values = connection.execute("from publication.pub_indicator_results").pl()
    values.with_columns(*changes).write_parquet(folder / "release" / "data" / "values.parquet")
    return folder / "release"


def test_a_preview_of_simulated_records_says_so_in_both_languages(warehouse, tmp_path):
    assert 'class="simulated"' not in preview(warehouse, None, tmp_path)
    path = tmp_path / "simulated.html"
    write_previews(warehouse, None, {DISTRICT: path}, simulated={DISTRICT})
    told = path.read_text()
    assert all(words.language(code)("simulated.note") in told for code in words.LANGUAGES)


def test_every_number_of_the_district_is_the_published_tables(warehouse, tmp_path):
    rows = Tables(preview(warehouse, None, tmp_path)).rows["Your district, all students"][1:]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        table = connection.execute(f"{HEADLINES} and school_year = 2025").pl()
        subjects = dict(connection.execute("select code, label_en from publication.pub_subjects").fetchall())
        statuses = dict(connection.execute("select status, label_en from publication.pub_value_statuses").fetchall())
    told = {row[0]: row for row in rows}
    seen = 0
    for one in table.iter_rows(named=True):
        row = next(
            (told[name] for name in told if name.startswith(f"{one['label_en']}, {subjects[one['subject']]}")), None
        )
        if one["grade_span"] != "all" or row is None:
            continue
        seen += 1
        if one["value"] is not None:
            assert row[2].startswith(f"{one['value'].normalize():f}")
            assert row[3] == f"{one['student_count']:,}"
        elif one["low_bound"] is None and one["high_bound"] is None:
            assert row[2] == statuses[one["value_status"]]
            assert row[3] == "–"
    assert seen >= 4


def test_what_will_be_hidden_is_hidden_here_with_the_same_words_though_it_is_published_now(state, warehouse, tmp_path):
    results = state.results()
    of_few = (pl.col("entity_id") == DISTRICT) & (pl.col("student_group") == "AA")
    numbers = ["student_count", "value", "low_bound", "high_bound", "interval_low", "interval_high"]
    hidden = results.with_columns(
        *(pl.when(of_few).then(None).otherwise(name).alias(name) for name in numbers),
        value_status=pl.when(of_few).then(pl.lit("suppressed")).otherwise("value_status"),
    )
    coming = state.make_warehouse(tmp_path / "waymark.duckdb", hidden)
    page = preview(coming, released(warehouse, tmp_path), tmp_path)
    (label,) = (row[3] for row in state.GROUPS if row[0] == "AA")
    rows = [row for row in Tables(page).rows["Your district, by group of students"] if row[0] == label]
    (words,) = (row[2] for row in state.STATUSES if row[0] == "suppressed")
    assert rows
    assert {(row[2], row[3], row[4]) for row in rows} == {(words, "–", "Cannot tell")}


def test_before_any_release_every_number_is_new(warehouse, tmp_path):
    page = preview(warehouse, None, tmp_path)
    rows = Tables(page).rows["Your district, all students"][1:]
    assert {row[5] for row in rows} == {"Not yet"}
    assert "0 numbers stay as they are." in page


def test_numbers_that_are_published_already_stay_the_same(warehouse, tmp_path):
    page = preview(warehouse, released(warehouse, tmp_path), tmp_path)
    rows = Tables(page).rows["Your district, all students"][1:]
    assert {row[5] for row in rows} == {"The same"}
    assert "0 numbers will not be as they are published now." in page
    assert "0 numbers are new." in page


def test_a_number_that_will_be_another_is_shown_beside_the_one_readers_see_now(warehouse, tmp_path):
    first = Tables(preview(warehouse, None, tmp_path)).rows["Your district, all students"][1:]
    is_one = (pl.col("entity_id") == DISTRICT) & (pl.col("school_year") == 2025) & (pl.col("student_group") == "ALL")
    is_one &= (pl.col("indicator") == "academic_achievement") & (pl.col("subject") == "MATH")
    now = [
        pl.when(is_one).then(None).otherwise(name).alias(name) for name in ("value", "student_count", "interval_low")
    ]
    now += [pl.when(is_one).then(None).otherwise("interval_high").alias("interval_high")]
    now += [pl.when(is_one).then(pl.lit("suppressed")).otherwise("value_status").alias("value_status")]
    page = preview(warehouse, released(warehouse, tmp_path, *now), tmp_path)
    rows = Tables(page).rows["Your district, all students"][1:]
    changed = [row for row in rows if row[5] != "The same"]
    assert [row[0] for row in changed] == ["Percent proficient, Mathematics"]
    assert changed[0][2] == next(row[2] for row in first if row[0] == changed[0][0])
    assert "Hidden" in changed[0][5]
    assert 'class="changed"' in page


def test_a_number_of_last_year_that_will_be_another_says_what_is_published_now(warehouse, tmp_path):
    is_one = (pl.col("entity_id") == DISTRICT) & (pl.col("school_year") == 2024) & (pl.col("value").is_not_null())
    is_one &= (pl.col("interval_low") > 1) & (pl.col("indicator") == "test_participation")
    lower = pl.when(is_one).then((pl.col("value") - 1).cast(pl.Decimal(18, 4))).otherwise("value").alias("value")
    page = preview(warehouse, released(warehouse, tmp_path, lower), tmp_path)
    assert "Published now: " in page
    assert "Publicado hoy: " in page


def test_the_page_stands_alone_in_two_languages_and_runs_nothing(warehouse, tmp_path):
    page = preview(warehouse, None, tmp_path)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'; style-src 'sha256-" in page
    assert '<div class="spanish" lang="es">' in page
    assert "Sus números antes de publicarse" in page
    assert SCHOOL in page
    assert 'href="report.html"' in page


def test_the_page_is_valid_html(warehouse, tmp_path):
    assert faults_of(preview(warehouse, None, tmp_path)) == []


def test_a_district_without_numbers_gets_no_page(warehouse, tmp_path):
    path = tmp_path / "9999.html"
    assert write_previews(warehouse, None, {"9999": path}) == []
    assert not path.exists()


@pytest.mark.parametrize("district", ["0100", "470"])
def test_no_school_of_another_district_is_on_the_page(warehouse, tmp_path, district):
    page = preview(warehouse, None, tmp_path, district)
    assert (SCHOOL in page) == (district == "0100")
