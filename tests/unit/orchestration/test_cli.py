"""The command line: what is said, what is never said, and the exit codes."""

import fcntl
import json

import polars as pl
import pytest
from typer.testing import CliRunner

from orchestration import runs, settings, warehouse
from orchestration.cli import app
from orchestration.progress import Progress
from submissions import custody, screening

SCHOOLS = "school_id,school_name\n0001,North\n0002,South\n"
BROKEN = 'school_id,school_name\n0001,"North\n'
ACCEPTED = {
    "school_year": 2025,
    "district_id": "0470",
    "collection": "school",
    "rows_received": 2,
    "rows_accepted": 2,
    "rows_quarantined": 0,
    "rows_not_applicable": 0,
    "must_fix": 1,
    "explain": 0,
    "information": 0,
    "status": "accepted",
    "reason": None,
}


@pytest.fixture
def waymark(place, monkeypatch):
    """Type a command; the screen is wide, and the home is the place of the test."""
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*words):
        settings.release(place)
        return CliRunner().invoke(app, [str(word) for word in words])

    return typed


def send(folder, district, year=2025, text=SCHOOLS):
    file = folder / str(year) / district / "school.csv"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    send(folder, "0470")
    send(folder, "0010")
    return folder


@pytest.fixture
def jobs(place, monkeypatch):
    """Record the jobs instead of running them; an answer can be put in place of success."""
    asked, answers = [], {}

    def execute(home, job, on_progress, **arguments):
        asked.append((job, arguments))
        on_progress("tables", None)
        on_progress("tables", Progress(1, 2, "dbt nodes"))
        answer = answers.get(job, runs.Outcome(True, (), False))
        if job == "build" and answer.success:
            manifest = pl.DataFrame(
                [ACCEPTED | row for row in answers.get("manifest", [{}])], schema=screening.MANIFEST
            )
            place.store.manifest.mkdir(exist_ok=True)
            manifest.write_parquet(place.store.manifest / "2025.parquet")
            folder = warehouse.begin(place, "aaaaaaaa")
            (folder / warehouse.FILE).write_bytes(b"")
            warehouse.complete(place, folder, {})
        return answer

    monkeypatch.setattr(runs, "execute", execute)
    return asked, answers


# --- help and wrong usage


def test_help_tells_the_order_of_the_commands_and_every_exit_code(waymark):
    told = waymark("--help").output
    for words in ("receive", "run", "publish", "serve", "0 done", "1 something sent", "2 the command", "3 it", "4 the"):
        assert words in told


@pytest.mark.parametrize("command", ["receive", "run", "publish", "serve", "console", "map", "sample star", "simulate"])
def test_every_command_has_help_with_an_example(waymark, command):
    told = waymark(*command.split(), "--help")
    assert told.exit_code == 0
    assert f"waymark {command}" in told.output.split("Example")[1]


