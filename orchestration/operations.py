"""The `ops_` tables: what the ledger, the manifests, the runs and the releases of a home say, for the state team.

Everything follows from what others have written, so it can be made again at any time. Notes of districts, which may
name someone, are named by their file and not read.
"""

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from expectations import catalogue
from expectations.collections.validation import STATE
from expectations.releases import checklist
from orchestration import gate, standing, warehouse
from orchestration.settings import Home
from reports import preview
from reports.operations.contract import TABLES
from reports.operations.site import write_pages
from reports.release import current_release
from submissions import certification, custody, explanations, waivers
from submissions.custody import ACCEPTED, RECEIVED, REFUSED, SCREENED
from submissions.feedback import NOT_CHECKED
from submissions.layout import collection_of

CALENDAR = "calendar.csv"
_ASIDE = ".operations-"
PREVIEW = "preview.html"
RUNS, STEPS_OF = 200, 6
VERDICTS = {REFUSED: standing.REFUSED, NOT_CHECKED: standing.OURS, ACCEPTED: "accepted"}
_SENT = pl.Schema({"submission_id": pl.String, "collection": pl.String})
_FINDING = pl.Schema({"submission_id": pl.String, "rule": pl.String, "count": pl.Int64})
_RULE = pl.Schema({"rule": pl.String, "severity": pl.String, "collection": pl.String, "title": pl.String})

TOLD = "told.txt"

Rows = list[dict[str, Any]]


def write(place: Home, instance: dg.DagsterInstance, now: datetime | None = None) -> Path:
    """Write the state team's pages aside, put them in the place of the last, and give the first of them."""
    for left in place.root.glob(f"{_ASIDE}*"):
        shutil.rmtree(left)
    latest, gathered = news(place), tables(place, instance, now)
    aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=place.root))
    simulated = any(event.get("simulated") for event in custody.events(place.store))
    write_pages(gathered, aside / "new", now, simulated)
    (aside / "new" / TOLD).write_text(latest)
    if place.operations.is_dir():
        place.operations.rename(aside / "old")
    (aside / "new").rename(place.operations)
    shutil.rmtree(aside)
    return place.operations / "index.html"


def write_previews(place: Home, on_progress: Callable[[int, int], None] | None = None) -> list[str]:
    """Write beside the newest report of each district its numbers as the current build would publish them.

    Gives the districts that have any. Earlier previews are taken away, for what they say is no longer so.
    """
    if not warehouse.facts(place):
        return []
    in_force = {
        district_id: submission
        for year in custody.school_years(place.store)
        for district_id, submission in custody.submissions_in_force(place.store, year).items()
        if district_id != STATE
    }
    newest = {district_id: place.store.feedback / one.submission_id for district_id, one in in_force.items()}
    simulated = {district_id for district_id, one in in_force.items() if one.simulated}
    targets = {district_id: folder / PREVIEW for district_id, folder in newest.items() if folder.is_dir()}
    for old in set(place.store.feedback.glob(f"*/{PREVIEW}")) - set(targets.values()):
        old.unlink()
    folder = warehouse.current(place)
    now = current_release(place.releases)
    return preview.write_previews(folder / warehouse.FILE, now, targets, on_progress, simulated)


def news(place: Home) -> str:
    """Name the latest event of the ledger and the current build; blank where nothing has happened."""
    events = custody.events(place.store)
    return f"{events[-1]['sequence']}-{warehouse.facts(place).get('build', '')}" if events else ""


def told(place: Home) -> str:
    """Name the event and the build that the pages tell of; blank where there are no pages."""
    noted = place.operations / TOLD
    return noted.read_text() if noted.exists() else ""


