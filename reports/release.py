"""The release folder: a hand-over becomes data files and pages, built aside and made current in one step.

Reads the hand-over and earlier releases, opens no warehouse, computes no number. Nothing in a release tells when or
where it was built, so building it again gives the same bytes.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from reports import words
from reports.contents import Contents, dictionary, read
from reports.site import build_site

SAY = logging.getLogger("waymark.reports")
NAME = "waymark-results"
TITLE = "Waymark results"
LICENSE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
SOURCE = {"title": "Records that districts submitted and the state accepted"}
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Dossier:
    """What goes into a release beside the numbers: the results of the gate."""

    gate_results: Sequence[Mapping] = ()


def publish_release(
    handed_over: Path,
    releases_folder: Path,
    dossier: Dossier = Dossier(),
    version: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Build a release of what was handed over aside, make it current in one step, and return its folder.

    Without `version`: 1.0.0 first; then major when a measure or a year is gone, minor when one is new, otherwise patch.
    When the newest release already holds these data it is kept, made current if it is not, and returned: the caller
    sees that by comparing with `current_release` from before. A version that exists raises FileExistsError. Whatever
    is raised, the release that was current still is.
    """
    contents = read(handed_over)
    newest = max(_releases(releases_folder), key=lambda folder: _number(folder.name), default=None)
    if version is None:
        if newest and _description(newest)["content_sha256"] == contents.sha256:
            SAY.info("The data are the same as in release %s; it is kept.", newest.name)
            _make_current(newest)
            return newest
        version = _next_version(newest, contents.tables)
    elif not _VERSION.fullmatch(version):
        raise ValueError(f"a version is three numbers, such as 1.0.0; {version!r} is not")
    target = releases_folder / version
    if target.exists():
        raise FileExistsError(f"release {version} exists, and a release is never changed")
    releases_folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".building-", dir=releases_folder))
    try:
        _write(contents, aside, version, dossier)
        build_site(aside, on_progress)
        _write_checksums(aside)
        _open_to_readers(aside)
        os.sync()
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    _make_current(target)
    return target


def build_release(handed_over: Path, out: Path, version: str, dossier: Dossier = Dossier()) -> Path:
    """Write the release folder `out`, without its site, from what was handed over."""
    contents = read(handed_over)
    out.mkdir(parents=True, exist_ok=True)
    _write(contents, out, version, dossier)
    _write_checksums(out)
    return out


def current_release(releases_folder: Path) -> Path | None:
    """Find the release that readers see, if there is one."""
    link = releases_folder / "current"
    return link.resolve() if link.exists() else None


def _write(contents: Contents, out: Path, version: str, dossier: Dossier) -> None:
    for folder in ("data", "methodology", "gate"):
        (out / folder).mkdir()
    with_release = pl.lit(version).alias("release")
    contents.tables["values"].select(with_release, pl.all()).write_parquet(
        out / "data" / "values.parquet", compression="zstd", statistics=True
    )
    for file, table in {**contents.tables, "values": contents.values.select(with_release, pl.all())}.items():
        table.with_columns(words.guarded(pl.col(pl.String))).write_csv(out / "data" / f"{file}.csv")
    for name, page in contents.methodology.items():
        (out / "methodology" / name).write_text(page, encoding="utf-8")
    _write_json(out / "gate" / "results.json", list(dossier.gate_results))
    _write_json(out / "data" / "datapackage.json", _data_package(out / "data", contents, version))
    (out / "README.md").write_text(_readme(contents, version), encoding="utf-8")


def _data_package(folder: Path, contents: Contents, version: str) -> dict:
    resources = [_resource(folder, file, about) for file, about in dictionary().items()]
    parquet = {
        "name": "values-parquet",
        "type": "file",
        "path": "values.parquet",
        "title": "Results, as Parquet",
        "description": "The same rows as values.csv, typed. Text stands here as it is, without the apostrophe.",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **_size(folder / "values.parquet"),
    }
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "title": TITLE,
        "description": f"Results of schools, districts and the state, {contents.years}.",
        "version": version,
        "licenses": [LICENSE],
        "sources": [SOURCE],
        "content_sha256": contents.sha256,
        "resources": [*resources, parquet],
    }


