"""A made-up intake of any size, as the event log would tell it, with two planted faults to find.

One district was refused two months ago and has sent nothing since. One rule is broken in every district of one
information system, and in hardly any other. No home is needed and nothing in it is real.
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from reports.operations.contract import TABLES

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
YEAR = 2026
STUCK, BUG, SYSTEM = "0007", "RUL-006", "Slateworks"
SYSTEMS = ("Brightledger", "Campusloom", SYSTEM, "Tallyhouse", "District-built")
COLLECTIONS = 20
RULES = 30
SCRIPT = '<script>alert("x")</script> & Sons'
_RULE = {"rule": pl.String, "severity": pl.String, "collection": pl.String, "title": pl.String}
_SENT = {"submission_id": pl.String, "collection": pl.String}
_FINDING = {"submission_id": pl.String, "rule": pl.String, "count": pl.Int64}
_EXPLANATION = [name for name in TABLES["ops_explanation"] if name not in ("title", "count", "count_last_year")]
_SUBMISSION = [
    name
    for name in TABLES["ops_submission"]
    if name not in ("attempt", "is_latest", "must_fix", "explain", "information")
]


def nothing() -> dict[str, pl.DataFrame]:
    """Give what a home tells in which nothing has happened."""
    tables = {name: pl.DataFrame(schema=schema) for name, schema in TABLES.items()}
    submission = pl.Schema({name: TABLES["ops_submission"][name] for name in _SUBMISSION} | {"sequence": pl.Int64})
    explanation = pl.Schema({name: TABLES["ops_explanation"][name] for name in _EXPLANATION})
    return tables | {
        "submission": pl.DataFrame(schema=submission),
        "sent": pl.DataFrame(schema=_SENT),
        "finding": pl.DataFrame(schema=_FINDING),
        "rule": pl.DataFrame(schema=_RULE),
        "explanation": pl.DataFrame(schema=explanation),
    }


def attempt(district_id: str, number: int = 1, days_ago: float = 3, verdict: str = "accepted", **others) -> dict:
    """Give one attempt of a district."""
    received = NOW - timedelta(days=days_ago)
    return {
        "school_year": YEAR,
        "district_id": district_id,
        "submission_id": f"{YEAR}-{district_id}-{number:012d}",
        "sequence": 10_000_000 - round(days_ago * 1_000),
        "received_at": received,
        "files": COLLECTIONS,
        "rows": 1_000,
        "verdict": verdict,
        "verdict_at": None if verdict == "waiting" else received + timedelta(minutes=5),
        "reason": "The file is damaged." if verdict == "refused" else None,
        "rule_pack": "0123456789abcdef",
        "is_in_force": verdict != "refused",
        "has_report": False,
        "has_preview": False,
    } | others


def told(attempts: list[dict], findings: list[tuple] = (), **tables: list[dict]) -> dict[str, pl.DataFrame]:
    """Give what a home tells of some attempts, each of which held every collection, and of what was found in them."""
    empty = nothing()
    held = [(one["submission_id"], name) for one in attempts for name in collections(2)]
    ids = sorted({one["district_id"] for one in attempts})
    made = {
        "submission": pl.DataFrame(attempts, schema=empty["submission"].schema),
        "sent": pl.DataFrame(held, schema=_SENT, orient="row"),
        "finding": pl.DataFrame(list(findings), schema=_FINDING, orient="row"),
        "rule": rules(),
        "ops_district": pl.DataFrame(
            [(own, f"District {own}", None) for own in ids], TABLES["ops_district"], orient="row"
        ),
    }
    given = {name: pl.DataFrame(rows, schema=empty[name].schema) for name, rows in tables.items()}
    return empty | made | given


def collections(count: int = COLLECTIONS) -> list[str]:
    """Name the collections."""
    return [f"collection_{number:02d}" for number in range(count)]


def rules() -> pl.DataFrame:
    """Give the rules: a third of each severity, spread over the collections."""
    severities = ("must_fix", "explain", "information")
    rows = [
        (
            f"RUL-{number:03d}",
            severities[number % 3],
            f"collection_{number % 2:02d}",
            f"Something is wrong, kind {number}",
        )
        for number in range(RULES)
    ]
    return pl.DataFrame(rows, schema=_RULE, orient="row")


def state(districts: int) -> dict[str, pl.DataFrame]:
    """Give what the home of a state tells: one district in ten has sent nothing, and a few have something to do."""
    numbers = np.arange(1, districts + 1)
    ids = np.char.zfill(numbers.astype(str), 4)
    sent = (numbers % 10 != 0) | (ids == STUCK)
    known = pl.DataFrame({"district_id": ids, "vendor": np.array(SYSTEMS)[numbers % len(SYSTEMS)]}).with_columns(
        district_name=pl.when(pl.col("district_id") == "0003")
        .then(pl.lit(SCRIPT))
        .otherwise(pl.lit("District ") + pl.col("district_id"))
    )
    is_stuck = pl.col("district_id") == STUCK
    one = attempt("x")
    own = known.filter(pl.Series(sent)).select("district_id")
    submissions = (
        own.with_columns(
            pl.lit(value).alias(name) for name, value in one.items() if name not in ("district_id", "reason")
        )
        .with_columns(
            submission_id=pl.concat_str(pl.lit(f"{YEAR}-"), "district_id", pl.lit("-0123456789ab")),
            sequence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
            received_at=pl.when(is_stuck).then(pl.lit(NOW - timedelta(days=60))).otherwise("received_at"),
            verdict=pl.when(is_stuck).then(pl.lit("refused")).otherwise("verdict"),
            is_in_force=~is_stuck,
            has_report=pl.lit(True),
            has_preview=~is_stuck,
            reason=pl.when(is_stuck).then(pl.lit("A line is longer than 65,536 bytes.")),
        )
        .with_columns(verdict_at=pl.col("received_at") + timedelta(minutes=5))
    )
    held = submissions.select("submission_id").join(pl.DataFrame({"collection": collections()}), how="cross")
    chance = np.random.default_rng(7).random((submissions.height, RULES))
    of_system = submissions.join(known, on="district_id", how="left", maintain_order="left")["vendor"] == SYSTEM
    found = chance < 0.02
    of_bug = int(BUG[-3:])
    found[:, of_bug] = of_system.to_numpy() | (chance[:, of_bug] < 0.01)
    found[(submissions["district_id"] == STUCK).to_numpy()] = False
    row, rule = np.nonzero(found)
    findings = pl.DataFrame(
        {
            "submission_id": submissions["submission_id"].gather(row),
            "rule": rules()["rule"].gather(rule),
            "count": (row * 7 + rule) % 40 + 1,
        },
        schema=_FINDING,
    )
    empty = nothing()
    events = submissions.select(
        "sequence", pl.col("received_at").alias("at"), pl.lit("received").alias("event"), "school_year", "district_id",
        pl.lit(None, pl.String).alias("who"), pl.col("submission_id").alias("about"),
    )  # fmt: skip
    said = {
        "school_year": YEAR,
        "district_id": "0001",
        "rule": "RUL-004",
        "reasons": "CONFIRMED",
        "explained_by": "J. Ortiz, data office",
        "explained_on": date(2026, 11, 18),
        "expires_on": date(2027, 11, 18),
        "most_records": 40,
        "notes": "2026-0001-0123456789ab-00000001.json",
    }
    other = {"district_id": "0002", "answer": "refused", "answered_by": "State", "answered_on": date(2026, 11, 19)}
    explanations = [said, said | {"district_id": "0004"}, said | other | {"answer_reason": "Send the count."}]
    due = [
        {"school_year": YEAR, "collection": "collection_00", "district_id": None, "due_on": date(2026, 11, 1)},
        {"school_year": YEAR, "collection": "collection_01", "district_id": None, "due_on": date(2026, 11, 24)},
    ]
    return empty | {
        "submission": submissions.select(empty["submission"].columns).cast(dict(empty["submission"].schema)),
        "sent": held,
        "finding": findings,
        "rule": rules(),
        "explanation": pl.DataFrame(explanations, schema=empty["explanation"].schema),
        "ops_district": known.select(TABLES["ops_district"].names()),
        "ops_due": pl.DataFrame(due, schema=TABLES["ops_due"]),
        "ops_event": events.with_columns(
            at=pl.when(pl.col("sequence") < 30).then(pl.lit(NOW - timedelta(hours=3))).otherwise("at")
        ).cast(dict(TABLES["ops_event"])),
        **_work(),
    }


def _work() -> dict[str, pl.DataFrame]:
    """Give runs, a build, its gate and a release."""
    rows = {
        "ops_run": [
            {"run_id": "a1", "job": "build", "status": "failure", "began": NOW - timedelta(hours=2), "ended": NOW},
            {"run_id": "a2", "job": "intake", "partition": "2026", "status": "success", "began": NOW},
        ],
        "ops_step": [
            {"run_id": run, "job": "build", "step": step, "status": status, "began": NOW - timedelta(seconds=100),
             "ended": NOW - timedelta(seconds=100 - seconds)}
            for run, step, status, seconds in (
                ("a1", "warehouse", "success", 80), ("a1", "disclosure", "failure", 3),
                ("a0", "warehouse", "success", 20), ("a00", "warehouse", "success", 30),
                ("a000", "warehouse", "failure", 1),
            )
        ],
        "ops_build": [
            {"build": "20261120T080000Z-a1b2c3d4", "ended": NOW, "ledger_sequence": 9, "has_news": True},
        ],
        "ops_gate": [
            _promise("keys_are_unique", "No two rows answer the same question", "error", "passed"),
            _promise("the_state_moves_plausibly", "No value of the whole state moves by much", "warning", "failed"),
            _promise("every_change_has_a_cause", "Every change has a cause that is known", "warning", "failed")
            | {"is_open": False, "acknowledged_by": "J. Ortiz", "reason": "Known"},
            _promise("every_hidden_number_has_room", "Every hidden number has room", "error", "not_checked"),
        ],
        "ops_release": [
            {"version": "1.0.0", "published_at": NOW - timedelta(days=30), "statement": "ab" * 32, "is_there": True,
             "is_current": False},
            {"version": "1.0.1", "published_at": NOW - timedelta(days=9), "statement": "cd" * 32, "is_there": True,
             "is_current": True},
        ],
        "ops_correction": [
            {"version": "1.0.1", "change": "changed", "cause": "submission_corrected",
             "indicator": "test_participation", "school_year": 2025, "results": 12},
        ],
        "ops_shadow": [
            {"school_year": YEAR, "rule": "ENR-299", "title": "A rule in trial", "districts": 3, "count": 40},
        ],
        "ops_waiver": [
            {"school_year": YEAR, "district_id": "0008", "rule": "RUL-000", "reason": "A fire", "approver": "State",
             "approved_on": date(2026, 11, 1), "expires_on": date(2026, 12, 31), "most_records": 10},
        ],
        "ops_certification": [
            {"school_year": YEAR, "district_id": "0009", "submission_id": f"{YEAR}-0009-000000000001",
             "certified_at": NOW, "certified_by": SCRIPT, "certified_as": "Superintendent", "explained": 2},
        ],
        "ops_trouble": [{"sentence": "Nothing is waived: line 3 of waivers.csv names a rule that there is not."}],
    }  # fmt: skip
    return {name: pl.DataFrame(some, schema=TABLES[name]) for name, some in rows.items()}


def _promise(name: str, title: str, severity: str, outcome: str) -> dict:
    return {"expectation": name, "title": title, "severity": severity, "outcome": outcome, "observed": "as seen"} | {
        "is_open": outcome == "failed"
    }
