"""The release folder: a hand-over becomes data files and pages, built aside and made current in one step.

Reads the hand-over and earlier releases, opens no warehouse, computes no number. Nothing in a release tells when or
where it was built, so building it again gives the same bytes.
"""

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from reports import api, changes, papers, provenance
from reports.api import write_json
from reports.catalogue import Publisher, dcat_us_1_1, dcat_us_3, schema_org
from reports.contents import RULES, Contents, dictionary, read
from reports.data_files import parts_of, write_csv, write_data_files
from reports.descriptions import csvw, data_package
from reports.site import build_site
from reports.statement import write_checksums, write_statement
from reports.versions import VERSION, Earlier, marked, next_version, number_of

SAY = logging.getLogger("waymark.reports")


@dataclass(frozen=True)
class Dossier:
    """What goes into a release beside the numbers.

    `inputs` says what the build was made of, as `provenance.NO_INPUTS` has it; `movers` lists what moved most since the
    release before; `certificates` are the files that prove what is hidden, by the names that they get. Without a `key`
    nothing is signed.
    """

    gate_results: Sequence[Mapping] = ()
    movers: pl.DataFrame | None = None
    inputs: Mapping[str, Any] = field(default_factory=lambda: dict(provenance.NO_INPUTS))
    publisher: Publisher = field(default_factory=Publisher)
    certificates: Mapping[str, Path] = field(default_factory=dict)
    key: bytes | None = None


@dataclass(frozen=True)
class _Plan:
    """A release that is to be made: what is in it, its version, why it is that one, and what has changed."""

    contents: Contents
    version: str
    earlier: Earlier | None = None
    reasons: Sequence[str] = ()
    changed: pl.DataFrame | None = None