def _resource(folder: Path, file: str, about: dict) -> dict:
    path = folder / f"{file}.csv"
    schema = {
        "fields": [
            {"name": name, "type": kind, "title": title, "description": description}
            | ({"constraints": {"required": True}} if name in about["key"] else {})
            for name, (kind, title, description) in about["fields"].items()
        ],
        "missingValues": [""],
        "primaryKey": about["key"],
    }
    if about.get("references"):
        schema["foreignKeys"] = [
            {"fields": columns, "reference": {"resource": other, "fields": others}}
            for columns, other, others in about["references"]
        ]
    return {
        "name": file,
        "type": "table",
        "path": path.name,
        "title": about["title"],
        "description": about["description"],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **_size(path),
        "schema": schema,
    }


def _readme(contents: Contents, version: str) -> str:
    files = "\n".join(f"| `data/{file}.csv` | {about['description']} |" for file, about in dictionary().items())
    return f"""# {TITLE}, release {version}

Results of schools, districts and the state, {contents.years}.

**A draft in one respect.** Numbers about few students are hidden by the minimum group size. A second step,
complementary suppression, which also hides the numbers from which a hidden one could be worked out, is not applied yet.
Until it is, treat this release as a draft.

## How to read it

| File | What it holds |
|---|---|
{files}
| `data/values.parquet` | The rows of values.csv, typed. |
| `data/datapackage.json` | The dictionary: every column with its type and meaning, keys and links between files. |
| `methodology/` | How each indicator is measured, one page each. |
| `gate/results.json` | The checks that this release went through. |
| `site/` | The same numbers as pages; open `site/index.html`. |
| `checksums.sha256` | The SHA-256 of every file; check with `sha256sum -c checksums.sha256`. |

* A number or the reason why there is none: `value` is a number or empty, `value_status` says which. Empty is not zero.
* A school year is named by the year in which it ends: 2025 is 2024–25.
* Ids are text; keep their leading zeros. In a spreadsheet, import the files as text in UTF-8 instead of opening them.
* In the CSV files text that begins with = + - @ has an apostrophe before it, so that no spreadsheet runs it.
* A student who changed schools counts once in the district: districts are not sums of their schools.
* The likely range says how far a number could be off by chance. Ranges that meet do not show a difference.

## Licence and citation

{LICENSE["title"]} ({LICENSE["path"]}).

{TITLE}, release {version}, school years {contents.years}.
"""


def _next_version(newest: Path | None, tables: Mapping[str, pl.DataFrame]) -> str:
    if newest is None:
        return "1.0.0"
    major, minor, patch = _number(newest.name)
    before = _parts(
        pl.read_parquet(newest / "data" / "values.parquet", columns=["school_year", "indicator", "measure"])
    )
    now = _parts(tables["values"])
    if before - now:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if now - before else f"{major}.{minor}.{patch + 1}"


def _parts(results: pl.DataFrame) -> set[tuple]:
    years = results.select("school_year").unique().rows()
    return set(years) | set(results.select("indicator", "measure").unique().rows())


def _releases(folder: Path) -> list[Path]:
    return [entry for entry in folder.glob("*") if _VERSION.fullmatch(entry.name)]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _description(release: Path) -> dict:
    return json.loads((release / "data" / "datapackage.json").read_text(encoding="utf-8"))


def _make_current(release: Path) -> None:
    link = release.parent / "current"
    if link.is_symlink() and link.readlink() == Path(release.name):
        return
    new = release.parent / ".current"
    new.unlink(missing_ok=True)
    new.symlink_to(release.name)
    new.replace(link)


def _open_to_readers(folder: Path) -> None:
    folder.chmod(0o755)
    for entry in folder.rglob("*"):
        entry.chmod(0o755 if entry.is_dir() else 0o644)


def _write_checksums(folder: Path) -> None:
    own = folder / "checksums.sha256"
    files = sorted(entry for entry in folder.rglob("*") if entry.is_file() and entry != own)
    own.write_text("".join(f"{_sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files))


def _size(path: Path) -> dict:
    return {"bytes": path.stat().st_size, "hash": f"sha256:{_sha256(path)}"}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")
