"""What the state team's pages gather from a home, and how they take the place of the last."""

import stat
from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl
import pytest

from orchestration import operations, settings, warehouse
from submissions import certification, custody, explanations, screening

GOOD = "student_id,races\nS1,WH\nS2,\n"
NOW = datetime.now(UTC) + timedelta(days=20)


@pytest.fixture
def home(place, tmp_path):
    """A home with a district taken in, one refused at the door, and one that waits."""
    settings.enter(place)
    for district, text in (("0001", GOOD), ("0002", "student,races\nS1,WH\n"), ("0003", GOOD)):
        (tmp_path / district).mkdir()
        (tmp_path / district / "student.csv").write_text(text)
        if district == "0003":
            screening.screen(place.store, 2025)
        custody.receive(place.store, [tmp_path / district / "student.csv"], district_id=district, school_year=2025)
    return place


def gathered(home):
    with dg.DagsterInstance.ephemeral() as instance:
        return operations.tables(home, instance, NOW)


def standing(home):
    return dict(gathered(home)["ops_standing"].select("district_id", "state").iter_rows())


def test_every_district_stands_where_the_ledger_says(home):
    assert standing(home) == {"0001": "explain", "0002": "refused", "0003": "waiting"}
    stuck = gathered(home)["ops_standing"].select("district_id", "stuck").rows()
    assert stuck == [("0001", "theirs"), ("0002", "theirs"), ("0003", "ours")]


def test_what_was_found_is_counted_by_rule_at_the_door_and_in_screening(home):
    hits = gathered(home)["ops_hit"].select("district_id", "rule", "count").rows()
    assert ("0001", "STU-012", 1) in hits
    assert [hit for hit in hits if hit[0] == "0002"] == [("0002", "SUB-008", 1)]
    assert not [own for own, *_ in hits if own == "0003"]


def test_an_explanation_waits_until_the_state_answers(home):
    submission = custody.submissions_in_force(home.store, 2025)["0001"]
    note = explanations.Note("STU-012", "student.csv", 3, "races", explanations.reasons_of("STU-012")[0], "Ana said so")
    explanations.explain(home.store, submission, [note], explained_by="J. Ortiz")
    (waiting,) = gathered(home)["ops_explanation"].rows(named=True)
    assert (waiting["rule"], waiting["explained_by"], waiting["answer"]) == ("STU-012", "J. Ortiz", None)
    assert standing(home)["0001"] == "ready"
    screening.screen(home.store, 2025)
    certification.certify(home.store, submission, name="M. Diaz", title="Superintendent")
    assert standing(home)["0001"] == "certified"
    assert gathered(home)["ops_event"].filter(event="certified")["who"].to_list() == ["M. Diaz, Superintendent"]
    whose = {"district_id": "0001", "school_year": 2025}
    explanations.answer(home.store, "STU-012", **whose, is_accepted=False, reason="Ask them", answered_by="State")
    (answered,) = gathered(home)["ops_explanation"].rows(named=True)
    assert (answered["answer"], answered["answer_reason"]) == ("refused", "Ask them")
    assert standing(home)["0001"] == "explain"
    assert "Ana" not in str([table.rows() for table in gathered(home).values()])


def test_a_calendar_says_what_is_overdue_and_one_that_is_not_understood_is_told(home):
    calendar = home.root / operations.CALENDAR
    calendar.write_text("school_year,collection,district_id,due_on\n2025,enrollment,,2026-01-31\n")
    assert gathered(home)["ops_standing"]["overdue"].to_list() == [1, 1, 1]
    calendar.write_text("school_year,collection,district_id,due_on\n2025,enrollment,,soon\n")
    tables = gathered(home)
    assert tables["ops_standing"]["overdue"].to_list() == [0, 0, 0]
    assert "calendar.csv is not understood" in tables["ops_trouble"]["sentence"].item()


