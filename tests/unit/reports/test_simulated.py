"""A release that was made of simulated records says so wherever it is read: each page, each file, each description."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import polars as pl
import pytest

from reports import provenance, words
from reports.pdf import print_pages
from reports.release import Dossier, publish_release

SVG = "{http://www.w3.org/2000/svg}"
MARK, VERSION = "simulated", "1.0.0-simulated"
REAL = {"district_id": "0100", "school_year": 2025, "files": [], "rule_pack": "r", "events": [], MARK: False}


@pytest.fixture(scope="module")
def simulated(handed_over: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the made-up state, said to be of simulated records."""
    inputs = {**provenance.NO_INPUTS, "submissions": {"2025-0100-x": REAL | {MARK: True}}}
    return publish_release(handed_over, tmp_path_factory.mktemp("simulated") / "releases", Dossier(inputs=inputs))


def notes() -> dict[str, str]:
    return {code: words.language(code)("simulated.note") for code in words.LANGUAGES}


def test_the_version_says_so_and_the_next_one_too(simulated: Path, handed_over: Path):
    assert simulated.name == VERSION
    inputs = {**provenance.NO_INPUTS, "submissions": {"2025-0100-x": REAL | {MARK: True}}}
    again = publish_release(handed_over, simulated.parent, Dossier(inputs=inputs))
    assert again == simulated


def test_every_drawing_of_a_place_says_so_where_it_is_shown_alone(simulated: Path):
    sheets = [path for kind in ("school", "district") for path in (simulated / "site/files" / kind).glob("*.svg")]
    assert sheets
    for sheet in sheets:
        whole = ElementTree.parse(sheet).getroot()
        note = notes()[sheet.stem.rpartition("-")[2]]
        tops = [float(text.get("y")) for text in whole.findall(f"{SVG}text") if text.text == note]
        for view in whole.iter(f"{SVG}view"):
            _, top, _, height = map(float, view.get("viewBox").split())
            assert sum(top < own < top + height for own in tops) == 1, (sheet.name, view.get("id"))


def test_every_page_says_so_in_its_language(simulated: Path):
    pages = [path for path in (simulated / "site").rglob("*.html") if path.parent != simulated / "site"]
    assert len(pages) > 100
    for page in pages:
        told = page.read_text()
        assert f'<p class="simulated">{notes()[page.relative_to(simulated / "site").parts[0]]}</p>' in told, page
        title = told.partition("<title>")[2].partition("</title>")[0]
        assert title.endswith(("(simulated)", "(datos simulados)")), page
    first = (simulated / "site" / "index.html").read_text()
    assert all(note in first for note in notes().values())


def test_every_file_of_results_says_so_in_every_row(simulated: Path):
    for path in [simulated / "data/values.csv", *(simulated / "data").glob("*/*.csv")]:
        assert set(pl.read_csv(path, infer_schema=False)["release"]) == {VERSION}, path
    assert set(pl.read_parquet(simulated / "data/values.parquet")["release"]) == {VERSION}
    for path in (simulated / "data").glob("*/*.xlsx"):
        assert set(pd.read_excel(path)["release"]) == {VERSION}, path
    for path in (simulated / "api/v1").glob("values/*/*.json"):
        assert json.loads(path.read_text())["release"] == VERSION, path
    files = [*(simulated / "site/files").glob("*/*.csv")]
    assert files
    for path in files:
        assert set(pl.read_csv(path, infer_schema=False)["records"]) <= {MARK}, path
        told = json.loads(path.with_suffix(".json").read_text())
        assert all(row[told["columns"].index("records")] == MARK for row in told["rows"]), path


def test_every_drawing_says_so_in_itself(simulated: Path):
    drawings = [*(simulated / "site/files/charts").glob("*.svg")]
    assert drawings
    for path in drawings:
        assert notes()[path.stem.rpartition("-")[2]] in path.read_text(), path


def test_whoever_reads_about_the_data_first_reads_so(simulated: Path):
    package = json.loads((simulated / "data/datapackage.json").read_text())
    assert package[MARK] is True
    described = [simulated / "README.md", simulated / "CITATION.cff", simulated / "data.json"]
    described += [simulated / "data-v1.1.json", simulated / "data/dataset.jsonld", simulated / "api/v1/openapi.json"]
    for path in [*described, *simulated.glob("data/**/*.csv-metadata.json"), simulated / "data/datapackage.json"]:
        assert "The records are simulated" in path.read_text(), path


def test_a_printed_page_says_so(simulated: Path, tmp_path: Path):
    import pikepdf

    [made] = print_pages(simulated / "site", ["en/state/index.html"], tmp_path)
    with pikepdf.open(made) as file:
        assert str(file.docinfo.Title).endswith("(simulated)")


def test_a_release_of_real_records_does_not_say_so(release: Path):
    assert release.name == "1.0.0"
    assert json.loads((release / "data/datapackage.json").read_text())[MARK] is False
    page = (release / "site/en/index.html").read_text()
    assert not any(note in page for note in notes().values())