def tables(place: Home, instance: dg.DagsterInstance, now: datetime | None = None) -> dict[str, pl.DataFrame]:
    """Gather what a home knows of its work, and say where everything stands."""
    events = custody.events(place.store)
    told = _from_events(place, events) | _from_releases(place, events)
    troubles: list[str] = []
    told["finding"] = pl.concat([told["finding"], _findings(place, told["submission"])])
    told["rule"] = pl.concat([told["rule"], _retired(told["finding"], told["rule"])])
    told["ops_district"] = _districts(place, told["submission"])
    told["ops_due"] = _calendar(place.root / CALENDAR, troubles)
    told["ops_waiver"] = _waivers(place, troubles)
    told["ops_certification"] = _certifications(place)
    told["ops_run"] = _runs(instance)
    told["ops_step"] = _steps(instance, told["ops_run"])
    told["ops_gate"], told["ops_build"] = _build(place, events)
    told["ops_trouble"] = _table("ops_trouble", [{"sentence": one} for one in troubles])
    return standing.derive(told, now or datetime.now(UTC))


def _table(name: str, rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=TABLES[name])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# ---- the ledger


def _from_events(place: Home, events: Rows) -> dict[str, pl.DataFrame]:
    """Read the ledger once: attempts, what each held, what the door found, what was said, and the log itself."""
    sent: dict[str, dict[str, Any]] = {}
    held: dict[str, set[str]] = {}
    shadow: dict[tuple[int, str], dict[str, int]] = {}
    files, found, said, log = {}, {}, {}, []
    rules = {code: _rule(code) for code in catalogue.SEVERITY}
    for event in events:
        kind, submission_id = event["event"], event.get("submission_id")
        log.append(
            {**_whose(event), **{n: event[n] for n in ("sequence", "event")}, "at": _at(event["at"]), **_told(event)}
        )
        if kind in (RECEIVED, REFUSED) and "files" in event:
            verdict = standing.WAITING if kind == RECEIVED else standing.REFUSED
            sent[submission_id] = _attempt(event) | {"verdict": verdict, "verdict_at": None}
            held[submission_id] = {collection_of(file["name"]) for file in event["files"]}
            files[submission_id] = event["files"]
            found[submission_id] = {}
            if kind == REFUSED:
                sent[submission_id] |= {"verdict_at": _at(event["at"]), "reason": _reason(event)}
                for one in event["notices"]:
                    rules.setdefault(
                        one["rule"], {name: one[name] for name in ("severity", "title")} | {"collection": None}
                    )
                    found[submission_id][one["rule"]] = found[submission_id].get(one["rule"], 0) + one["count"]
        elif kind in VERDICTS and submission_id in sent:
            told = {"verdict": VERDICTS[kind], "verdict_at": _at(event["at"])}
            sent[submission_id] |= told | {"reason": event.get("reason"), "rule_pack": event.get("rule_pack")}
            held[submission_id] = {row["collection"] for row in event.get("manifest", ())} or held[submission_id]
            shadow[event["school_year"], event["district_id"]] = event.get("shadow", {})
        elif kind == SCREENED and submission_id in sent:
            sent[submission_id] |= {"verdict": standing.WAITING, "verdict_at": None}
        elif kind == explanations.EXPLAINED:
            for one in event["explanations"]:
                said[(*_whose(event).values(), one["rule"])] = _explanation(event, one)
        elif kind == explanations.ANSWERED:
            said[(*_whose(event).values(), event["rule"])] |= _answer(event)
    in_force = {
        one.submission_id
        for year in custody.school_years(place.store)
        for one in custody.submissions_in_force(place.store, year).values()
    }
    for submission_id, row in sent.items():
        feedback = place.store.feedback / submission_id
        row |= {"is_in_force": submission_id in in_force, "has_report": (feedback / "report.html").is_file()}
        row["has_preview"] = (feedback / PREVIEW).is_file()
    attempt = {name: kind for name, kind in TABLES["ops_submission"].items() if name in _ATTEMPT}
    explained = {name: kind for name, kind in TABLES["ops_explanation"].items() if name in _EXPLAINED}
    return {
        "submission": pl.DataFrame(list(sent.values()), schema=attempt | {"sequence": pl.Int64}),
        "sent": _pairs(held),
        "finding": pl.DataFrame(
            [(own, rule, count) for own, rules_hit in found.items() for rule, count in rules_hit.items()],
            schema=_FINDING,
            orient="row",
        ),
        "rule": pl.DataFrame([{"rule": code} | one for code, one in rules.items()], schema=_RULE),
        "explanation": pl.DataFrame(list(said.values()), schema=explained),
        "ops_submission_file": _table(
            "ops_submission_file",
            [
                {"submission_id": own, "file_name": one["name"], "sha256": one["sha256"], "rows": one["rows"]}
                for own, some in files.items()
                for one in some
            ],
        ),
        "ops_shadow": _shadow(shadow),
        "ops_event": _table("ops_event", log),
    }