def test_the_pages_take_the_place_of_the_last_and_are_closed_to_others(home):
    (home.root / ".operations-left").mkdir()
    with dg.DagsterInstance.ephemeral() as instance:
        first = operations.write(home, instance, NOW)
        (home.operations / "old.html").write_text("old")
        assert operations.write(home, instance, NOW) == first
    assert not (home.operations / "old.html").exists()
    assert not list(home.root.glob(".operations-*"))
    assert operations.told(home) == operations.news(home) != ""
    for path in (home.operations, *home.operations.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert "S1" not in "".join(path.read_text() for path in home.operations.rglob("*.html"))


def test_a_finding_of_a_rule_that_is_no_longer_asked_stays_readable(home):
    (kept,) = (home.root / "private" / "findings" / "2025").glob("*0001*.parquet")
    found = pl.read_parquet(kept)
    found.with_columns(rule=pl.lit("OLD-001")).write_parquet(kept)
    with dg.DagsterInstance.ephemeral() as instance:
        operations.write(home, instance, NOW)
    page = (home.operations / "district" / "0001" / "index.html").read_text()
    assert "A rule that is no longer asked" in page
    assert (home.operations / "rule" / "OLD-001" / "index.html").is_file()


def test_a_build_and_an_event_are_news(home):
    before = operations.news(home)
    folder = warehouse.begin(home, "aaaaaaaa")
    (folder / warehouse.FILE).write_bytes(b"")
    warehouse.complete(home, folder, {"ledger_sequence": 3})
    built = operations.news(home)
    custody.record_event(home.store, "published", release="1.0.0", statement="0" * 64)
    assert len({before, built, operations.news(home)}) == 3


def test_a_preview_that_no_longer_holds_is_taken_away(home, monkeypatch):
    written = {}
    monkeypatch.setattr(operations.preview, "write_previews", lambda _, __, targets, *___: written.update(targets))
    (old,) = home.store.feedback.glob("*0002*")
    (old / operations.PREVIEW).write_text("old")
    assert operations.write_previews(home) == []
    folder = warehouse.begin(home, "aaaaaaaa")
    (folder / warehouse.FILE).write_bytes(b"")
    warehouse.complete(home, folder, {"ledger_sequence": 3})
    operations.write_previews(home)
    assert not (old / operations.PREVIEW).exists()
    assert [path.parent.name[:9] for path in written.values()] == ["2025-0001"]


def test_a_fault_of_one_information_system_is_found_in_what_districts_really_sent(place, tmp_path):
    settings.enter(place)
    for number in range(10):
        district, system = f"{number:04d}", "Slateworks" if number < 4 else "Brightledger"
        folder = tmp_path / district
        folder.mkdir()
        about = "district_id,district_name,information_system_vendor"
        (folder / "district.csv").write_text(f"{about}\n{district},District {district},{system}\n")
        sex = "Girl" if system == "Slateworks" else "F"
        (folder / "student.csv").write_text(f"student_id,sex,races\nS1,{sex},WH\n")
        custody.receive(place.store, sorted(folder.iterdir()), district_id=district, school_year=2025)
    screening.screen(place.store, 2025)
    tables = gathered(place)
    assert dict(tables["ops_district"].select("district_id", "vendor").iter_rows())["0003"] == "Slateworks"
    (found,) = tables["ops_vendor_rule"].filter("is_cluster").rows(named=True)
    assert (found["rule"], found["vendor"]) == ("STU-003", "Slateworks")
    assert [found[name] for name in ("districts", "districts_sent", "elsewhere", "elsewhere_sent")] == [4, 4, 0, 6]


def test_each_step_of_a_run_is_told_with_its_end_and_its_time(home):
    @dg.op
    def count():
        pass

    @dg.op
    def fail():
        raise ValueError("planted")

    @dg.job
    def nightly():
        count()
        fail()

    with dg.DagsterInstance.ephemeral() as instance:
        nightly.execute_in_process(instance=instance, raise_on_error=False)
        steps = operations.tables(home, instance, NOW)["ops_step"]
    assert sorted(steps.select("job", "step", "status").iter_rows()) == [
        ("nightly", "count", "success"),
        ("nightly", "fail", "failure"),
    ]
    assert (steps["ended"] >= steps["began"]).all()
