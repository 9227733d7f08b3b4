"""The `ops_` tables: what the pages of the state team are made from, and all that they can show.

Names and types alone. No column holds a value of a student; a text that someone wrote is a reason that the state gave,
or the name of a person in office.
"""

import polars as pl

TIME = pl.Datetime("us", "UTC")
_PLACE = {"school_year": pl.Int16, "district_id": pl.String}
_STATE = {"state": pl.String, "since": TIME, "attempts": pl.Int64, "must_fix": pl.Int64, "explain": pl.Int64}

TABLES: dict[str, pl.Schema] = {
    name: pl.Schema(columns)
    for name, columns in {
        # Every district that is known, with its name and information system as it last said them.
        "ops_district": {"district_id": pl.String, "district_name": pl.String, "vendor": pl.String},
        # Every attempt: what was sent, and what became of it. `verdict` is waiting, accepted, refused or not_checked.
        "ops_submission": _PLACE
        | {
            "submission_id": pl.String,
            "attempt": pl.Int64,
            "received_at": TIME,
            "files": pl.Int64,
            "rows": pl.Int64,
            "verdict": pl.String,
            "verdict_at": TIME,
            "reason": pl.String,
            "rule_pack": pl.String,
            "is_in_force": pl.Boolean,
            "is_latest": pl.Boolean,
            "must_fix": pl.Int64,
            "explain": pl.Int64,
            "information": pl.Int64,
            "has_report": pl.Boolean,
            "has_preview": pl.Boolean,
        },
        "ops_submission_file": {
            "submission_id": pl.String,
            "file_name": pl.String,
            "sha256": pl.String,
            "rows": pl.Int64,
        },
        # Where each district stands with each collection, and as a whole. Findings that are settled are not counted.
        "ops_cell": _PLACE | {"collection": pl.String} | _STATE,
        "ops_standing": _PLACE
        | _STATE
        | {"collections": pl.Int64, "last_sent": TIME, "stuck": pl.String, "overdue": pl.Int64, "due_soon": pl.Int64},
        # What each rule found in the latest attempt of each district.
        "ops_hit": _PLACE
        | {
            "submission_id": pl.String,
            "rule": pl.String,
            "count": pl.Int64,
            "is_settled": pl.Boolean,
            "first_seen": TIME,
            "attempts": pl.Int64,
        },
        "ops_rule": {
            "school_year": pl.Int16,
            "rule": pl.String,
            "severity": pl.String,
            "collection": pl.String,
            "title": pl.String,
            "districts": pl.Int64,
            "districts_sent": pl.Int64,
            "count": pl.Int64,
            "explained": pl.Int64,
            "first_seen": TIME,
            "days_to_fix": pl.Float64,
        },
        # Each rule in the districts of each information system; `is_cluster` where the system itself must be at fault.
        "ops_vendor_rule": {
            "school_year": pl.Int16,
            "rule": pl.String,
            "vendor": pl.String,
            "districts": pl.Int64,
            "districts_sent": pl.Int64,
            "elsewhere": pl.Int64,
            "elsewhere_sent": pl.Int64,
            "chance": pl.Float64,
            "is_cluster": pl.Boolean,
        },
        # Rules that are tried out: they count and are told to nobody.
        "ops_shadow": {
            "school_year": pl.Int16,
            "rule": pl.String,
            "title": pl.String,
            "districts": pl.Int64,
            "count": pl.Int64,
        },
        # The last explanation of each rule by each district, with what it found this year and last.
        "ops_explanation": _PLACE
        | {
            "rule": pl.String,
            "title": pl.String,
            "reasons": pl.String,
            "explained_by": pl.String,
            "explained_on": pl.Date,
            "expires_on": pl.Date,
            "most_records": pl.Int64,
            "notes": pl.String,
            "count": pl.Int64,
            "count_last_year": pl.Int64,
            "answer": pl.String,
            "answered_by": pl.String,
            "answered_on": pl.Date,
            "answer_reason": pl.String,
        },
        "ops_waiver": _PLACE
        | {
            "rule": pl.String,
            "reason": pl.String,
            "approver": pl.String,
            "approved_on": pl.Date,
            "expires_on": pl.Date,
            "most_records": pl.Int64,
        },
        # Every certification, with how many findings were explained; it holds for its own submission.
        "ops_certification": _PLACE
        | {
            "submission_id": pl.String,
            "certified_at": TIME,
            "certified_by": pl.String,
            "certified_as": pl.String,
            "explained": pl.Int64,
        },
        "ops_event": {"sequence": pl.Int64, "at": TIME, "event": pl.String}
        | _PLACE
        | {"who": pl.String, "about": pl.String},
        "ops_run": {
            "run_id": pl.String,
            "job": pl.String,
            "partition": pl.String,
            "status": pl.String,
            "began": TIME,
            "ended": TIME,
        },
        # The steps of the latest runs of each job.
        "ops_step": {
            "run_id": pl.String,
            "job": pl.String,
            "step": pl.String,
            "status": pl.String,
            "began": TIME,
            "ended": TIME,
        },
        # What the release gate found in the current build; `is_open` where it stands in the way of publication.
        "ops_gate": {
            "expectation": pl.String,
            "title": pl.String,
            "severity": pl.String,
            "outcome": pl.String,
            "observed": pl.String,
            "is_open": pl.Boolean,
            "acknowledged_by": pl.String,
            "reason": pl.String,
        },
        "ops_build": {"build": pl.String, "ended": TIME, "ledger_sequence": pl.Int64, "has_news": pl.Boolean},
        "ops_release": {
            "version": pl.String,
            "published_at": TIME,
            "statement": pl.String,
            "is_current": pl.Boolean,
            "is_there": pl.Boolean,
        },
        "ops_correction": {
            "version": pl.String,
            "change": pl.String,
            "cause": pl.String,
            "indicator": pl.String,
            "school_year": pl.Int16,
            "results": pl.Int64,
        },
        # How many districts had sent something by this day of the year, this year and the year before.
        "ops_arrival": {"school_year": pl.Int16, "expected": pl.Int64, "sent": pl.Int64, "sent_last_year": pl.Int64},
        "ops_due": {
            "school_year": pl.Int16,
            "collection": pl.String,
            "district_id": pl.String,
            "due_on": pl.Date,
        },
        # What is wrong with the house itself, in a sentence each.
        "ops_trouble": {"sentence": pl.String},
    }.items()
}


def empty() -> dict[str, pl.DataFrame]:
    """Give every table without a row."""
    return {name: pl.DataFrame(schema=schema) for name, schema in TABLES.items()}