_ATTEMPT = (
    "school_year",
    "district_id",
    "submission_id",
    "received_at",
    "files",
    "rows",
    "verdict",
    "verdict_at",
    "reason",
    "rule_pack",
    "is_in_force",
    "has_report",
    "has_preview",
)
_EXPLAINED = (
    "school_year",
    "district_id",
    "rule",
    "reasons",
    "explained_by",
    "explained_on",
    "expires_on",
    "most_records",
    "notes",
    "answer",
    "answered_by",
    "answered_on",
    "answer_reason",
)


def _whose(event: dict[str, Any]) -> dict[str, Any]:
    return {name: event.get(name) for name in ("school_year", "district_id")}


def _attempt(event: dict[str, Any]) -> dict[str, Any]:
    rows = [file["rows"] for file in event["files"]]
    return _whose(event) | {
        "submission_id": event["submission_id"],
        "sequence": event["sequence"],
        "received_at": _at(event["at"]),
        "files": len(rows),
        "rows": sum(filter(None, rows)),
    }


def _reason(event: dict[str, Any]) -> str | None:
    return next((one["message"] for one in event["notices"] if one["severity"] == "must_fix"), None)


def _pairs(held: dict[str, set[str]]) -> pl.DataFrame:
    pairs = [(own, one) for own, collections in held.items() for one in sorted(filter(None, collections))]
    return pl.DataFrame(pairs, schema=_SENT, orient="row")


def _rule(code: str) -> dict[str, Any]:
    said = catalogue.say(code, catalogue.ENGLISH, count=2)
    return {
        "severity": catalogue.SEVERITY[code],
        "collection": catalogue.collection_of(code),
        "title": said.title,
    }


def _explanation(event: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    days = {name: date.fromisoformat(one[name]) for name in ("explained_on", "expires_on")}
    said = (
        {name: one[name] for name in ("rule", "explained_by", "most_records")}
        | days
        | {"reasons": ", ".join(one["reasons"])}
    )
    return _whose(event) | said | {"notes": event["notes"]}


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "answer": "accepted" if event["is_accepted"] else "refused",
        "answered_by": event["answered_by"],
        "answered_on": date.fromisoformat(event["answered_on"]),
        "answer_reason": event["reason"],
    }


def _shadow(counts: dict[tuple[int, str], dict[str, int]]) -> pl.DataFrame:
    rows = [(year, rule, count) for (year, _), found in counts.items() for rule, count in found.items() if count]
    found = pl.DataFrame(rows, schema={"school_year": pl.Int16, "rule": pl.String, "count": pl.Int64}, orient="row")
    counted = found.group_by("school_year", "rule").agg(districts=pl.len().cast(pl.Int64), count=pl.col("count").sum())
    title = pl.col("rule").map_elements(lambda code: _rule(code)["title"], return_dtype=pl.String)
    return counted.with_columns(title=title).sort("school_year", "rule")


