"""Certification: a person in office signs for a district that what the state holds of a school year is its records.

An event of the ledger that names the submission, its files by hash, what was found and explained, and who signed. It is
never changed or taken back: once another submission stands in the place of the one that was signed, it no longer holds,
which is worked out and not recorded. The ledger does not know who sent a submission, so that the signer is another
person than the sender is left to the district.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submissions import custody, screening
from submissions.custody import Submission
from submissions.feedback import READY
from submissions.packages import DESCRIPTOR
from submissions.store import Store, write_atomically

CERTIFIED, NOT_CERTIFIED, CHANGED = "certified", "not_certified", "changed_since"
SCHEMA = "certification-receipt/1"
STATEMENTS = {
    "1": "I have read what was found in these files and what was explained. As far as I know, they are true and "
    "complete records of the district for this school year, and the state may publish numbers made from them.",
}
"""What is signed, by version. A text that someone signed is never changed; a new one has a new version."""
LATEST = "1"
MOST_LETTERS = 120


class CertificationError(Exception):
    """It cannot be certified; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Certification:
    """What is signed, and by whom; `sequence` and `at` are those of the ledger, once it stands there.

    `explanations` has for each finding that was explained its rule, how many records, and whether the state accepted it
    (None where it has not answered).
    """

    submission_id: str
    district_id: str
    school_year: int
    simulated: bool
    files: tuple[dict[str, Any], ...]
    rule_pack: str
    verdict: str
    totals: dict[str, dict[str, int]]
    explanations: tuple[dict[str, Any], ...]
    statement: str
    name: str
    title: str
    sequence: int | None = None
    at: str | None = None

    @property
    def rows(self) -> int:
        return sum(file["rows"] or 0 for file in self.files)

    @property
    def text(self) -> str:
        """The statement that is signed."""
        return STATEMENTS[self.statement]


def prepare(store: Store, submission: Submission | None, *, name: str = "", title: str = "") -> Certification:
    """Give what would be certified of the submission in force of a district and year. Nothing is recorded.

    Raises CertificationError where there is none, where it was not screened as things stand now, or where its verdict
    is not that it is ready.
    """
    if submission is None:
        raise CertificationError("The district has no submission in force for this school year. Send its files first.")
    path = store.feedback / submission.submission_id / "report.json"
    if not path.is_file() or not screening.is_screened(store, submission):
        raise CertificationError(
            f"{submission.submission_id} has not been screened as things stand now. Run `waymark run`, "
            "read the report, and certify then."
        )
    report = json.loads(path.read_text(encoding="utf-8"))
    if report["verdict"] != READY:
        raise CertificationError(_not_ready(submission, report))
    return Certification(
        submission_id=submission.submission_id,
        district_id=submission.district_id,
        school_year=submission.school_year,
        simulated=submission.simulated,
        files=tuple(asdict(file) for file in submission.files),
        rule_pack=report["engine"]["rule_pack"],
        verdict=report["verdict"],
        totals={kind: report["totals"][kind] for kind in ("information", "explained", "waived")},
        explanations=tuple(_explanation(one) for one in report["findings"] if _is_explained(one)),
        statement=LATEST,
        name=name,
        title=title,
    )


def certify(store: Store, submission: Submission | None, *, name: str, title: str) -> tuple[Certification, bool]:
    """Record that a person certifies a submission; give it as it stands in the ledger, and whether it is new.

    The same person certifying the same again changes nothing. Raises CertificationError as `prepare` does, and where
    the name or the title is not one line that can be printed.
    """
    signed = {"name": " ".join(name.split()), "title": " ".join(title.split())}
    for what, said in signed.items():
        if not said or len(said) > MOST_LETTERS or not said.isprintable():
            raise CertificationError(f"The {what} of who certifies is one line of 1 to {MOST_LETTERS} letters.")
    wanted = prepare(store, submission, **signed)
    before = [one for one in certifications(store) if one.submission_id == wanted.submission_id]
    if before and _facts(before[-1]) == _facts(wanted):
        _write_receipt(store, before[-1])
        return before[-1], False
    sequence = custody.record_event(store, CERTIFIED, **_facts(wanted))
    recorded = next(one for one in certifications(store) if one.sequence == sequence)
    _write_receipt(store, recorded)
    return recorded, True


def certifications(store: Store) -> list[Certification]:
    """Give every certification, in the order of the ledger, whether it still holds or not."""
    return [_certification(event) for event in custody.events(store) if event["event"] == CERTIFIED]


