"""What the person at the command line sees: bars, tables and sentences. Nothing is decided and nothing is done here."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

LISTED = 30
ROWS = ("rows_received", "rows_accepted", "rows_quarantined", "rows_not_applicable")
FINDINGS = ("must_fix", "explain", "information")
STEPS = {
    "door": "Screening districts",
    "foundation": "Laying the foundation",
    "estimates__agreement": "Estimating agreement of judgments",
    "estimates__class_sorting": "Estimating sorting into classes",
    "estimates__severity": "Estimating severity of raters",
    "growth": "Fitting growth percentiles",
    "growth__fit_pages": "Drawing the fit of growth",
    "growth__median": "Taking medians of growth",
    "tables": "Building tables",
    "disclosure__disclosure_mask": "Deciding what to hide",
    "publication": "Building publication tables",
    "reports__release_gate": "Testing the promises of a release",
    "reports__release": "Writing data files and pages",
    "reports__previews": "Showing districts their numbers",
    "reports__state_team": "Writing the state team's pages",
}
PARTS = {"proofs": "Proving that it stays hidden"}
"""The second part of a step, by the things that it counts."""


def screen() -> Console:
    """Give the screen: standard output as it is now, because a run redirects it."""
    return Console(file=sys.stdout, highlight=False)


def refuse(sentence: str) -> None:
    """Say on standard error why a command ends here."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[bold red]✗[/] {escape(sentence)}")


@contextlib.contextmanager
def bars(console: Console, *, with_time_left: bool = False) -> Iterator[Progress]:
    """Draw a line for each step, with a bar as soon as the step says how far it is."""
    progress = Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        *([TextColumn("left:"), TimeRemainingColumn()] if with_time_left else []),
        console=console,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with progress:
        yield progress


class Steps:
    """The steps of one run, drawn one after the other."""

    def __init__(self, progress: Progress, label: str) -> None:
        self.progress, self.label, self.lines = progress, label, {}

    def show(self, step: str, told: Any) -> None:
        """Draw how far a step is; one not seen before, or a new part of it, follows those that are done."""
        words = PARTS.get(told.things if told else "", STEPS.get(step, step))
        if words not in self.lines:
            self.finish()
            self.lines[words] = self.progress.add_task(self.label + words, total=None)
        if told:
            self.progress.update(self.lines[words], completed=told.done, total=told.total)

    def finish(self) -> None:
        """Mark every step so far as done."""
        for line in self.lines.values():
            total = self.progress.tasks[line].total
            total = 1 if total is None else total
            self.progress.update(line, completed=total, total=total)


def receipts(console: Console, given: list) -> None:
    """Show what was taken in, by district or, where they are many, by school year; and why something was refused."""
    console.print(_by_district(given) if len(given) <= LISTED else _by_year(given))
    for receipt in given:
        if receipt.status == "refused":
            notices(console, f"District {receipt.district_id}, {receipt.school_year} is refused:", receipt.notices)
    if not given:
        console.print("[bold red]✗[/] Nothing was received.")


def _by_district(given: list) -> Table:
    table = _table("Received", ["District", "School year"], ["Files", "Rows"])
    table.add_column("Status")
    for receipt in given:
        rows = [file.rows for file in receipt.files if file.rows is not None]
        counts = f"{len(receipt.files):,}", f"{sum(rows):,}" if rows else "-"
        table.add_row(receipt.district_id, str(receipt.school_year), *counts, receipt.status.replace("_", " "))
    return table


def _by_year(given: list) -> Table:
    table = _table("Received", ["School year"], ["Submissions", "Rows", "Received", "Already received", "Refused"])
    for year in sorted({receipt.school_year for receipt in given}):
        of_year = [receipt for receipt in given if receipt.school_year == year]
        rows = sum(file.rows or 0 for receipt in of_year for file in receipt.files)
        statuses = [receipt.status for receipt in of_year]
        counts = [len(of_year), rows, *(statuses.count(one) for one in ("received", "already_received", "refused"))]
        table.add_row(str(year), *(f"{count:,}" for count in counts))
    return table


def notices(console: Console, heading: str, found: Iterable[Any]) -> None:
    """Say what is refused, and for each reason what was seen and what to do."""
    console.print(f"[bold red]✗[/] {escape(heading)}")
    for notice in found:
        file = f"{notice.file}: " if notice.file else ""
        console.print(f"    {escape(f'{file}{notice.message} {notice.fix}')}")