def _told(event: dict[str, Any]) -> dict[str, str | None]:
    """Say who made an event happen, where the ledger knows, and what it was about."""
    kind = event["event"]
    if kind == explanations.EXPLAINED:
        said = event["explanations"]
        return {"who": said[0]["explained_by"], "about": ", ".join(one["rule"] for one in said)}
    if kind == explanations.ANSWERED:
        verdict = "accepted" if event["is_accepted"] else "refused"
        return {"who": event["answered_by"], "about": f"{event['rule']} {verdict}: {event['reason']}"}
    if kind == certification.CERTIFIED:
        return {"who": f"{event['name']}, {event['title']}", "about": event["submission_id"]}
    if kind == gate.PUBLISHED:
        return {"who": None, "about": f"release {event['release']}"}
    supersedes = f" in place of {event['supersedes']}" if event.get("supersedes") else ""
    return {"who": None, "about": f"{event['submission_id']}{supersedes}" if "submission_id" in event else None}


def _certifications(place: Home) -> pl.DataFrame:
    return _table(
        "ops_certification",
        [
            {
                **{name: getattr(one, name) for name in ("school_year", "district_id", "submission_id")},
                "certified_at": _at(one.at),
                "certified_by": one.name,
                "certified_as": one.title,
                "explained": len(one.explanations),
            }
            for one in certification.certifications(place.store)
        ],
    )


# ---- what was kept of screening


def _findings(place: Home, submissions: pl.DataFrame) -> pl.DataFrame:
    """Count what was found in every attempt that was screened, by rule."""
    kept = place.root / "private" / "findings"
    paths = {
        own: kept / str(year) / f"{own}.parquet"
        for year, own in submissions.select("school_year", "submission_id").rows()
    }
    there = {own: path for own, path in paths.items() if path.is_file()}
    if not there:
        return pl.DataFrame(schema=_FINDING)
    found = pl.scan_parquet(list(there.values()), include_file_paths="path").group_by("path", "rule")
    counted = found.agg(pl.col("count").cast(pl.Int64).sum()).collect()
    return counted.select(submission_id=pl.col("path").str.extract(r"([^/\\]+)\.parquet$"), rule="rule", count="count")


