"""Who certified the records: in the files of a release and on the pages of districts, schools and the state."""

import html
import json
import re
from pathlib import Path

import polars as pl
import pytest

from reports.certifications import certifications
from reports.handover import hand_over
from reports.release import newest_release, publish_release


def words(release: Path, page: str, part: str) -> str:
    """Give the words of the part of a page that has this id, without its tags."""
    text = (release / "site" / page).read_text(encoding="utf-8")
    section = re.search(rf'<section[^>]* id="{part}".*?</section>|<section id="{part}".*?</section>', text, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", section[0])).split())


def test_the_file_has_a_row_for_every_district_and_year_and_says_where_no_one_signed(release: Path):
    table = pl.read_csv(release / "data" / "certifications.csv", infer_schema=False)
    assert table.select("school_year", "district_id", "status").rows() == [
        ("2024", "0100", "changed_since"),
        ("2024", "470", "not_certified"),
        ("2025", "0100", "certified"),
        ("2025", "470", "not_certified"),
    ]
    assert table.row(2)[3:] == ("'=J. Ortiz <b>", "Superintendent", "2025-11-14", "2", "1", "ENR-201 STU-012")
    assert set(table.row(3)[3:]) == {None}
    told = json.loads((release / "api/v1/certifications.json").read_text(encoding="utf-8"))["certifications"]
    assert told[2]["certified_by"] == "=J. Ortiz <b>" and told[3]["certified_by"] is None


@pytest.mark.parametrize(
    ("language", "signed", "changed", "nobody", "of_state"),
    [
        (
            "en",
            "Certified on November 14, 2025 by =J. Ortiz <b>, Superintendent. The district explained 2 kinds",
            "The records changed since =J. Ortiz <b>",
            "Not certified. No one has signed",
            "1 of 2 districts has signed",
        ),
        (
            "es",
            "Certificado el 14 de noviembre de 2025 por =J. Ortiz <b>, Superintendent. El distrito explicó 2 tipos",
            "Los registros cambiaron desde que =J. Ortiz <b>",
            "Sin certificar. Nadie ha firmado",
            "1 de 2 distritos ha firmado",
        ),
    ],
)
def test_a_district_and_its_schools_say_who_certified_and_when_or_that_no_one_did(
    release: Path, language, signed, changed, nobody, of_state
):
    panel = words(release, f"{language}/district/0100/index.html", "certified")
    assert signed in panel and changed in panel and "ENR-201 STU-012" in panel
    for page in ("district/0100", "school/0001"):
        assert signed in words(release, f"{language}/{page}/index.html", "about")
    for page in ("district/470", "school/0003"):
        assert nobody in words(release, f"{language}/{page}/index.html", "about")
    assert of_state in words(release, f"{language}/state/index.html", "about")


def test_a_rule_whose_finding_was_explained_leads_to_its_place_in_the_catalogue(release: Path):
    page = (release / "site/en/district/0100/index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="\.\./\.\./(rules/\w+/index\.html)#STU-012"', page)
    assert ['id="STU-012"' in (release / "site/en" / link).read_text(encoding="utf-8") for link in links] == [
        True,
        True,
    ]


def test_a_signature_makes_a_release_of_its_own_and_touches_the_pages_of_its_district_alone(
    warehouse: Path, methodology: Path, tmp_path: Path
):
    signed = {"school_year": 2025, "district_id": "470", "status": "certified", "certified_by": "L. Chen"}
    signed |= {"certified_as": "Head", "certified_on": "2025-11-14", "explained_findings": 0}
    home = tmp_path / "releases"
    before = publish_release(hand_over(warehouse, methodology, tmp_path / "first"), home)
    after = publish_release(hand_over(warehouse, methodology, tmp_path / "second", None, [signed]), home)

    assert (after.name, newest_release(home).version) == ("1.0.1", "1.0.1")
    same = {
        page: (before / "site/en" / page).read_bytes() == (after / "site/en" / page).read_bytes()
        for page in ("district/0100/index.html", "school/0001/index.html", "school/0003/index.html")
    }
    assert list(same.values()) == [True, True, False]
    assert pl.read_csv(after / "data" / "changes.csv").height == 0


def test_two_rows_of_one_district_and_year_are_refused():
    values = pl.DataFrame({"school_year": [2025], "level": ["district"], "entity_id": ["0470"]})
    row = {"school_year": 2025, "district_id": "0470", "status": "certified"}
    with pytest.raises(ValueError, match="two certifications"):
        certifications(values, [row, row])
    assert certifications(values, [])["status"].to_list() == ["not_certified"]