@pytest.mark.parametrize(
    "words, reason",
    [
        (["{inbox}", "--mapping", "nowhere"], "There is no mapping"),
        (["{inbox}", "--district", "0470"], "give both --district and --year"),
        (["{inbox}", "--district", "../0470", "--year", "2025"], "a district id has letters"),
        (["{inbox}/2025/0470/school.csv"], "one file needs --mapping"),
        (["{inbox}/absent"], "does not exist"),
        (["{inbox}", "--year", "25", "--district", "1"], "1900"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_wrong(waymark, inbox, words, reason):
    told = waymark("receive", *(word.format(inbox=inbox) for word in words))
    assert told.exit_code == 2
    assert reason in " ".join(told.output.split())


@pytest.mark.parametrize("words", [["{inbox}", "--nothing"], ["{inbox}/absent"], [], ["{inbox}", "--as-of", "May 1"]])
def test_a_check_that_is_not_understood_does_not_end_with_the_code_of_a_verdict(waymark, inbox, words):
    assert waymark("check", *(word.format(inbox=inbox) for word in words)).exit_code == 3
    assert waymark("check", "--help").exit_code == 0


def test_a_folder_without_a_file_is_said_to_hold_none_and_what_is_left_alone_is_named(waymark, tmp_path):
    (tmp_path / "sent").mkdir()
    words = "check", str(tmp_path / "sent"), "--district", "0470", "--year", "2025"
    told = waymark(*words)
    assert (told.exit_code, "holds no file to check" in " ".join(told.output.split())) == (3, True)

    (tmp_path / "sent" / "student.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "sent" / "school.csv").mkdir()
    told = waymark(*words)
    assert told.exit_code == 3
    assert "student.csv" in told.output and "school.csv" in told.output
    assert "leads to no file" in " ".join(told.output.split())


# --- receive


def test_receiving_a_folder_lists_every_submission_and_changes_nothing_the_second_time(waymark, place, inbox):
    told = waymark("receive", inbox)
    assert told.exit_code == 0, told.output
    lines = [line.split() for line in told.output.splitlines()]
    assert ["0470", "2025", "1", "2", "received"] in lines
    assert ["0010", "2025", "1", "2", "received"] in lines
    again = waymark("receive", inbox)
    assert again.exit_code == 0
    assert again.output.count("already received") == 2
    assert len(custody.events(place.store)) == 2


def test_a_refused_district_is_told_in_sentences_and_the_others_are_received(waymark, place, inbox):
    send(inbox, "0099", text=BROKEN)
    told = waymark("receive", inbox)
    assert told.exit_code == 1
    assert "District 0099, 2025 is refused" in told.output
    assert "school.csv: " in told.output
    assert len(custody.submissions_in_force(place.store, 2025)) == 2
    assert "Traceback" not in told.output


def test_files_of_one_district_can_be_received_by_naming_it(waymark, place, inbox):
    told = waymark("receive", inbox / "2025" / "0470", "--district", "0471", "--year", "2024")
    assert told.exit_code == 0
    assert list(custody.submissions_in_force(place.store, 2024)) == ["0471"]


def test_a_file_that_cannot_be_read_is_named_and_does_not_stop_the_others(waymark, place, inbox, monkeypatch):
    receive = custody.receive

    def closed(store, paths, *, district_id, **facts):
        if district_id == "0010":
            raise OSError(13, "Permission denied", str(paths[0]))
        return receive(store, paths, district_id=district_id, **facts)

    monkeypatch.setattr(custody, "receive", closed)
    told = waymark("receive", inbox)
    assert told.exit_code == 1
    assert "school.csv is left alone: it cannot be read (Permission denied)" in told.output
    assert list(custody.submissions_in_force(place.store, 2025)) == ["0470"]


def test_a_folder_without_submissions_is_exit_code_1(waymark, tmp_path):
    (tmp_path / "notes.txt").write_text("")
    told = waymark("receive", tmp_path)
    assert told.exit_code == 1
    assert "nothing here that can be received" in told.output
    assert "notes.txt is left alone" in told.output


def test_who_names_a_folder_too_deep_is_told_which_to_name(waymark, inbox):
    told = waymark("receive", inbox / "2025")
    assert told.exit_code == 1
    assert (
        "0470/school.csv is left alone: it does not stand in a folder 2025/<school_year>/<district_id>" in told.output
    )
    assert "Name the folder above the school years" in told.output.replace("\n", " ")


def test_a_name_in_capital_letters_is_said_to_be_one(waymark, inbox):
    file = inbox / "2025" / "0470" / "school.csv"
    file.rename(file.with_name("SCHOOL.CSV"))
    told = waymark("receive", file.parent, "--district", "0470", "--year", "2025")
    assert told.exit_code == 1
    assert "SCHOOL.CSV is left alone: its name is not in small letters, such as school.csv." in told.output
    assert f"We expected files such as {file.with_name('student.csv')}" in told.output.replace("\n", "")


def test_many_districts_are_told_by_school_year(waymark, tmp_path):
    for number in range(31):
        send(tmp_path, f"{number:04}")
    told = waymark("receive", tmp_path)
    assert told.exit_code == 0
    assert ["2025", "31", "62", "31", "0", "0"] in [line.split() for line in told.output.splitlines()]


# --- run


def test_a_run_screens_every_year_and_then_builds_and_tells_what_became_of_every_row(waymark, inbox, jobs):
    asked, _ = jobs
    send(inbox, "0470", 2024)
    waymark("receive", inbox)
    told = waymark("run")
    assert told.exit_code == 0, told.output
    assert [(job, arguments.get("partition")) for job, arguments in asked] == [
        ("intake", "2024"),
        ("intake", "2025"),
        ("build", None),
        ("state_team", None),
    ]
    lines = [line.split() for line in told.output.splitlines()]
    assert ["school", "2", "2", "0", "0"] in lines
    assert ["school", "1", "0", "0"] in lines
    assert "feedback" in told.output
    assert "is current, after" in told.output
    assert "operations/index.html" in told.output.replace("\n", "")


def test_a_run_is_done_though_the_pages_of_the_state_team_could_not_be_written(waymark, inbox, jobs):
    _, answers = jobs
    answers["state_team"] = runs.Outcome(False, ("The state team's pages broke: KeyError.",), False)
    waymark("receive", inbox)
    told = waymark("run")
    assert told.exit_code == 0
    assert "The state team's pages broke: KeyError." in told.output
    assert "operations/index.html" not in told.output


def test_a_district_can_be_named_and_an_unknown_one_is_wrong_usage(waymark, inbox, jobs):
    asked, _ = jobs
    waymark("receive", inbox)
    assert waymark("run", "--district", "0470").exit_code == 0
    assert asked[0][1]["config"] == {"ops": {"door": {"config": {"districts": ["0470"]}}}}
    told = waymark("run", "--district", "9999")
    assert told.exit_code == 2
    assert "9999 has no submission in force" in told.output


def test_a_run_with_a_refused_district_is_complete_and_names_it(waymark, inbox, jobs):
    waymark("receive", inbox)
    refused = {"district_id": "0010", "status": "refused", "reason": "Not one school record could be read."}
    jobs[1]["manifest"] = [{}, refused]
    told = waymark("run")
    assert told.exit_code == 0
    assert "District 0010, 2025 is not taken in: Not one school record could be read." in told.output


def test_a_failed_build_is_exit_code_3_with_the_reasons(waymark, place, inbox, jobs):
    waymark("receive", inbox)
    jobs[1]["build"] = runs.Outcome(
        False, ("dbt did not finish the build.\nmodel.waymark.stg_school: IO Error",), False
    )
    told = waymark("run")
    assert told.exit_code == 3
    assert "model.waymark.stg_school: IO Error" in told.output
    assert str(place.log) in told.output


def test_a_run_before_anything_is_received_is_exit_code_3(waymark):
    told = waymark("run")
    assert told.exit_code == 3
    assert "Nothing has been received yet" in told.output


@pytest.mark.parametrize("command", ["run", "publish"])
def test_a_second_run_says_that_another_is_at_work(waymark, place, command):
    settings.enter(place)
    with (place.root / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        told = waymark(command)
    assert told.exit_code == 3
    assert "Another run is at work" in told.output


# --- publish and serve


@pytest.fixture
def built(place):
    settings.enter(place)
    folder = warehouse.begin(place, "aaaaaaaa")
    (folder / warehouse.FILE).write_bytes(b"")
    warehouse.complete(place, folder, {})
    return folder


def judged(folder, *results):
    promises = [
        {"expectation": t[:4], "title": t, "severity": s, "success": ok, "observed": "2 of 3"} for t, s, ok in results
    ]
    (folder / warehouse.GATE).write_text(json.dumps(promises))


def released(place, version="1.0.0"):
    site = place.releases / version / "site"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<title>Results</title>")
    (place.releases / "current").symlink_to(version)


def test_a_release_is_named_with_the_place_of_its_pages_and_what_to_look_at(waymark, place, built, jobs, monkeypatch):
    judged(built, ("Keys are unique", "error", True))
    execute = runs.execute
    monkeypatch.setattr(runs, "execute", lambda *a, **k: (a[1] == "publish" and released(place), execute(*a, **k))[1])
    told = waymark("publish")
    assert told.exit_code == 0, told.output
    assert "Release 1.0.0 is published." in told.output
    assert str(place.releases / "current" / "site" / "index.html") in told.output


def test_an_open_warning_is_exit_code_4_and_says_how_it_is_acknowledged(waymark, built, jobs):
    judged(built, ("The state moves plausibly", "warning", False))
    jobs[1]["publish"] = runs.Outcome(False, (), True)
    told = waymark("publish")
    assert told.exit_code == 4
    assert "Look at this: The state moves plausibly (2 of 3)" in told.output
    assert "waymark publish --acknowledge The  --by NAME --reason TEXT" in told.output


def test_what_is_acknowledged_is_kept_with_the_build_before_the_gate(waymark, place, built, jobs, tmp_path):
    judged(built, ("Keys are unique", "error", True))
    released(place)
    more = tmp_path / "said.csv"
    more.write_text("warning,by,reason\nrare,A. Lee,It is rare.\n")
    told = waymark(
        "publish", "--acknowledge", "odd", "--by", "J. Ortiz", "--reason", "Odd.", "--acknowledgements", str(more)
    )
    assert told.exit_code == 0, told.output
    said = json.loads((built / "acknowledgements.json").read_text())
    assert [(one["expectation"], one["by"]) for one in said] == [("odd", "J. Ortiz"), ("rare", "A. Lee")]
    assert "odd is no warning of this build" in told.output


@pytest.mark.parametrize("words", [(), ("--by", "J. Ortiz"), ("--reason", "Odd."), ("--by", " ", "--reason", "Odd.")])
def test_a_warning_is_acknowledged_by_someone_for_a_reason_or_not_at_all(waymark, built, words):
    assert waymark("publish", "--acknowledge", "odd", *words).exit_code == 2
    assert not (built / "acknowledgements.json").exists()


def test_data_that_have_not_changed_make_no_new_release(waymark, place, built, jobs):
    judged(built, ("Keys are unique", "error", True))
    released(place)
    assert "Release 1.0.0 holds these data already and is kept." in waymark("publish").output


def test_the_gate_blocks_with_exit_code_4_and_says_what_is_not_kept(waymark, built, jobs):
    judged(built, ("No small cell", "error", False))
    jobs[1]["publish"] = runs.Outcome(False, (), True)
    told = waymark("publish")
    assert told.exit_code == 4
    assert "Not kept: No small cell (2 of 3)" in told.output
    assert "What was published before is unchanged." in told.output


def test_publishing_before_a_build_and_serving_before_a_release_are_exit_code_3(waymark):
    told = waymark("publish")
    assert (told.exit_code, "Run `waymark run` first" in told.output) == (3, True)
    told = waymark("serve")
    assert (told.exit_code, "Run `waymark publish` first" in told.output) == (3, True)


# --- map and sample


def test_a_foreign_export_is_written_as_standard_files_that_can_be_received(waymark, place, tmp_path):
    star = tmp_path / "star"
    assert waymark("sample", "star", "--out", star).exit_code == 0
    told = waymark("map", star / "1986_district_11.csv", "--mapping", "star", "--out", tmp_path / "standard")
    assert told.exit_code == 0, told.output
    files = sorted(path.name for path in (tmp_path / "standard" / "1986" / "0011").iterdir())
    assert files == [
        "assessment.csv",
        "district.csv",
        "enrollment.csv",
        "school.csv",
        "student.csv",
        "student_status.csv",
    ]
    assert waymark("receive", tmp_path / "standard").exit_code == 0
    assert list(custody.submissions_in_force(place.store, 1986)) == ["0011"]


def test_an_export_of_another_layout_is_refused_in_sentences(waymark, tmp_path):
    (tmp_path / "1986_district_11.csv").write_text(SCHOOLS)
    told = waymark("map", tmp_path, "--mapping", "star", "--out", tmp_path / "standard")
    assert told.exit_code == 1
    assert "1986_district_11.csv is refused" in told.output
    assert not (tmp_path / "standard").exists()


# --- whatever happens


def test_the_home_can_be_named_and_wins_over_the_environment(waymark, tmp_path, inbox):
    assert waymark("--home", tmp_path / "other", "receive", inbox).exit_code == 0
    assert (tmp_path / "other" / "received" / "ledger.jsonl").exists()
    assert not (tmp_path / "home").exists()


def test_a_fault_of_the_program_tells_where_it_is_and_no_value(waymark, inbox, monkeypatch):
    def receive(*_, **__):
        raise KeyError("0000000417 Adams")

    monkeypatch.setattr(custody, "receive", receive)
    told = waymark("receive", inbox)
    assert told.exit_code == 3
    assert "KeyError at " in told.output
    assert "0000000417" not in told.output
    assert "Traceback" not in told.output


def test_a_full_disk_is_told_by_the_system_s_own_words(waymark, inbox, monkeypatch):
    def receive(*_, **__):
        raise OSError(28, "No space left on device", "/somewhere/else")

    monkeypatch.setattr(custody, "receive", receive)
    told = waymark("receive", inbox)
    assert told.exit_code == 3
    assert "No space left on device" in told.output


def test_ctrl_c_leaves_without_a_traceback(waymark, inbox, monkeypatch):
    def receive(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(custody, "receive", receive)
    told = waymark("receive", inbox)
    assert told.exit_code == 130
    assert "Traceback" not in told.output


# --- a simulated state


def test_a_simulated_state_tells_its_rows_and_that_nothing_in_it_is_real(waymark, tmp_path):
    told = waymark("simulate", "--out", tmp_path / "state", "--students", 100, "--districts", 1, "--processes", 1)
    assert told.exit_code == 0
    assert "is real" in told.output
    assert waymark("receive", tmp_path / "state").exit_code == 0
    again = waymark("simulate", "--out", tmp_path / "state", "--students", 100, "--districts", 1)
    assert again.exit_code == 3
    assert "The folder is not empty" in again.output


@pytest.mark.parametrize(
    "words, reason",
    [
        (["--students", "100", "--districts", "6"], "20 students or more"),
        (["--truths", "{truths}"], "nonsense is not known"),
    ],
)
def test_a_state_that_cannot_be_simulated_is_exit_code_2(waymark, tmp_path, words, reason):
    (tmp_path / "truths.yaml").write_text("nonsense: true\n")
    words = [word.format(truths=tmp_path / "truths.yaml") for word in words]
    told = waymark("simulate", "--out", tmp_path / "state", *words)
    assert told.exit_code == 2
    assert reason in told.output
    assert not (tmp_path / "state").exists()
