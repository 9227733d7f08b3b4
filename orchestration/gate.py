"""The release gate: what is handed over, tested and acknowledged before a release, and what goes with the numbers.

What must hold is said in `expectations`, what is shown in `reports`; here the current build meets both. What is tested
is the very folder that the release is then made of.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import duckdb
import polars as pl
import yaml

from expectations.collections.validation import STATE
from expectations.releases import checklist
from expectations.releases.checklist import Acknowledgement, Result
from expectations.releases.publication import check_release
from orchestration import attacks, ledger, lineage, settings, signing, warehouse
from orchestration.settings import CannotRunError, Home
from reports import contents, release
from reports.catalogue import Publisher
from reports.handover import hand_over
from reports.plain_language import faults_of_release, spoken_columns
from reports.statement import ENVELOPE, sha256_of
from reports.versions import is_simulated
from submissions import custody, rule_catalogue
from submissions.store import write_atomically

HANDED_OVER, ACKNOWLEDGED, MOVERS = "handed_over", "acknowledgements.json", "movers.parquet"
RULES = "disclosure_rules.parquet"
CERTIFIED = {
    "systems": warehouse.SYSTEMS,
    "worlds": warehouse.WORLDS,
    "certificates": warehouse.CERTIFICATES,
    "rules": RULES,
}
"""The files of a build that prove what its release hides, by the name that the release gives them."""
PUBLISHED = "published"
MINIMUM = "select min(minimum) from reference.policy_minimum_n where purpose = 'publication'"


def test(place: Home, folder: Path) -> list[Result]:
    """Hand over the published tables of a build, test them against every promise, and keep the results in the build.

    What is hidden is tried beside the rest, for which what is handed over is enough.
    """
    shutil.rmtree(folder / HANDED_OVER, ignore_errors=True)
    with ThreadPoolExecutor(1) as beside:
        hidden = beside.submit(_of_what_is_hidden, place, folder)
        handed_over = _handed_over(place, folder)
        table, rest = _of_the_table(place, folder, handed_over), _of_the_rest(place, folder, handed_over)
        results = checklist.acknowledged([*table, *hidden.result(), *rest], acknowledgements(folder))
    _keep(folder, results)
    return results


def passed(folder: Path) -> list[Result]:
    """Give the gate's results for a build, or refuse: no road leads around the gate."""
    noted = folder / warehouse.GATE
    results = json.loads(noted.read_text()) if noted.exists() else []
    if not results or any(checklist.broken(results, severity) for severity in ("error", "warning")):
        raise CannotRunError("The current build has not passed the release gate. Run `waymark publish`.")
    return results


def dossier(place: Home, folder: Path) -> release.Dossier:
    """Gather what goes into the release of a build beside its numbers."""
    moved = folder / MOVERS
    return release.Dossier(
        gate_results=passed(folder),
        movers=pl.read_parquet(moved) if moved.exists() else None,
        inputs=lineage.inputs(place, folder),
        publisher=publisher(place),
        certificates={name: folder / file for name, file in CERTIFIED.items() if (folder / file).exists()},
        key=signing.signing_key(place),
    )


def record(place: Home, made: Path) -> None:
    """Note in both ledgers, of events and of suppression, that a release was published, once."""
    ledger.settle(place, made.name)
    if made.name not in published(place):
        custody.record_event(place.store, PUBLISHED, release=made.name, statement=sha256_of(made / ENVELOPE))


def published(place: Home) -> dict[str, str]:
    """Give the releases that the ledger names, each with the checksum of its statement."""
    events = custody.events(place.store)
    return {event["release"]: event["statement"] for event in events if event["event"] == PUBLISHED}


def acknowledge(folder: Path, given: Iterable[Acknowledgement]) -> None:
    """Keep what people say of the warnings of a build, beside what they said before."""
    said = {one.expectation: one for one in [*acknowledgements(folder), *given]}
    with write_atomically(folder / ACKNOWLEDGED) as part:
        part.write_text(json.dumps([asdict(one) for one in said.values()], indent=2, ensure_ascii=False) + "\n")


def acknowledgements(folder: Path) -> list[Acknowledgement]:
    """Give what people said of the warnings of a build."""
    path = folder / ACKNOWLEDGED
    return [Acknowledgement(**one) for one in json.loads(path.read_text())] if path.exists() else []