def publish_release(
    handed_over: Path,
    releases_folder: Path,
    dossier: Dossier = Dossier(),
    version: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Build a release of what was handed over aside, make it current in one step, and return its folder.

    Without `version` it is 1.0.0 first and then follows from what changed. Where the records are simulated the version
    says so, as in 1.0.0-simulated. When the newest release already holds these data it is kept, made current if it is
    not, and returned: the caller sees that by comparing with `current_release` from before. A version that exists
    raises FileExistsError. Whatever is raised, what was current still is.
    """
    contents, earlier = read(handed_over), newest_release(releases_folder)
    if version is not None and not VERSION.fullmatch(version):
        raise ValueError(f"a version is three numbers, such as 1.0.0; {version!r} is not")
    if version is None and earlier and earlier.package["content_sha256"] == contents.sha256:
        SAY.info("The data are the same as in release %s; it is kept.", earlier.version)
        _make_current(earlier.folder)
        return earlier.folder
    plan = _plan(contents, earlier, version, dossier)
    target = releases_folder / plan.version
    if target.exists():
        raise FileExistsError(f"release {plan.version} exists, and a release is never changed")
    releases_folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".building-", dir=releases_folder))
    try:
        _write(plan, aside, dossier)
        build_site(aside, on_progress, releases_folder / ".pages")
        _seal(aside, plan, dossier)
        _open_to_readers(aside)
        os.sync()
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    _make_current(target)
    return target


def build_release(handed_over: Path, out: Path, version: str, dossier: Dossier = Dossier()) -> Path:
    """Write the release folder `out`, without its site, from what was handed over, as if it were the first."""
    plan = _Plan(read(handed_over), marked(version, provenance.is_simulated(dossier.inputs)))
    out.mkdir(parents=True, exist_ok=True)
    _write(plan, out, dossier)
    _seal(out, plan, dossier)
    return out


def current_release(releases_folder: Path) -> Path | None:
    """Find the release that readers see, if there is one."""
    link = releases_folder / "current"
    return link.resolve() if link.exists() else None


def newest_release(releases_folder: Path) -> Earlier | None:
    """Find the release of the highest version, if there is one."""
    found = _releases(releases_folder)
    return Earlier(found[-1]) if found else None


def causes_of_changes(handed_over: Path, releases_folder: Path, inputs: Mapping[str, Any]) -> dict[str, int]:
    """Count by cause the results that a release of what was handed over would change."""
    earlier = newest_release(releases_folder)
    changed = _plan(read(handed_over), earlier, None, Dossier(inputs=inputs)).changed if earlier else None
    return {} if changed is None else dict(changed["cause"].value_counts().iter_rows())


def _plan(contents: Contents, earlier: Earlier | None, version: str | None, dossier: Dossier) -> _Plan:
    mark = provenance.is_simulated(dossier.inputs)
    if earlier is None:
        return _Plan(contents, marked(version or "1.0.0", mark))
    follows, reasons = next_version(earlier, contents)
    statuses = contents.tables["value_statuses"]
    silent = statuses.filter(~pl.col("carries_value"))["status"]
    changed = changes.changes(earlier.values, changes.as_text(contents), silent)
    return _Plan(
        contents,
        marked(version or follows, mark),
        earlier,
        reasons,
        changes.with_causes(changed, earlier, contents, dossier.inputs),
    )


def _write(plan: _Plan, out: Path, dossier: Dossier) -> None:
    contents, version = plan.contents, plan.version
    for folder in ("data", "methodology", "gate"):
        (out / folder).mkdir()
    write_data_files(contents, out / "data", version)
    changed = pl.DataFrame(schema=dict.fromkeys(changes.columns(), pl.String)) if plan.changed is None else plan.changed
    write_csv(changed, out / "data" / "changes.csv", ["entity_id"])
    for name, page in contents.methodology.items():
        (out / "methodology" / name).write_text(page, encoding="utf-8")
    if contents.rules is not None:
        (out / "rules").mkdir()
        (out / "rules" / RULES).write_text(contents.rules, encoding="utf-8")
    write_json(out / "gate" / "results.json", list(dossier.gate_results))
    if dossier.movers is not None:
        write_csv(dossier.movers, out / "gate" / "movers.csv", ["entity_id"])
    for name, file in dossier.certificates.items():
        (out / "certificates").mkdir(exist_ok=True)
        shutil.copyfile(file, out / "certificates" / f"{name}.parquet")
    _write_api(plan, out / api.ROOT, out.parent)
    provenance.write_provenance(contents, dossier.inputs, out, version)
    _describe(plan, out, dossier)
    earlier = plan.earlier and plan.earlier.folder / "CHANGELOG.md"
    before = earlier.read_text(encoding="utf-8") if earlier and earlier.is_file() else ""
    told = papers.changelog(version, plan.reasons, plan.changed, plan.earlier and plan.earlier.version, before)
    (out / "CHANGELOG.md").write_text(told, encoding="utf-8")
    (out / "README.md").write_text(papers.readme(contents, version), encoding="utf-8")
    (out / "CITATION.cff").write_text(papers.citation(contents, version, dossier.publisher), encoding="utf-8")


def _write_api(plan: _Plan, folder: Path, releases_folder: Path) -> None:
    """Write the API; what changed between earlier releases is carried along."""
    own = {"version": plan.version, "years": plan.contents.years, "content_sha256": plan.contents.sha256}
    before = [Earlier(one) for one in _releases(releases_folder)] if plan.earlier else []
    listed = [{name: one.package.get(name) for name in own} for one in before]
    api.write_api(plan.contents, folder, plan.version, [*listed, own])
    (folder / "changes").mkdir()
    steps: list[dict] = []
    if plan.earlier:
        told = plan.earlier.folder / api.ROOT
        for path in sorted((told / "changes").iterdir()):
            shutil.copyfile(path, folder / "changes" / path.name)
        if (told / "changes.json").is_file():
            steps += json.loads((told / "changes.json").read_text(encoding="utf-8"))["changes"]
        steps.append(api.write_changes(plan.changed, folder, plan.earlier.version, plan.version))
    write_json(folder / "changes.json", {"changes": steps})


def _describe(plan: _Plan, out: Path, dossier: Dossier) -> None:
    """Write what programs and catalogues read before they read the data."""
    contents, data = plan.contents, out / "data"
    for file in dictionary():
        write_json(data / f"{file}.csv-metadata.json", csvw(file, f"{file}.csv", plan.version))
    for name, _ in parts_of(contents.tables["values"].select("school_year", "level")):
        write_json(data / f"{name}.csv-metadata.json", csvw("values", f"{Path(name).name}.csv", plan.version))
    package = data_package(data, contents, plan.version, dossier.gate_results)
    write_json(data / "datapackage.json", package)
    years = contents.tables["values"]["school_year"]
    said = dossier.publisher, package, years.min(), years.max()
    write_json(data / "dataset.jsonld", schema_org(*said))
    write_json(out / "data.json", dcat_us_3(*said))
    write_json(out / "data-v1.1.json", dcat_us_1_1(*said))


def _seal(out: Path, plan: _Plan, dossier: Dossier) -> None:
    """Sign everything that stands in the folder; nothing may be written into it after that."""
    known = {}
    if dossier.key:
        known = write_statement(out, plan.version, provenance.made_of(dossier.inputs), dossier.key)
    write_checksums(out, known)


def _releases(folder: Path) -> list[Path]:
    """List the releases that stand in the folder, the oldest version first."""
    found = (entry for entry in folder.glob("*") if VERSION.fullmatch(entry.name))
    return sorted(found, key=lambda entry: number_of(entry.name))


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