def checked(console: Console, feedback: Any, language: str) -> None:
    """Show what a check found: the verdict, then each rule with what it says, how often, and what to do."""
    from submissions.door_words import in_spanish
    from submissions.feedback import because
    from submissions.findings_workbook import SEVERITY_WORDS
    from submissions.page import verdict_in_words, words

    t = words()[language]
    console.print(f"[bold]{escape(verdict_in_words(feedback, language))}[/]")
    if feedback.reason:
        console.print(escape((language == "es" and in_spanish(feedback.reason)) or feedback.reason))
    for card in feedback.cards:
        console.print(f"[bold]{card.rule}[/] {SEVERITY_WORDS[language][card.severity]}")
        for notice, said in zip(card.notices, card.said(language), strict=True):
            line = f"{t['line'].lower()} {notice.line:,}" if notice.line else None
            where = ", ".join(filter(None, [notice.file, line]))
            told = f"{where}: {said.message}" if where else said.message
            console.print(f"    {escape(told + ' ' + ' '.join(said.fix))}")
    if feedback.not_checked:
        console.print(f"[bold]{t['could_not']}[/] ({t['could_not_why']})")
    unasked: dict[str, list[str]] = {}
    for one in feedback.not_checked:
        unasked.setdefault(because(one, language), []).append(one.rule)
    for reason, rules in unasked.items():
        console.print(f"[yellow]?[/] {', '.join(rules)}: {escape(reason)}")


def explained(console: Console, kept: list, left: list[str]) -> None:
    """Tell what a district explained, and what of it could not be taken in."""
    for one in kept:
        records = "1 record" if one.most_records == 1 else f"{one.most_records:,} records"
        console.print(f"{one.rule} is explained for up to {records}, until {one.expires_on}.")
    for sentence in left:
        console.print(escape(sentence))
    if not kept and not left:
        console.print("The workbook holds no reason code and no note.")


def to_certify(console: Console, one: Any, feedback: Path) -> None:
    """Show what is signed: the files and their rows, what was found and explained, the statement, and what to read."""
    table = _table(f"District {escape(one.district_id)}, {one.school_year}: {one.submission_id}", ["File"], ["Rows"])
    for file in one.files[:LISTED]:
        table.add_row(escape(file["name"]), f"{file['rows']:,}")
    console.print(table)
    more = f", {len(one.files) - LISTED:,} more files not listed" if len(one.files) > LISTED else ""
    console.print(f"Rows: {one.rows:,}. Files: {len(one.files):,}{more}. Verdict: {one.verdict.replace('_', ' ')}.")
    for kind, words in (("information", "for information"), ("explained", "explained"), ("waived", "waived")):
        count = one.totals[kind]
        console.print(f"Findings {words}: {count['findings']:,} (rules: {count['rules']:,})")
    replies = {None: "not answered yet", True: "accepted by the state"}
    for said in one.explanations:
        console.print(f"    {said['rule']}: {said['count']:,}, {replies[said['accepted']]}")
    for page, words in (("report.html", "What was found"), ("preview.html", "The numbers as they will be published")):
        if (feedback / page).is_file():
            console.print(f"{words}: {escape(str(feedback / page))}", soft_wrap=True)
    console.print(f"What is signed: {escape(one.text)}", soft_wrap=True)


def certified(console: Console, one: Any, receipt: Path, is_new: bool) -> None:
    """Tell who certified, and where the receipt is."""
    again = "" if is_new else " This was signed before; nothing is added."
    console.print(f"Certified by {escape(one.name)}, {escape(one.title)}, at {one.at}.{again}", soft_wrap=True)
    console.print(f"Receipt: {escape(str(receipt))}", soft_wrap=True)


def left_alone(console: Console, skipped: list[tuple[Path, str]]) -> None:
    """Name the files that were not looked into, and why; many of one folder together."""
    together: dict[tuple[Path, str], list[Path]] = {}
    for path, reason in skipped:
        together.setdefault((path.parent, reason), []).append(path)
    for (_, reason), paths in list(together.items())[:LISTED]:
        beside = f" and {len(paths) - 1:,} more beside it are" if len(paths) > 1 else " is"
        console.print(f"[yellow]![/] {escape(str(Path(*paths[0].parts[-3:])))}{beside} left alone: {escape(reason)}.")
    if len(together) > LISTED:
        console.print(f"[yellow]![/] {len(together) - LISTED:,} more folders are left alone.")


