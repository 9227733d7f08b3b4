"""A planted name, looked for everywhere that is not private."""

import gzip
import stat

from tests.integration.conftest import through_the_corridor

PLANTED = b"Zyxwvutsdottir"
PLANTED_ID = b"7777777"
PRIVATE = ("received/bytes", "private")


def test_a_planted_student_appears_nowhere_outside_the_private_folders(sgpdata, tmp_path):
    lines = gzip.decompress((sgpdata / "2024-2025_district_2690.csv.gz").read_bytes()).split(b"\n")
    fields = lines[1].split(b",")
    student = fields[3]
    lines = [
        line.replace(b"," + student + b"," + fields[4] + b",", b"," + PLANTED_ID + b"," + PLANTED + b",")
        for line in lines
    ]
    planted = lines[1].replace(b",MATHEMATICS,", b",ALCHEMY,").replace(b",READING,", b",ALCHEMY,")
    lines[1] = planted
    assert PLANTED in planted
    assert PLANTED_ID in planted
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "2024-2025_district_2690.csv").write_bytes(b"\n".join(lines))
    waymark = through_the_corridor(tmp_path / "home", exports, "sgpdata")
    open_to_readers = [
        path
        for path in waymark.home.rglob("*")
        if path.is_file() and not str(path.relative_to(waymark.home)).startswith(PRIVATE)
    ]
    assert len(open_to_readers) > 100
    contents = {
        path: gzip.decompress(raw) if path.suffix == ".gz" else raw
        for path in open_to_readers
        for raw in [path.read_bytes()]
    }
    assert [path for path, content in contents.items() if PLANTED in content or PLANTED_ID in content] == []
    identity = list((waymark.home / "private/identity").rglob("*.parquet"))
    assert identity


def test_the_home_is_closed_to_others(districts):
    assert stat.S_IMODE(districts.home.stat().st_mode) == 0o700
    for folder in ("received", "private", "accepted", "feedback", "warehouse", "dagster"):
        assert stat.S_IMODE((districts.home / folder).stat().st_mode) == 0o700
    key = districts.home / "private/pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