def publisher(place: Home) -> Publisher:
    """Read who publishes: `publisher.yml` of the home, with name, contact, email and url; without it, an example."""
    path = place.root / "publisher.yml"
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        found = Publisher(**{name: str(value) for name, value in said.items()})
    except (yaml.YAMLError, TypeError, AttributeError):
        raise CannotRunError(f"{path} is not understood: it has name, contact, email and url, a line each.") from None
    if not found.url.startswith(("https://", "http://")) or not found.url.endswith("/"):
        raise CannotRunError(f"{path}: url begins with https:// and ends with /.")
    return found


def _handed_over(place: Home, folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as aside:
        rules = rule_catalogue.write_json(Path(aside))
        certified = lineage.certifications(place, folder)
        return hand_over(folder / warehouse.FILE, settings.INDICATORS, folder / HANDED_OVER, rules, certified)


def _of_what_is_hidden(place: Home, folder: Path) -> list[Result]:
    """Note what the build would show and hide and by which rules, try to work out what it hides, and hold its proof."""
    with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
        candidate, sensitive = attacks.read(connection)
        ledger.prepare(place, connection, sensitive)
        connection.execute(attacks.RULES).pl().write_parquet(folder / RULES)
        tried = attacks.tried(place, connection, candidate, sensitive, folder)
        return [*tried, attacks.proven(sensitive, folder)]


def _of_the_table(place: Home, folder: Path, handed_over: Path) -> list[Result]:
    tables = handed_over / contents.TABLES
    with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
        (minimum,) = connection.execute(MINIMUM).fetchone()
    frames = (pl.read_parquet(tables / "pub_indicator_results.parquet"), _before(place))
    pandas = (
        frame if frame is None else ledger.coded(frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))).to_pandas()
        for frame in frames
    )
    return check_release(next(pandas), minimum, _units(tables), next(pandas))


def _of_the_rest(place: Home, folder: Path, handed_over: Path) -> list[Result]:
    tables = handed_over / contents.TABLES
    now, before = pl.read_parquet(tables / "pub_indicator_results.parquet"), _before(place)
    agree, plain = _whole(handed_over)
    inputs = lineage.inputs(place, folder)
    certified = json.loads((handed_over / contents.CERTIFICATIONS).read_text(encoding="utf-8"))
    results = [
        checklist.modes(now),
        checklist.received_rows(pl.read_parquet(place.store.manifest / "*.parquet")),
        checklist.signatures(
            [
                (one["school_year"], one["district_id"])
                for one in inputs["submissions"].values()
                if one["district_id"] != STATE
            ],
            {(one["school_year"], one["district_id"]): one["status"] for one in certified},
        ),
        checklist.earlier_releases(published(place), _standing(place)),
        checklist.kind_of_records(
            {name: one["simulated"] for name, one in inputs["submissions"].items()},
            {version: is_simulated(version) for version in published(place)},
        ),
        agree,
        plain,
    ]
    if before is None:
        return results
    checklist.movers(now, before).write_parquet(folder / MOVERS)
    results.append(checklist.corrections(now, before, _units(tables)))
    if agree["success"]:
        counts = release.causes_of_changes(handed_over, place.releases, inputs)
        results.append(checklist.causes(counts))
    return results


def _whole(handed_over: Path) -> tuple[Result, Result]:
    """Read what was handed over as the release will, so that what it would refuse is told here, and then its words."""
    refused, hard, said = [], [], []
    try:
        read = contents.read(handed_over)
        read.values  # noqa: B018
    except ValueError as error:
        refused.append(str(error))
    else:
        hard = faults_of_release(read.tables, read.methodology, read.rules)
        said = [f"{file}.{name}" for file, table in read.tables.items() for name in spoken_columns(table)]
    return (
        checklist.line("tables_agree", refused, columns=contents.checked_columns()),
        checklist.line("words_are_plain", hard, columns=said),
    )


def _before(place: Home) -> pl.DataFrame | None:
    current = release.current_release(place.releases)
    return current and pl.read_parquet(current / "data" / "values.parquet").drop("release")


def _units(tables: Path) -> dict[str, str]:
    measures = pl.read_parquet(tables / "pub_measures.parquet")
    return dict(measures.select(pl.concat_str("indicator", "measure", separator="/"), "unit").iter_rows())


def _standing(place: Home) -> dict[str, str]:
    return {path.parent.name: sha256_of(path) for path in place.releases.glob(f"*/{ENVELOPE}")}


def _keep(folder: Path, results: list[Result]) -> None:
    """Keep the results, and bind what people said to what they were told."""
    with write_atomically(folder / warehouse.GATE) as part:
        part.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    acknowledge(
        folder,
        [
            Acknowledgement(one["expectation"], one["acknowledged_by"], one["reason"], one["observed"])
            for one in results
            if "acknowledged_by" in one
        ],
    )