def standing(every: Iterable[Certification], submission: Mapping[str, Any]) -> tuple[str, Certification | None]:
    """Say whether a submission is certified, and by which event; a mapping names it, its district and its year.

    Where another submission of the district and year was certified, and this one was not, it has changed since.
    """
    whose = submission["district_id"], submission["school_year"]
    own = [one for one in every if (one.district_id, one.school_year) == whose]
    same = [one for one in own if one.submission_id == submission["submission_id"]]
    if same:
        return CERTIFIED, same[-1]
    return (CHANGED, own[-1]) if own else (NOT_CERTIFIED, None)


# --- the receipt


def receipt_of(store: Store, one: Certification) -> Path:
    """Name the place of the receipt of a certification."""
    return store.receipts / f"{one.submission_id}-certified-{one.sequence}.json"


def receipt(one: Certification) -> dict[str, Any]:
    """Give the receipt of a certification; its number is the checksum of all the rest."""
    said = {
        "schema": SCHEMA,
        **{name: getattr(one, name) for name in ("submission_id", "district_id", "school_year", "simulated")},
        "files": list(one.files),
        "rows": one.rows,
        **{name: getattr(one, name) for name in ("rule_pack", "verdict", "totals")},
        "explanations": list(one.explanations),
        "statement": {"version": one.statement, "text": one.text},
        "certified_by": {"name": one.name, "title": one.title},
        "certified_at": one.at,
        "ledger_sequence": one.sequence,
    }
    return {"receipt": _number(said), **said}


def check_receipt(receipt: Path, files: Sequence[Path]) -> list[str]:
    """Hold files against the receipt of a certification; say in sentences what differs, or nothing.

    A file that came in an archive may be given as that archive. Needs no network and no home. A receipt that was
    changed no longer has its number, which the state can work out again from its ledger.
    """
    try:
        said = json.loads(receipt.read_text(encoding="utf-8"))
        number, schema, listed = said.pop("receipt"), said["schema"], said["files"]
        wanted = [(file["name"], {file["sha256"], file["archive"]} - {None}) for file in listed]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"{receipt.name} is not the receipt of a certification."]
    if schema != SCHEMA or number != _number(said):
        return [f"{receipt.name} is not as it was written: its number is not that of what it says."]
    found = {}
    for path in files:
        with path.open("rb") as file:
            found[hashlib.file_digest(file, "sha256").hexdigest()] = path.name
    faults = [f"{name} is not there as it was certified." for name, either in wanted if not either & found.keys()]
    certified = set().union(*(either for _, either in wanted))
    others = [name for sha256, name in found.items() if sha256 not in certified and name != DESCRIPTOR]
    return faults + [f"{name} is not among what was certified." for name in others]


def _number(said: Mapping[str, Any]) -> str:
    written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _write_receipt(store: Store, one: Certification) -> None:
    path = receipt_of(store, one)
    if not path.is_file():
        with write_atomically(path) as part:
            part.write_text(json.dumps(receipt(one), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


# --- what stands in the ledger and in the report


def _facts(one: Certification) -> dict[str, Any]:
    """Give what the ledger keeps of a certification, as plain values."""
    said = asdict(one)
    return {name: said[name] for name in said if name not in ("sequence", "at")} | {
        "files": list(said["files"]),
        "explanations": list(said["explanations"]),
    }


def _certification(event: Mapping[str, Any]) -> Certification:
    own = {name: event[name] for name in Certification.__dataclass_fields__}
    return Certification(**own | {name: tuple(event[name]) for name in ("files", "explanations")})


def _is_explained(finding: Mapping[str, Any]) -> bool:
    said = finding["explanation"]
    return said and not finding["waived"] and not (said["state_reply"] and not said["state_reply"]["accepted"])


def _explanation(finding: Mapping[str, Any]) -> dict[str, Any]:
    reply = finding["explanation"]["state_reply"]
    return {"rule": finding["rule"], "count": finding["count"], "accepted": reply and reply["accepted"]}


def _not_ready(submission: Submission, report: Mapping[str, Any]) -> str:
    asks = (("must_fix", "to fix"), ("explain", "to explain"))
    counts = {what: report["totals"][kind]["rules"] for kind, what in asks}
    left = [f"{count:,} {'rule' if count == 1 else 'rules'} {what}" for what, count in counts.items() if count]
    more = f" ({', '.join(left)})" if left else ""
    return (
        f"{submission.submission_id} has the verdict {report['verdict']}{more}, and only what is {READY} can be "
        f"certified. See feedback/{submission.submission_id}/report.html."
    )