def _retired(findings: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """Name the rules that found something once and are no longer asked."""
    codes = findings.select("rule").unique().join(rules, on="rule", how="anti").sort("rule")
    said = {"severity": "information", "collection": None, "title": "A rule that is no longer asked"}
    return codes.with_columns(pl.lit(text, pl.String).alias(name) for name, text in said.items())


def _districts(place: Home, submissions: pl.DataFrame) -> pl.DataFrame:
    """Name every district that sent something or that the state's directory knows, as the latest word has it."""
    files = sorted((place.store.accepted / "district").glob("[0-9]*/*.parquet"))
    parts = [pl.DataFrame(schema=TABLES["ops_district"])]
    for path in files:
        own = pl.read_parquet(path)
        if "information_system_vendor" not in own.columns:
            own = own.with_columns(information_system_vendor=pl.lit(None, pl.String))
        parts.append(own.select("district_id", "district_name", vendor="information_system_vendor"))
    said = pl.concat(parts).group_by("district_id").agg(pl.all().drop_nulls().last())
    sent = submissions.select("district_id").unique()
    every = pl.concat([sent, said.select("district_id")]).unique()
    name = pl.when(pl.col("district_id") == STATE).then(pl.lit("The state itself")).otherwise("district_name")
    return every.join(said, on="district_id", how="left").with_columns(district_name=name).sort("district_id")


def _waivers(place: Home, troubles: list[str]) -> pl.DataFrame:
    try:
        return _table("ops_waiver", [vars(one) for one in waivers.waivers(place.store)])
    except waivers.WaiverError as error:
        troubles.append(f"Nothing is waived: {error}.")
        return _table("ops_waiver", [])


def _calendar(path: Path, troubles: list[str]) -> pl.DataFrame:
    """Read when collections are due; a line without a district is for all that have none of their own."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [_due(row) for row in csv.DictReader(file)]
    except FileNotFoundError:
        rows = []
    except (KeyError, ValueError, AttributeError, TypeError):
        rows = []
        troubles.append(f"{path.name} is not understood: it has school_year, collection, district_id and due_on.")
    return _table("ops_due", rows)


def _due(row: dict[str, str]) -> dict[str, Any]:
    return {
        "school_year": int(row["school_year"]),
        "collection": row["collection"].strip(),
        "district_id": row["district_id"].strip() or None,
        "due_on": date.fromisoformat(row["due_on"].strip()),
    }


# ---- runs, builds and releases


def _runs(instance: dg.DagsterInstance) -> pl.DataFrame:
    rows = [
        {
            "run_id": record.dagster_run.run_id,
            "job": record.dagster_run.job_name,
            "partition": record.dagster_run.tags.get("dagster/partition"),
            "status": record.dagster_run.status.value.lower(),
            "began": _when(record.start_time),
            "ended": _when(record.end_time),
        }
        for record in instance.get_run_records(limit=RUNS)
    ]
    return _table("ops_run", rows)


def _steps(instance: dg.DagsterInstance, runs: pl.DataFrame) -> pl.DataFrame:
    latest = runs.group_by("job", maintain_order=True).head(STEPS_OF)
    rows = [
        {"run_id": run_id, "job": job, "step": one.step_key, "status": one.status.value.lower() if one.status else ""}
        | {"began": _when(one.start_time), "ended": _when(one.end_time)}
        for run_id, job in latest.select("run_id", "job").iter_rows()
        for one in instance.get_run_step_stats(run_id)
    ]
    return _table("ops_step", rows)


def _when(stamp: float | None) -> datetime | None:
    return stamp and datetime.fromtimestamp(stamp, UTC)


def _build(place: Home, events: Rows) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Say what the release gate found in the current build, and whether anything was accepted since it was made."""
    noted = warehouse.facts(place)
    if not noted:
        return _table("ops_gate", []), _table("ops_build", [])
    folder = warehouse.current(place)
    path = folder / warehouse.GATE
    results = json.loads(path.read_text()) if path.is_file() else []
    names = TABLES["ops_gate"].names()
    stops = {one["expectation"] for severity in ("error", "warning") for one in checklist.broken(results, severity)}
    results = [one | {"is_open": one["expectation"] in stops} for one in results]
    accepted = max((one["sequence"] for one in events if one["event"] == ACCEPTED), default=0)
    build = {
        "build": noted["build"],
        "ended": datetime.fromtimestamp((folder / warehouse.COMPLETE).stat().st_mtime, UTC),
        "ledger_sequence": noted.get("ledger_sequence", 0),
        "has_news": accepted > noted.get("ledger_sequence", 0),
    }
    return _table("ops_gate", [{name: one.get(name) for name in names} for one in results]), _table(
        "ops_build", [build]
    )


def _from_releases(place: Home, events: Rows) -> dict[str, pl.DataFrame]:
    """Say which releases the ledger names, which one readers see, and what each changed of the one before."""
    link = place.releases / "current"
    current = link.resolve().name if link.exists() else None
    released = [
        {
            "version": one["release"],
            "published_at": _at(one["at"]),
            "statement": one["statement"],
            "is_current": one["release"] == current,
            "is_there": (place.releases / one["release"]).is_dir(),
        }
        for one in events
        if one["event"] == gate.PUBLISHED
    ]
    parts = [_table("ops_correction", []), *_corrections(place, [one["version"] for one in released])]
    return {"ops_release": _table("ops_release", released), "ops_correction": pl.concat(parts)}


def _corrections(place: Home, versions: list[str]) -> Iterator[pl.DataFrame]:
    for version in versions:
        path = place.releases / version / "data" / "changes.csv"
        if path.is_file():
            changed = pl.scan_csv(path, infer_schema=False).group_by("change", "cause", "indicator", "school_year")
            counted = changed.agg(results=pl.len()).collect().with_columns(version=pl.lit(version))
            schema = TABLES["ops_correction"]
            yield counted.select(schema.names()).cast(dict(schema)).sort(pl.all())
