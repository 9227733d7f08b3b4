"""Which warehouse file is being built, which one is current, and how one becomes the other.

A build has a folder of its own (`builds/<build id>`) and a link `next` that leads to it while it is made; renaming that
link to `current` is the whole switch. dbt alone writes the DuckDB file: here it is found, copied and let go.
"""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.settings import CannotRunError, Home
from submissions.store import flush, make_private, write_atomically

FILE = "waymark.duckdb"
MASK = "disclosure_mask.parquet"
SYSTEMS = "disclosure_systems.parquet"
WORLDS = "disclosure_worlds.parquet"
CERTIFICATES = "disclosure_certificates.parquet"
GATE = "gate.json"
COMPLETE = "build.json"
KEPT = 2


def begin(place: Home, run_id: str, *, from_current: bool = False) -> Path:
    """Start the build of a Dagster run in an empty folder and clear away builds that were never finished.

    A run that makes only some of the tables starts `from_current`: with a copy of the warehouse that is current, and of
    what methods computed for it.
    """
    for folder in _builds(place):
        if not (folder / COMPLETE).exists():
            shutil.rmtree(folder)
    folder = make_private(place.warehouse / "builds" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}")
    if from_current:
        for path in (current(place) / FILE, *sorted(current(place).glob("*.parquet"))):
            shutil.copyfile(path, folder / path.name)
    _link(place, folder)
    return folder


def resume(place: Home, run_id: str, parent_run_id: str | None = None) -> Path:
    """Find the unfinished build of this run or of the failed run that it repeats; else begin with a copy."""
    for sought in (run_id, parent_run_id):
        for folder in _builds(place):
            if sought and folder.name.endswith(f"-{sought[:8]}") and not (folder / COMPLETE).exists():
                _link(place, folder)
                return folder
    return begin(place, run_id, from_current=True)


def complete(place: Home, folder: Path, facts: dict[str, Any]) -> None:
    """Make the build current in one step and keep the last two finished ones."""
    with write_atomically(folder / COMPLETE) as part:
        part.write_text(json.dumps({"build": folder.name, **facts}, indent=2) + "\n")
    flush(folder / FILE)
    (place.warehouse / "next").replace(place.warehouse / "current")
    flush(place.warehouse)
    finished = [build for build in _builds(place) if (build / COMPLETE).exists() and build != folder]
    for old in finished[: -(KEPT - 1)]:
        shutil.rmtree(old)


def current(place: Home) -> Path:
    """Give the folder of the current build."""
    link = place.warehouse / "current"
    if not (link / COMPLETE).exists():
        raise CannotRunError(f"There is no complete build in {place.warehouse}. Run `waymark run` first.")
    return link.resolve()


def facts(place: Home) -> dict[str, Any]:
    """Give what was noted when the current build was completed; nothing when there is none."""
    noted = place.warehouse / "current" / COMPLETE
    return json.loads(noted.read_text()) if noted.exists() else {}


def _builds(place: Home) -> list[Path]:
    return sorted(path for path in (place.warehouse / "builds").glob("*") if path.is_dir())


def _link(place: Home, folder: Path) -> None:
    fresh = place.warehouse / "next.part"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("builds") / folder.name)
    fresh.replace(place.warehouse / "next")
