"""Where a number comes from: told from the release alone, with checksums and without anything of a student."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from reports.provenance import NotThereError, explain, made_of
from reports.release import Dossier, build_release
from reports.statement import read_statement

SIGNATURE = "certified 2025-11-14 =J. Ortiz <b> Superintendent"
SUBMISSION = {"rule_pack": "r", "events": ["received", "screened", "accepted"]}
INPUTS = {
    "submissions": {
        f"{year}-{district}-x": {
            "district_id": district,
            "school_year": year,
            "files": [["assessment", f"{year}".rjust(64, "a")], ["discipline", "b" * 64]],
            **SUBMISSION,
        }
        for district in ("0100", "470")
        for year in (2024, 2025, 2026)
    },
    "files": {"lock": "c" * 64},
    "code": {"methods": "d" * 64},
    "policies": {"policy_minimum_n": "e" * 64},
    "indicators": {
        "academic_achievement": {
            "models": {"ind_academic_achievement": "f" * 64},
            "policies": ["policy_academic_achievement"],
            "collections": ["assessment"],
            "computed": [],
        }
    },
    "shared_models": {"fct_indicator_results": "0" * 64},
}


@pytest.fixture(scope="module")
def explained(handed_over: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed release of the made-up state that says what it was made of."""
    folder = tmp_path_factory.mktemp("explained") / "1.0.0"
    return build_release(handed_over, folder, "1.0.0", Dossier(inputs=INPUTS, key=bytes(range(32))))


def test_a_number_leads_to_its_page_policy_model_and_submissions(explained: Path):
    told = explain(explained, "0001", "academic_achievement", "EL")
    assert {row["student_group"] for row in told["values"]} == {"EL"}
    page = explained / told["methodology"]["page"]
    assert hashlib.sha256(page.read_bytes()).hexdigest() == told["methodology"]["sha256"]
    assert [row["parameter"] for row in told["policies"]] == ["minimum_students", "participation_floor"]
    assert told["models"] == {"ind_academic_achievement": "f" * 64}
    assert list(told["submissions"]) == ["2024-0100-x", "2025-0100-x"]
    assert all([name for name, _ in one["files"]] == ["assessment"] for one in told["submissions"].values())
    assert told["submissions"]["2025-0100-x"]["events"] == ["received", "screened", "accepted"]
    signed = [one["certification"] for one in told["submissions"].values()]
    assert [one["status"] for one in signed] == ["changed_since", "certified"]
    assert (signed[1]["certified_by"], signed[1]["certified_on"]) == ("=J. Ortiz <b>", "2025-11-14")


def test_the_state_comes_from_the_submissions_of_everyone(explained: Path):
    told = explain(explained, "state", "academic_achievement")
    assert {one["district_id"] for one in told["submissions"].values()} == {"0100", "470"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("9999", "academic_achievement"), "9999 is not a school or district"),
        (("0001", "happiness"), "happiness is not an indicator"),
        (("0001", "academic_achievement", "XX"), "no result of 0001 for academic_achievement and XX"),
        (("0001", "academic_achievement", "ALL", "district"), "0001 is not a district"),
        (("*", "academic_achievement"), r"\* is not a school"),
    ],
)
def test_what_the_release_does_not_have_is_named(explained: Path, words: tuple, complaint: str):
    with pytest.raises(NotThereError, match=complaint):
        explain(explained, *words)


def test_the_statement_lists_all_that_the_release_was_made_of(explained: Path):
    statement = read_statement(explained)
    listed = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert listed == made_of(INPUTS)
    assert {one["name"] for one in listed} >= {
        "submission/2025-0100-x/assessment",
        "files/lock",
        "code/methods",
        "policies/policy_minimum_n",
        "models/ind_academic_achievement",
        "shared_models/fct_indicator_results",
    }
    assert all(re.fullmatch("[0-9a-z]{64}", one["digest"]["sha256"]) for one in listed)


def test_the_api_says_the_same_for_each_entity_and_indicator(explained: Path):
    api = explained / "api" / "v1" / "provenance"
    told = explain(explained, "0001", "academic_achievement")
    of_school = json.loads((api / "school" / "0001.json").read_text())["submissions"]
    assert told["submissions"].keys() <= of_school.keys()
    of_indicator = json.loads((api / "indicators" / "academic_achievement.json").read_text())
    assert (of_indicator["models"], of_indicator["methodology"]) == (told["models"], told["methodology"])


def test_the_command_tells_the_same_in_words_and_as_json(explained: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")
    words = ["explain", "0001", "academic_achievement", "EL", "--release", str(explained)]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    for said in (
        "ind_academic_achievement",
        "Policy: minimum_students = 10",
        "Submission: 2025-0100-x",
        "f" * 64,
        SIGNATURE,
    ):
        assert said in told.output
    as_json = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(as_json.output) == json.loads(
        json.dumps(explain(explained, "0001", "academic_achievement", "EL"))
    )
    unknown = CliRunner().invoke(app, ["explain", "9999", "academic_achievement", "--release", str(explained)])
    assert unknown.exit_code == 1