def accounts(console: Console, totals: dict[str, dict[str, int]], refused: list[tuple[int, str, str]]) -> None:
    """Show what became of every row that was received, by collection, and whose submission was not taken in."""
    rows = _table("Rows", ["Collection"], ["Received", "= accepted", "+ quarantined", "+ not applicable"])
    found = _table("Records with findings", ["Collection"], ["To fix", "To explain", "For information"])
    for collection, counts in totals.items():
        rows.add_row(collection, *(f"{counts[name]:,}" for name in ROWS))
        found.add_row(collection, *(f"{counts[name]:,}" for name in FINDINGS))
    console.print(rows)
    console.print(found)
    for year, district, reason in refused[:LISTED]:
        console.print(f"[bold red]✗[/] District {escape(district)}, {year} is not taken in: {escape(reason)}")
    if len(refused) > LISTED:
        console.print(f"[bold red]✗[/] {len(refused) - LISTED:,} more are not taken in.")
    if refused:
        console.print("A district that is not taken in keeps its last accepted version.")


def promises(console: Console, errors: list[dict], warnings: list[dict], results: list[dict]) -> None:
    """Say which promises of a release do not hold, which warnings were acknowledged, and how that is done."""
    for one in results:
        if "acknowledged_by" in one:
            said = f"{one['title']} ({one['observed']})"
            console.print(f"[yellow]![/] {escape(said)}: acknowledged by {escape(one['acknowledged_by'])}")
    for one in warnings:
        console.print(f"[yellow]![/] Look at this: {escape(one['title'])} ({escape(one['observed'])})")
    for one in errors:
        console.print(f"[bold red]✗[/] Not kept: {escape(one['title'])} ({escape(one['observed'])})")
    if warnings:
        names = " ".join(f"--acknowledge {one['expectation']}" for one in warnings)
        console.print(f"If it may stand: [bold]waymark publish {names} --by NAME --reason TEXT[/]", soft_wrap=True)


def not_raised(console: Console, names: set[str], results: list[dict]) -> None:
    """Say which of the warnings that someone acknowledged are none of this build."""
    for name in sorted(names - {one["expectation"] for one in results if "acknowledged_by" in one}):
        console.print(f"[yellow]![/] {escape(name)} is no warning of this build; nothing is acknowledged.")


def provenance(console: Console, told: dict[str, Any]) -> None:
    """Show where the numbers of an entity come from."""
    whose = f"{told['level']} {escape(told['entity_id'])}, {told['student_group']}"
    console.print(f"[bold]{escape(told['indicator'])}[/] of {whose}, release {told['release']}")
    values = _table("Values", ["Year", "Subject", "Grades", "Population", "Measure", "Status"], ["Value", "Students"])
    for row in told["values"]:
        keys = (row[name] for name in ("subject", "grade_span", "population", "measure", "value_status"))
        numbers = (
            "" if row["value"] is None else str(row["value"]),
            "" if row["student_count"] is None else f"{row['student_count']:,}",
        )
        values.add_row(str(row["school_year"]), *keys, *numbers)
    console.print(values)
    page = told["methodology"]
    console.print(f"Formula: {page['page']} {page['sha256']}", soft_wrap=True)
    for row in told["policies"]:
        years = f"{row['first_school_year']}–{row['last_school_year']}"
        console.print(
            f"Policy: {row['parameter']} = {row['value']}, {years}. {escape(row['authority'])}", soft_wrap=True
        )
    for name, sha256 in told["models"].items():
        console.print(f"Model: {name} {sha256}", soft_wrap=True)
    for name in told["computed"]:
        console.print(f"Computed by a method: {name} (code {told['code'].get('methods', '')})", soft_wrap=True)
    for name, one in told["submissions"].items():
        console.print(f"Submission: {name} ({', '.join(one['events'])})", soft_wrap=True)
        if said := one["certification"]:
            signed = " ".join(said[part] or "" for part in ("certified_on", "certified_by", "certified_as"))
            console.print(f"    {said['status'].replace('_', ' ')} {escape(signed)}", soft_wrap=True)
        for collection, sha256 in one["files"]:
            console.print(f"    {collection} {sha256}", soft_wrap=True)
    console.print(f"All else that the release was made of: {told['others']}")


def _table(title: str, texts: list[str], numbers: list[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for text in texts:
        table.add_column(text, no_wrap=True)
    for number in numbers:
        table.add_column(number, justify="right")
    return table


def simulated(console: Console, rows: dict[str, int], truths: Iterable[str]) -> None:
    """Show how many rows each collection of a simulated state has, and which truths are planted in it."""
    table = Table("collection", box=SIMPLE_HEAD)
    table.add_column("rows", justify="right")
    for collection, count in rows.items():
        table.add_row(collection, f"{count:,}")
    console.print(table)
    console.print(f"Planted: {', '.join(truths) or 'nothing'}.")
