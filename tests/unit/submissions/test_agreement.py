"""Every rule across files and years finds what it is for, reaches the district, and says what it could not ask."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest
import yaml

from expectations.agreement import CARDS
from expectations.collections import CONTRACTS
from expectations.collections.validation import STATE, Examined, examine
from submissions import agreement
from submissions.agreement import agree, last_year_of
from submissions.checking import check
from submissions.custody import receive
from submissions.feedback import because
from submissions.screening import screen
from submissions.store import Store

EXPECTATIONS = Path(__file__).parent.parent / "expectations"
GOOD = yaml.safe_load((EXPECTATIONS / "good_records.yaml").read_text(encoding="utf-8"))
EXAMPLES = yaml.safe_load((EXPECTATIONS / "agreement_examples.yaml").read_text(encoding="utf-8"))
WHERE = {"district_id": "0470", "school_year": 2025}
BESIDE = ("last_year", "of_state")


def records(collection: str, changes: list[dict]) -> list[dict]:
    """Write out the records of an example: what differs from the good record, and how many times."""
    made = []
    for change in changes:
        row = GOOD[collection] | {name: value for name, value in change.items() if name not in ("times", "numbered")}
        for number in range(1, change.get("times", 1) + 1):
            many = "times" in change and "student_id" in row
            own = {"student_id": f"{row['student_id'].rstrip('1')}{number}"} if many else {}
            if numbered := change.get("numbered"):
                own[numbered] = f"{int(row[numbered]) + number}"
            made.append(row | own)
    return made


def examined(example: dict) -> dict[str, Examined]:
    return {
        name: examine(
            pl.DataFrame(records(name, changes), infer_schema_length=None).cast(pl.String), CONTRACTS[name], **WHERE
        )
        for name, changes in example.items()
        if name not in BESIDE
    }


def of_state(example: dict) -> dict[str, pl.DataFrame]:
    """Give what the state itself has sent in an example."""
    return {
        name: examine(
            pl.DataFrame(records(name, changes), infer_schema_length=None).cast(pl.String),
            CONTRACTS[name],
            district_id=STATE,
            school_year=2025,
        ).typed
        for name, changes in example.get("of_state", {}).items()
    }


def asked(example: dict, *cards: str, **changes) -> agreement.Agreement:
    """Run rules over an example."""
    before = {name: last_year_of(one.typed, name) for name, one in examined(example.get("last_year", {})).items()}
    cards = [CARDS[code] for code in cards or CARDS]
    return agree(examined(example), before, **WHERE | changes, of_state=of_state(example), cards=cards)


@pytest.fixture(autouse=True)
def cut_scores(tmp_path, monkeypatch) -> Path:
    """Give the state a table of cut scores and a median of removals for one test, where its own may be empty."""
    path = tmp_path.with_name(f"{tmp_path.name}_cut_scores.csv")
    path.write_text(
        "policy_id,first_school_year,last_school_year,subject,grade,performance_level,cut_score,authority\n"
        "p,2024,2029,MATH,08,2,400,\np,2024,2025,MATH,08,3,500.5,\np,2026,2029,MATH,08,2,1,\n"
    )
    medians = tmp_path.with_name(f"{tmp_path.name}_removal_rates.csv")
    medians.write_text(
        "policy_id,first_school_year,last_school_year,state_median_percent,authority\np,2024,2029,4.5,\n"
    )
    monkeypatch.setattr(agreement, "policy_file", lambda name: path.with_name(f"{tmp_path.name}_{name}.csv"))
    return path


def test_a_level_is_right_that_the_cut_scores_of_one_policy_give(cut_scores):
    cut_scores.write_text(cut_scores.read_text() + "other,2024,2029,MATH,08,2,401,\n")
    sent = {"grade_assessed": "08", "scale_score": "400"}
    for level, wrong in (("1", 0), ("2", 0), ("3", 1)):
        found = asked({"assessment": [sent | {"performance_level": level}]}, "ASM-114")
        assert found.findings["assessment"].height == wrong, level


def test_while_the_state_has_no_cut_scores_levels_are_not_checked_against_them(cut_scores):
    header = cut_scores.read_text().partition("\n")[0] + "\n"
    for rows in ("", "p,2026,2029,MATH,08,2,400,\n", "p,2023,2024,MATH,08,2,400,\n"):
        cut_scores.write_text(header + rows)
        found = asked(EXAMPLES["ASM-114"]["breaks"], "ASM-114")

        assert [(one.kind, one.missing) for one in found.not_checked] == [("policy", "policy_cut_scores")]
        assert (found.passed, found.findings["assessment"].height) == ((), 0)
    assert "policy_cut_scores" in because(found.not_checked[0], "en")
    assert "año escolar" in because(found.not_checked[0], "es")


def test_every_rule_has_examples_and_every_example_a_rule():
    assert set(EXAMPLES) == set(CARDS)


@pytest.mark.parametrize("code", CARDS)
def test_a_rule_finds_what_breaks_it(code):
    found = asked(EXAMPLES[code]["breaks"], code)

    assert sum(frame.height for frame in found.findings.values()) == EXAMPLES[code].get("finds", 1)
    assert found.findings[CARDS[code].collection]["rule"].unique().to_list() == [code]
    assert (found.passed, found.not_checked) == ((), ())


@pytest.mark.parametrize("code", CARDS)
def test_a_rule_leaves_alone_what_comes_close(code):
    assert asked(EXAMPLES[code]["keeps"], code).passed == (code,)


def test_a_submission_of_good_records_breaks_no_rule():
    day = "2024-11-12"  # of the good suspension
    more = {"attendance": [{}, {"attendance_date": day}], "calendar": [{}, {"calendar_date": day}]}
    more |= {"competency": [{}, {"competency_id": "M6.1"}]}
    known = {name: {one: [{}] for one in GOOD} for name in BESIDE}
    registered = {"birth_date": "2014-10-03", "first_grade_nine_school_year": "2022"}
    known["of_state"] |= {"school": [{"district_id": "0470"}], "student_registry": [registered]}
    found = asked({name: [{}] for name in GOOD} | more | known)

    assert [frame.rows() for frame in found.findings.values() if frame.height] == []
    assert {one.kind for one in found.not_checked} <= {agreement.NO_COLUMN}


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, card in CARDS.items() for name in card.collections])
def test_a_rule_without_a_collection_that_it_needs_is_not_checked_and_never_passed(code, name):
    example = {one: rows for one, rows in EXAMPLES[code]["breaks"].items() if one != name}
    found = asked(example, code)

    assert (found.passed, sum(frame.height for frame in found.findings.values())) == ((), 0)
    assert [one.missing for one in found.not_checked] == ([name] if name != CARDS[code].collection else [])


@pytest.mark.parametrize("code", [code for code, card in CARDS.items() if card.last_year])
def test_a_rule_about_last_year_is_not_checked_without_last_year(code):
    example = {name: rows for name, rows in EXAMPLES[code]["breaks"].items() if name != "last_year"}
    [missing] = asked(example, code).not_checked

    assert (missing.rule, missing.kind, asked(example, code).passed) == (code, agreement.NO_LAST_YEAR, ())


@pytest.mark.parametrize(("code", "named"), [(code, name) for code, card in CARDS.items() for name in card.of_state])
def test_a_rule_about_what_the_state_has_is_not_checked_without_it(code, named):
    collection, _, column = named.partition(".")
    known = dict(EXAMPLES[code]["breaks"]["of_state"])
    if column:
        known[collection] = [{**row, column: ""} for row in known[collection]]
    else:
        del known[collection]
    found = asked(EXAMPLES[code]["breaks"] | {"of_state": known}, code)

    assert [(one.kind, one.missing) for one in found.not_checked] == [(agreement.NOT_OF_STATE, named)]
    assert (found.passed, sum(frame.height for frame in found.findings.values())) == ((), 0)


@pytest.mark.parametrize("code", [code for code, card in CARDS.items() if card.of_state])
def test_the_state_is_not_held_against_itself(code):
    found = asked(EXAMPLES[code]["breaks"], code, district_id=STATE)

    assert (found.passed, found.not_checked) == ((), ())


@pytest.mark.parametrize(("code", "named"), [(code, name) for code, card in CARDS.items() for name in card.columns])
def test_a_rule_without_a_column_that_it_needs_is_not_checked(code, named, monkeypatch):
    collection, column = named.split(".")
    monkeypatch.setitem(GOOD, collection, {name: v for name, v in GOOD[collection].items() if name != column})
    example = {
        name: [{key: value for key, value in row.items() if key not in (column, "numbered")} for row in rows]
        for name, rows in EXAMPLES[code]["breaks"].items()
        if name not in BESIDE
    } | {name: EXAMPLES[code]["breaks"].get(name, {}) for name in BESIDE}
    [missing] = asked(example, code).not_checked

    assert (missing.kind, missing.missing) == (agreement.NO_COLUMN, named)


def test_what_a_rule_shows_holds_no_number_of_a_student_and_no_score():
    for code, card in CARDS.items():
        secret = {
            name: [
                row | ({"student_id": "S7777777"} if "student_id" in CONTRACTS[name].columns else {}) for row in rows
            ]
            for name, rows in EXAMPLES[code]["breaks"].items()
            if name not in BESIDE
        }
        for frame in (asked(secret, code).findings or {card.collection: pl.DataFrame()}).values():
            shown = str(frame.select("seen", "expected").rows()) if frame.height else ""
            assert "7777" not in shown and "461.5" not in shown


def test_a_rule_that_cannot_be_run_is_not_checked_and_stops_no_other():
    broken = replace(CARDS["ENR-101"], code="ENR-102", select="select no_such_column from enrollment")
    example = EXAMPLES["ENR-101"]["breaks"]
    found = agree(examined(example), {}, **WHERE, cards=[broken, CARDS["ENR-101"]])

    assert [(one.rule, one.kind) for one in found.not_checked] == [("ENR-102", agreement.FAULT)]
    assert found.findings["enrollment"]["rule"].to_list() == ["ENR-101"]


@pytest.mark.parametrize(
    "select",
    [
        "select null as row, content as seen, null as expected from read_text('/etc/hostname')",
        "copy (select 1) to '/tmp/out.csv'",
        "attach '/tmp/x.duckdb' as other",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_a_rule_reaches_nothing_but_its_tables(select):
    card = replace(CARDS["ENR-101"], select=select)
    [missing] = agree(examined(EXAMPLES["ENR-101"]["breaks"]), {}, **WHERE, cards=[card]).not_checked

    assert missing.kind == agreement.FAULT


def test_a_rule_holds_in_the_school_years_of_its_card_alone():
    early = replace(CARDS["ENR-101"], last_school_year=2024)
    late = replace(CARDS["ENR-101"], code="ENR-102", first_school_year=2025)
    found = agree(examined(EXAMPLES["ENR-101"]["breaks"]), {}, **WHERE, cards=[early, late])

    assert found.findings["enrollment"]["rule"].to_list() == ["ENR-102"]


def test_a_process_that_is_forked_off_asks_a_database_of_its_own():
    example = EXAMPLES["ENR-101"]["breaks"]
    assert asked(example, "ENR-101").findings["enrollment"].height == 1
    before = agreement._kept.connection
    agreement._kept.process = -1

    assert asked(example, "ENR-101").findings["enrollment"].height == 1
    assert agreement._kept.connection is not before


def test_many_rows_are_asked_where_they_stand_and_find_the_same(monkeypatch):
    example = EXAMPLES["ENR-102"]["breaks"] | {"student": [{}, {"student_id": "S3", "birth_date": "10/3/2014"}]}
    small = asked(example).findings["enrollment"]
    monkeypatch.setattr(agreement, "MOST_COPIED", 0)

    assert asked(example).findings["enrollment"].equals(small)


def test_a_rule_in_shadow_is_counted_and_tells_nothing():
    found = agree(examined(EXAMPLES["ENR-101"]["breaks"]), {}, **WHERE, cards=[replace(CARDS["ENR-101"], shadow=True)])

    assert (found.shadow, found.passed, found.findings["enrollment"].height) == ({"ENR-101": 1}, (), 0)


def test_every_select_is_plain_sql_over_the_tables_that_its_card_names():
    for code, card in CARDS.items():
        tables = set(duckdb.get_table_names(card.select))
        allowed = {"submission", *card.collections, *(f"{name}_set_aside" for name in card.collections)}
        allowed |= {f"{name}_last_year" for name in card.last_year} | {f"code_{name}" for name in card.code_sets}
        allowed |= {f"{name.partition('.')[0]}_of_state" for name in card.of_state}
        allowed |= {f"policy_{name}" for name in card.policies}
        assert tables <= allowed, code
        assert {f"{name}_last_year" for name in card.last_year} <= tables, code


@pytest.mark.parametrize("code", CARDS)
def test_every_rule_reaches_each_file_that_the_district_reads(code, tmp_path):
    store, example = Store(tmp_path / "home"), EXAMPLES[code]["breaks"]
    beside = [(2024, "0470", example.get("last_year", {})), (2025, STATE, example.get("of_state", {}))]
    for year, district_id, files in [*beside, (2025, "0470", example)]:
        paths = []
        for name, rows in files.items():
            if name not in BESIDE:
                paths.append(tmp_path / str(year) / district_id / f"{name}.csv")
                paths[-1].parent.mkdir(parents=True, exist_ok=True)
                made = records(name, rows)
                with paths[-1].open("w", newline="") as file:
                    writer = csv.DictWriter(file, list(made[0]), lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(made)
        if paths:
            receipt = receive(store, paths, district_id=district_id, school_year=year)
            screen(store, year)
    folder = store.feedback / receipt.submission_id
    rows = openpyxl.load_workbook(folder / "findings.xlsx", read_only=True)["All records"].iter_rows(values_only=True)

    assert code in {one["rule"] for one in json.loads((folder / "report.json").read_text())["findings"]}
    assert f'id="{code}"' in (folder / "report.html").read_text()
    assert f"\n{code}," in (folder / "findings.csv").read_text(encoding="utf-8-sig")
    assert code in {row[10] for row in rows}


def test_a_clean_submission_of_ten_thousand_students_has_nothing_to_fix(tmp_path):
    places = [
        {"student_id": f"{n:06}", "last_name": f"Family{n}", "school_id": f"01{n % 20:02}"} for n in range(1, 10_001)
    ]
    files = {
        "school": [{**GOOD["school"], "school_id": f"01{n:02}", "school_name": f"School {n}"} for n in range(20)],
        "calendar": [{**GOOD["calendar"], "school_id": f"01{n:02}"} for n in range(20)],
        **{
            name: [{**GOOD[name], **{key: one[key] for key in GOOD[name] if key in one}} for one in places]
            for name in ("student", "student_status", "enrollment", "assessment", "attendance")
        },
    }
    for name, rows in files.items():
        pl.DataFrame(rows).write_csv(tmp_path / f"{name}.csv")
    feedback = check(sorted(tmp_path.iterdir()), **WHERE)

    assert [card.rule for card in feedback.cards if card.severity == "must_fix"] == []
    assert feedback.records["student"] == 10_000
