"""The release folder: published tables as data files with their dictionary, and the step that makes a release current.

Reads `publication.pub_*` and the methodology pages, nothing else; computes no number. Nothing in a release tells when
or where it was built, so building it again gives the same bytes.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import yaml

from reports import words
from reports.published import NUMBERS
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
_TYPES = {"string": pl.String, "integer": pl.Int64, "boolean": pl.Boolean}
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class UnpublishableError(ValueError):
    """Say which promise the published tables break."""


@cache
def dictionary() -> dict[str, dict]:
    """Give every file of a release with its source, key, references and columns."""
    return yaml.safe_load((Path(__file__).parent / "dictionary.yml").read_text(encoding="utf-8"))


def publish_release(
    warehouse: Path,
    indicators_folder: Path,
    releases_folder: Path,
    version: str | None = None,
    gate_results: Iterable[Mapping] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Build a release aside, make it current in one step, and return its folder.

    Without `version`: 1.0.0 first; then major when a measure or a year is gone, minor when one is new, otherwise patch.
    When the newest release already holds these data it is kept, made current if it is not, and returned: the caller
    sees that by comparing with `current_release` from before. A version that exists raises FileExistsError. Whatever
    is raised, the release that was current still is.
    """
    tables, methodology = _read(warehouse, indicators_folder)
    newest = max(_releases(releases_folder), key=lambda folder: _number(folder.name), default=None)
    if version is None:
        if newest and _description(newest)["content_sha256"] == _content(tables, methodology):
            SAY.info("The data are the same as in release %s; it is kept.", newest.name)
            _make_current(newest)
            return newest
        version = _next_version(newest, tables)
    elif not _VERSION.fullmatch(version):
        raise ValueError(f"a version is three numbers, such as 1.0.0; {version!r} is not")
    target = releases_folder / version
    if target.exists():
        raise FileExistsError(f"release {version} exists, and a release is never changed")
    releases_folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".building-", dir=releases_folder))
    try:
        _write(tables, methodology, aside, version, gate_results)
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


def build_release(
    warehouse: Path, indicators_folder: Path, out: Path, version: str, gate_results: Iterable[Mapping] = ()
) -> Path:
    """Write the release folder `out`, without its site, from a warehouse opened read-only."""
    tables, methodology = _read(warehouse, indicators_folder)
    out.mkdir(parents=True, exist_ok=True)
    _write(tables, methodology, out, version, gate_results)
    _write_checksums(out)
    return out


def current_release(releases_folder: Path) -> Path | None:
    """Find the release that readers see, if there is one."""
    link = releases_folder / "current"
    return link.resolve() if link.exists() else None


def _read(warehouse: Path, indicators_folder: Path) -> tuple[dict[str, pl.DataFrame], dict[str, str]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = {file: _table(connection, file, about) for file, about in dictionary().items()}
    slugs = tables["indicators"]["indicator"].to_list()
    pages = {slug: (indicators_folder / slug / f"{slug}.md").read_text(encoding="utf-8") for slug in slugs}
    return _checked(tables), pages


def _table(connection: duckdb.DuckDBPyConnection, file: str, about: dict) -> pl.DataFrame:
    columns = [column for column in about["fields"] if column != "release"]
    order = [*about.get("order", []), *about["key"]]
    table = connection.execute(
        f"select {', '.join(columns)} from publication.{about['source']} order by {', '.join(order)}"
    ).pl()
    casts = []
    for column in columns:
        kind = about["fields"][column][0]
        if kind != "number":
            casts.append(pl.col(column).cast(_TYPES[kind]))
        elif not isinstance(table.schema[column], pl.Decimal):
            raise UnpublishableError(f"{about['source']}.{column} must be a decimal, not {table.schema[column]}")
    return table.with_columns(casts)


def _checked(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Refuse tables whose files would contradict themselves."""
    for file, about in dictionary().items():
        if tables[file].select(about["key"]).is_duplicated().any():
            raise UnpublishableError(f"{about['source']} has two rows with one key ({', '.join(about['key'])})")
    statuses, results = tables["value_statuses"], tables["values"]
    if results.is_empty():
        raise UnpublishableError("there is no result to publish")
    silent = statuses.filter(~pl.col("carries_value"))["status"].to_list()
    if results.filter(pl.col("value_status").is_in(silent) & pl.any_horizontal(pl.col(NUMBERS).is_not_null())).height:
        raise UnpublishableError("a row whose status says that there is no number carries one")
    if results.filter((pl.col("value_status") == "suppressed") & pl.col("student_count").is_not_null()).height:
        raise UnpublishableError("a hidden row carries its number of students")
    return tables


def _published(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Write the numbers of the results as text, as pages show them."""
    results = tables["values"]
    own = words.decimals_of(results, tables["measures"])
    if own.null_count():
        raise UnpublishableError("pub_indicator_results names a measure that pub_measures does not have")
    return results.with_columns(words.as_text(results.select(NUMBERS), own))


def _write(
    tables: dict[str, pl.DataFrame],
    methodology: dict[str, str],
    out: Path,
    version: str,
    gate_results: Iterable[Mapping],
) -> None:
    for folder in ("data", "methodology", "gate"):
        (out / folder).mkdir()
    with_release = pl.lit(version).alias("release")
    tables["values"].select(with_release, pl.all()).write_parquet(
        out / "data" / "values.parquet", compression="zstd", statistics=True
    )
    for file, table in (tables | {"values": _published(tables).select(with_release, pl.all())}).items():
        table.with_columns(words.guarded(pl.col(pl.String))).write_csv(out / "data" / f"{file}.csv")
    for slug, page in methodology.items():
        (out / "methodology" / f"{slug}.md").write_text(page, encoding="utf-8")
    _write_json(out / "gate" / "results.json", list(gate_results))
    _write_json(out / "data" / "datapackage.json", _data_package(out / "data", tables, methodology, version))
    (out / "README.md").write_text(_readme(tables, version), encoding="utf-8")


def _data_package(folder: Path, tables: dict[str, pl.DataFrame], methodology: dict[str, str], version: str) -> dict:
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
        "description": f"Results of schools, districts and the state, {_years(tables)}.",
        "version": version,
        "licenses": [LICENSE],
        "sources": [SOURCE],
        "content_sha256": _content(tables, methodology),
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


def _readme(tables: dict[str, pl.DataFrame], version: str) -> str:
    files = "\n".join(f"| `data/{file}.csv` | {about['description']} |" for file, about in dictionary().items())
    return f"""# {TITLE}, release {version}

Results of schools, districts and the state, {_years(tables)}.

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

{TITLE}, release {version}, school years {_years(tables)}.
"""


def _years(tables: dict[str, pl.DataFrame]) -> str:
    years = tables["values"]["school_year"]
    first, last = words.school_year(years.min()), words.school_year(years.max())
    return first if first == last else f"{first} to {last}"


def _content(tables: dict[str, pl.DataFrame], methodology: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for file in dictionary():
        digest.update(file.encode())
        digest.update(tables[file].write_csv().encode())
    digest.update(json.dumps(methodology, sort_keys=True).encode())
    return digest.hexdigest()


def _next_version(newest: Path | None, tables: dict[str, pl.DataFrame]) -> str:
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
