"""The switch from one warehouse to the next: whole or not at all."""

import pytest

from orchestration import settings, warehouse


@pytest.fixture(autouse=True)
def prepared(place):
    settings.enter(place)


def finish(place, run_id, content=b"tables"):
    folder = warehouse.begin(place, run_id)
    (folder / warehouse.FILE).write_bytes(content)
    (folder / warehouse.MASK).write_bytes(b"mask")
    warehouse.complete(place, folder, {"run_id": run_id})
    return folder


def test_a_complete_build_is_current_and_the_path_that_dbt_writes_to_leads_to_it_while_it_is_made(place):
    folder = warehouse.begin(place, "aaaaaaaa-1")
    assert (place.warehouse / "next").resolve() == folder
    (folder / warehouse.FILE).write_bytes(b"")
    warehouse.complete(place, folder, {})
    assert warehouse.current(place) == folder
    assert not (place.warehouse / "next").exists()


def test_a_build_that_was_killed_leaves_the_current_one_untouched_and_is_cleared_away_by_the_next(place):
    good = finish(place, "aaaaaaaa-1")
    killed = warehouse.begin(place, "bbbbbbbb-2")
    (killed / warehouse.FILE).write_bytes(b"half")
    assert warehouse.current(place) == good
    assert (good / warehouse.FILE).read_bytes() == b"tables"
    warehouse.begin(place, "cccccccc-3")
    assert not killed.exists()
    assert warehouse.current(place) == good


def test_the_last_two_complete_builds_are_kept(place):
    folders = [finish(place, run_id) for run_id in ("aaaaaaaa", "bbbbbbbb", "cccccccc")]
    assert [folder.exists() for folder in folders] == [False, True, True]
    assert warehouse.current(place) == folders[2]
    assert warehouse.facts(place) == {"build": folders[2].name, "run_id": "cccccccc"}


def test_a_repeated_run_continues_the_unfinished_build_of_its_parent(place):
    failed = warehouse.begin(place, "aaaaaaaa-1")
    assert warehouse.resume(place, "bbbbbbbb-2", "aaaaaaaa-1") == failed


def test_a_step_run_alone_works_on_a_copy_and_never_on_the_current_build_itself(place):
    good = finish(place, "aaaaaaaa-1")
    copy = warehouse.resume(place, "bbbbbbbb-2")
    assert copy != good
    assert (copy / warehouse.FILE).read_bytes() == b"tables"
    (copy / warehouse.FILE).write_bytes(b"other")
    assert (good / warehouse.FILE).read_bytes() == b"tables"


def test_without_a_complete_build_the_sentence_says_what_to_do(place):
    with pytest.raises(settings.CannotRunError, match="waymark run"):
        warehouse.current(place)


def test_everything_that_a_build_writes_is_private(place):
    folder = finish(place, "aaaaaaaa-1")
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
