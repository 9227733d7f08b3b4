"""The home folder: private, one run at a time, nothing sent outside."""

import fcntl
import os
import subprocess
import sys

import pytest
import yaml

from orchestration import settings


def test_every_folder_of_a_new_home_is_private_whatever_the_umask_of_the_caller(place):
    before = os.umask(0o000)
    try:
        settings.enter(place)
    finally:
        os.umask(before)
    folders = [place.root, *(path for path in place.root.rglob("*"))]
    assert len(folders) > 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in folders)


def test_an_empty_folder_is_made_private_and_a_full_one_that_others_can_read_is_refused(place):
    place.root.mkdir(mode=0o755)
    settings.enter(place)
    assert place.root.stat().st_mode & 0o777 == 0o700
    place.root.chmod(0o750)
    with pytest.raises(settings.CannotRunError, match="chmod 700"):
        settings.enter(place)


def test_a_home_that_cannot_be_written_is_told_in_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(settings.CannotRunError, match="cannot be written"):
        settings.enter(settings.Home(tmp_path / "file" / "home"))


def test_dagster_runs_one_job_at_a_time_and_sends_nothing_outside(place):
    settings.enter(place)
    written = yaml.safe_load((place.dagster / "dagster.yaml").read_text())
    assert written["telemetry"] == {"enabled": False}
    assert written["nux"] == {"enabled": False}
    assert written["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_dagster_accepts_the_settings_and_keeps_its_records_inside_the_home(place):
    import dagster as dg

    settings.enter(place)
    with dg.DagsterInstance.get() as instance:
        assert instance.root_directory == str(place.dagster)
        assert not instance.telemetry_enabled


def test_a_second_run_in_the_same_home_is_refused_while_the_first_is_at_work(place):
    settings.enter(place)
    with (place.root / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(settings.CannotRunError, match="Another run"):
            settings.hold(place)
    settings.hold(place)
    settings.hold(place)


def test_a_run_that_died_does_not_lock_the_home(place):
    settings.enter(place)
    code = "from orchestration import settings; import os; settings.hold(settings.enter()); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    settings.hold(place)


@pytest.mark.parametrize("touched, again", [(None, False), ("models/a.sql", True), ("models", True)])
def test_dbt_reads_the_project_again_only_when_a_file_of_it_is_newer(tmp_path, monkeypatch, touched, again):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_text("select 1")
    (tmp_path / "dbt_project.yml").write_text("")
    for path in (tmp_path / "models" / "a.sql", tmp_path / "models", tmp_path / "dbt_project.yml"):
        os.utime(path, (1000, 1000))
    manifest = tmp_path / "target" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text("{}")
    os.utime(manifest, (2000, 2000))
    if touched:
        os.utime(tmp_path / touched, (3000, 3000))
    parsed = []
    monkeypatch.setattr(settings, "DBT_PROJECT", tmp_path)
    monkeypatch.setattr(settings, "MANIFEST", manifest)
    monkeypatch.setattr(settings, "parse_project", lambda: parsed.append(True))
    settings.ensure_manifest()
    assert bool(parsed) is again
