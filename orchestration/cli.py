"""The command line: what a person types, and the exit code.

Commands prepare, call and tell; the work is done in the rooms and in the jobs that Dagster's pages run as well. Heavy
imports stand inside the commands, so that help comes at once.
"""

import contextlib
import csv
import functools
import gc
import importlib
import json
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperCommand

from orchestration import settings, telling, warehouse
from orchestration.settings import CannotRunError, Home

if TYPE_CHECKING:
    from orchestration.runs import Outcome

Language = Literal["en", "es"]
REFUSED, CANNOT_RUN, GATE, INTERRUPTED = 1, 3, 4, 130
FAULTS_TOLD = 20
AT_ONCE = 2
"""The submissions that are received side by side; of more, each would only wait for Python."""
HELP = """
Turn what districts submit into published accountability metrics.

In order: [b]receive[/b], [b]run[/b], [b]publish[/b], [b]serve[/b]. Real records to try: [b]waymark sample star[/b].
Before sending, a district runs [b]waymark check[/b].
"""
EXIT_CODES = """
[b]Exit codes[/b]: 0 done · 1 something sent is refused and must be fixed · 2 the command is not understood ·
3 it could not run (another run, the disk, nothing received, a failed build) · 4 the release gate blocked publication.
For [b]check[/b], 2 says that something must be explained, and a command that is not understood is 3.
"""
app = typer.Typer(
    name="waymark",
    help=HELP,
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
sample_app = typer.Typer(help="Write real records that come with Python packages, as districts would send them.")
app.add_typer(sample_app, name="sample", no_args_is_help=True)


@app.callback()
def options(
    home: Annotated[
        Path | None, typer.Option(help="The private folder of the state; by default WAYMARK_HOME, or ./data.")
    ] = None,
) -> None:
    os.umask(0o077)
    if home:
        os.environ["WAYMARK_HOME"] = str(home.absolute())


def plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command end with a sentence and an exit code, whatever happens in it."""

    @functools.wraps(command)
    def told(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except CannotRunError as error:
            stop(str(error), CANNOT_RUN)
        except KeyboardInterrupt:
            stop("Stopped. What was complete before is unchanged.", INTERRUPTED)
        except OSError as error:
            stop(f"{error.strerror or error}: {error.filename or settings.home().root}.", CANNOT_RUN)
        except Exception as error:
            from orchestration.work import where

            stop(f"Waymark has a fault: {where(error)}. Please report this line; it holds no record.", CANNOT_RUN)

    return told


def stop(sentence: str, code: int) -> None:
    """Say why on standard error and leave."""
    telling.refuse(sentence)
    raise typer.Exit(code)


@app.command()
@plainly
def receive(
    path: Annotated[Path, typer.Argument(exists=True, help="A folder of submissions, or one file.")],
    district: Annotated[str | None, typer.Option(help="Take the file, or the files of the folder, as its.")] = None,
    year: Annotated[
        int | None, typer.Option(min=1900, max=2200, help="The school year of the files, by the year in which it ends.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="The foreign layout that the files are in, such as star.")] = None,
    supersedes: Annotated[
        str | None,
        typer.Option(help="The submission in force that these files, though sent before, take the place of."),
    ] = None,
) -> None:
    """Take in what districts send, and say at once what cannot be taken.

    In a folder, standard files stand as 2025/0470/student.csv; files of another layout (--mapping) go by their names.

    The bytes are kept as they came. The same bytes again change nothing; a later submission replaces an earlier one.

    Examples:

        waymark receive inbox

        waymark receive inbox --mapping star

        waymark receive sent/0470 --district 0470 --year 2025
    """
    from submissions import custody

    console = telling.screen()
    found, skipped = _submissions(path, district, year, mapping)
    if supersedes and len(found) != 1:
        raise typer.BadParameter("it is said of one submission at a time", param_hint="--supersedes")
    if not found:
        telling.left_alone(console, skipped)
        stop(f"There is nothing here that can be received. {_expected(path, district, mapping)}", REFUSED)
    place, receipts, unread = settings.enter(), [], []
    with telling.bars(console) as progress, ThreadPoolExecutor(AT_ONCE) as workers:
        sent: list[Future] = []
        for one in found:
            whose = {"district_id": one.district_id, "school_year": one.school_year, "mapping": mapping}
            after = sent[-1] if sent else None
            asked = whose | {"supersedes": supersedes, "after": after}
            sent.append(workers.submit(custody.receive, place.store, one.paths, **asked))
        try:
            for one, done in progress.track(list(zip(found, sent, strict=True)), description="Receiving"):
                try:
                    receipts.append(done.result())
                except custody.SupersedesError as error:
                    raise typer.BadParameter(str(error), param_hint="--supersedes") from None
                except OSError as error:
                    if error.filename not in map(str, one.paths):
                        raise
                    unread.append((Path(error.filename), f"it cannot be read ({error.strerror})"))
        finally:
            workers.shutdown(cancel_futures=True)
    telling.receipts(console, receipts)
    telling.left_alone(console, unread + skipped)
    if unread or not receipts or any(receipt.status == custody.REFUSED for receipt in receipts):
        raise typer.Exit(REFUSED)
    console.print("Next: [bold]waymark run[/]")


class VerdictCommand(TyperCommand):
    """A command whose exit code 2 is a verdict, so that one that is not understood ends with 3."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except typer.TyperException as error:
            error.exit_code = CANNOT_RUN
            raise


@app.command(cls=VerdictCommand)
@plainly
def check(
    path: Annotated[Path, typer.Argument(exists=True, help="The files of one submission: a folder, or one file.")],
    district: Annotated[str | None, typer.Option(help="The district that the files are of.")] = None,
    year: Annotated[int | None, typer.Option(min=1900, max=2200, help="The school year, by the year it ends.")] = None,
    mapping: Annotated[str | None, typer.Option(help="The foreign layout that the files are in, such as star.")] = None,
    last_year: Annotated[
        Path | None, typer.Option(exists=True, help="Last year's files of the district, for the rules about two years.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page here.")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="Write the workbook here.")] = None,
    report: Annotated[Path | None, typer.Option("--json", help="Write the report for programs here.")] = None,
    lang: Annotated[Language, typer.Option(help="The language of the screen, the page and the workbook.")] = "en",
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day that the report speaks of; by default today.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full/--redact", help="Show students' numbers and your own columns. Do not send it on.")
    ] = False,
) -> None:
    """Check files before sending, with the rules of the state. Nothing is sent and nothing is kept.

    Exit codes: 0 ready · 1 something must be fixed · 2 something must be explained · 3 it could not be checked, or the
    command is not understood.

    Examples:

        waymark check sent/0470 --district 0470 --year 2025 --xlsx findings.xlsx

        waymark check 1986_district_11.csv --mapping star --lang es --html report.html
    """
    from submissions import checking, findings_workbook, page, report_json

    try:
        found, skipped = _submissions(path, district, year, mapping)
    except typer.BadParameter as error:
        raise CannotRunError(str(error)) from None
    if not found:
        telling.left_alone(telling.screen(), skipped)
        raise CannotRunError(
            f"{path} holds no file to check; we expected files such as enrollment.csv, or one archive."
        )
    if len(found) > 1:
        raise CannotRunError(f"There are {len(found)} submissions in {path}; check one at a time.")
    [one] = found
    before = (
        sorted(filter(Path.is_file, last_year.iterdir() if last_year.is_dir() else [last_year])) if last_year else ()
    )
    whose = {"district_id": one.district_id, "school_year": one.school_year, "mapping": mapping}
    try:
        feedback = checking.check(one.paths, **whose, last_year=before, full=full, as_of=as_of and as_of.date())
    except checking.LastYearError as error:
        raise CannotRunError(str(error)) from None
    if html:
        html.write_text(page.render(feedback, lang), encoding="utf-8")
    if xlsx:
        xlsx.write_bytes(findings_workbook.write(feedback, lang))
    if report:
        report.write_text(report_json.write(feedback), encoding="utf-8")
    console = telling.screen()
    telling.checked(console, feedback, lang)
    telling.left_alone(console, skipped)
    raise typer.Exit(checking.EXIT_CODES[feedback.verdict])


@app.command()
@plainly
def respond(
    workbook: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="findings.xlsx with the district's words filled in.")
    ],
    district: Annotated[str, typer.Option(help="The district whose findings it responds to.")],
    year: Annotated[int, typer.Option(min=1900, max=2200, help="The school year, by the year it ends.")],
    by: Annotated[str, typer.Option(help="Who says so: a name and an office.")],
) -> None:
    """Take in what a district says of its findings: the columns "Your note" and "Reason code" of its workbook.

    An explanation holds for a year and for as many records as were explained; what must be fixed cannot be explained.

    Example:

        waymark respond findings.xlsx --district 0470 --year 2025 --by "J. Ortiz, data office"
    """
    from submissions import custody, explanations, findings_workbook

    place = settings.enter()
    submission = custody.submissions_in_force(place.store, year).get(district)
    if submission is None:
        stop(f"District {district} has no submission for {year}.", REFUSED)
    try:
        notes = findings_workbook.read_notes(workbook)
        kept, left = explanations.explain(place.store, submission, notes, explained_by=by)
    except (findings_workbook.NotesError, explanations.ExplanationError) as error:
        stop(str(error), REFUSED)
    console = telling.screen()
    telling.explained(console, kept, left)
    if left or not kept:
        raise typer.Exit(REFUSED)
    console.print("Next: [bold]waymark run[/]")


@app.command()
@plainly
def answer(
    rule: Annotated[str, typer.Argument(help="The rule whose explanation is answered, such as ENR-201.")],
    district: Annotated[str, typer.Option(help="The district that explained it.")],
    year: Annotated[int, typer.Option(min=1900, max=2200, help="The school year, by the year it ends.")],
    accept: Annotated[bool, typer.Option("--accept/--refuse", help="Whether the explanation stands.")],
    reason: Annotated[str, typer.Option(help="Why, in words that the district will read. No student's name.")],
    by: Annotated[str, typer.Option(help="Who says so: a name and an office.")],
) -> None:
    """Answer what a district explained. The answer stands in its next report; what is refused is asked for again.

    Example:

        waymark answer ENR-201 --district 0470 --year 2025 --refuse --reason "Send the count." --by NAME
    """
    from submissions import explanations

    place = settings.enter()
    whose = {"district_id": district, "school_year": year}
    try:
        given = explanations.answer(place.store, rule, **whose, is_accepted=accept, reason=reason, answered_by=by)
    except explanations.ExplanationError as error:
        stop(str(error), REFUSED)
    console = telling.screen()
    console.print(f"The explanation of {rule} is {'accepted' if given.is_accepted else 'refused'}.")
    console.print("Next: [bold]waymark run[/]")


@app.command()
@plainly
def certify(
    district: Annotated[str, typer.Option(help="The district that certifies what the state holds of it.")],
    year: Annotated[int, typer.Option(min=1900, max=2200, help="The school year, by the year it ends.")],
    name: Annotated[str | None, typer.Option(help="Who signs. The name is published.")] = None,
    title: Annotated[str | None, typer.Option(help="The office of who signs, such as Superintendent.")] = None,
) -> None:
    """Sign for a district that the files in force of a school year are its records, and write the receipt.

    Only what is ready to certify can be. Without a name and a title it shows what would be signed, and signs nothing.
    A later submission takes the place of what was signed, and is certified again.

    Examples:

        waymark certify --district 0470 --year 2025

        waymark certify --district 0470 --year 2025 --name "J. Ortiz" --title Superintendent
    """
    from submissions import certification, custody

    if (name is None) != (title is None):
        raise typer.BadParameter("give both --name and --title, or neither")
    place, console = settings.enter(), telling.screen()
    submission = custody.submissions_in_force(place.store, year).get(district)
    try:
        wanted = certification.prepare(place.store, submission)
        telling.to_certify(console, wanted, place.store.feedback / wanted.submission_id)
        if name is None:
            console.print("Nothing is signed yet: to sign, give --name and --title.")
            return
        signed, is_new = certification.certify(place.store, submission, name=name, title=title)
    except certification.CertificationError as error:
        stop(f"District {district}, {year}: {error}", REFUSED)
    telling.certified(console, signed, certification.receipt_of(place.store, signed), is_new)
    console.print("Next: [bold]waymark publish[/]")


@app.command()
@plainly
def rules(
    out: Annotated[Path, typer.Option(help="The folder to write rules.json, rules.html and a page for each.")],
) -> None:
    """Write the catalogue of all rules: what each finds, why, how to fix it, and when it is acceptable.

    Example:

        waymark rules --out rules
    """
    from submissions import rule_catalogue

    files = rule_catalogue.write(out)
    telling.screen().print(f"{len(files)} files in {escape(str(out))}")


@app.command()
@plainly
def run(
    district: Annotated[
        list[str] | None, typer.Option(help="Screen it again though nothing of its has changed. Can be repeated.")
    ] = None,
) -> None:
    """Screen what is new, then build the warehouse from all that is accepted.

    A refused district keeps its last accepted version and does not stop the others. The warehouse changes at once,
    when the build is complete.

    Examples:

        waymark run

        waymark run --district 0470 --district 0010
    """
    from submissions import crew, custody, screening, waivers

    began, console = time.monotonic(), telling.screen()
    place = settings.enter()
    settings.hold(place)
    in_force = {year: custody.submissions_in_force(place.store, year) for year in custody.school_years(place.store)}
    if not in_force:
        raise CannotRunError("Nothing has been received yet. Run `waymark receive FOLDER` first.")
    unknown = set(district or ()) - {name for districts in in_force.values() for name in districts}
    if unknown:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} has no submission in force", param_hint="--district")
    try:
        waivers.waivers(place.store)
    except waivers.WaiverError as error:
        console.print(f"[yellow]![/] Nothing is waived: {escape(str(error))}.")
    _start(console)
    from orchestration.defs import intake

    with crew.kept():
        for year, districts in in_force.items():
            named = sorted(set(district or ()) & set(districts))
            if not named and screening.is_current(place.store, year):
                console.print(f"{year}: nothing has changed since it was screened.")
                continue
            config = {"ops": {"door": {"config": {"districts": named}}}}
            _or_stop(place, _job(console, place, "intake", f"{year}: ", partition=str(year), config=config))
    _or_stop(place, _job(console, place, "build"))
    telling.accounts(console, *intake.accounts(place.store))
    console.print(f"Feedback for districts is in {escape(str(place.store.feedback))}.")
    build = warehouse.facts(place)["build"]
    _state_team(console, place)
    console.print(f"Build [bold]{build}[/] is current, after {time.monotonic() - began:.0f} seconds.")
    console.print("Next: [bold]waymark publish[/]")


@app.command()
@plainly
def publish(
    acknowledge: Annotated[
        list[str] | None,
        typer.Option(help="A warning that may stand, by its name. Can be repeated.", metavar="WARNING"),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who acknowledges it: a name and an office. It is published.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it may stand. It is published.")] = None,
    acknowledgements: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The same for several: a CSV file with warning, by and reason."),
    ] = None,
) -> None:
    """Test the current build against the promises of a release, and publish it when all of them hold.

    An error blocks publication. A warning does until someone acknowledges it for this build, with a name and a reason;
    both are published with the release. Readers see the old release or the new one, never a mixture. Data that have not
    changed make no new release.

    Examples:

        waymark publish

        waymark publish --acknowledge the_state_moves_plausibly --by "J. Ortiz, data office" --reason "New test in 2026"
    """
    console = telling.screen()
    said = _acknowledged(acknowledge or [], by, reason, acknowledgements)
    place = settings.enter()
    settings.hold(place)
    folder = warehouse.current(place)
    _start(console)
    from expectations.releases.checklist import broken
    from orchestration import gate
    from reports.release import current_release

    if said:
        gate.acknowledge(folder, said)
    before = current_release(place.releases)
    outcome = _job(console, place, "publish")
    if not (outcome.success or outcome.stopped_by_check):
        _or_stop(place, outcome)
    results = json.loads((folder / warehouse.GATE).read_text())
    telling.promises(console, broken(results, "error"), broken(results, "warning"), results)
    telling.not_raised(console, {one.expectation for one in said}, results)
    _state_team(console, place)
    if outcome.stopped_by_check:
        stop("The release gate blocked publication. What was published before is unchanged.", GATE)
    release = current_release(place.releases)
    kept = "holds these data already and is kept" if release == before else "is published"
    console.print(f"Release [bold]{release.name}[/] {kept}.")
    console.print(f"Pages: {escape(str(place.releases / 'current' / 'site' / 'index.html'))}", soft_wrap=True)
    console.print("To read them: [bold]waymark serve[/]")


def _acknowledged(names: list[str], by: str | None, reason: str | None, file: Path | None) -> list:
    """Give what is acknowledged on the line and in the file; each has a name and a reason."""
    from expectations.releases.checklist import Acknowledgement

    if names and not (by and by.strip() and reason and reason.strip()):
        raise typer.BadParameter("say who acknowledges it (--by) and why (--reason)", param_hint="--acknowledge")
    given = [Acknowledgement(name, by, reason) for name in names]
    if file:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        if any(not all((row.get(name) or "").strip() for name in ("warning", "by", "reason")) for row in rows):
            raise typer.BadParameter("every line has a warning, by and a reason", param_hint="--acknowledgements")
        given += [Acknowledgement(row["warning"], row["by"], row["reason"]) for row in rows]
    return given


@app.command()
@plainly
def explain(
    entity: Annotated[str, typer.Argument(help="The id of a school or district, or `state`.")],
    indicator: Annotated[str, typer.Argument(help="The short name of an indicator, such as academic_achievement.")],
    group: Annotated[str, typer.Argument(help="The code of a student group.")] = "ALL",
    level: Annotated[
        Literal["school", "district", "state"] | None, typer.Option(help="Where a school and a district have one id.")
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="The folder of a release; by default the current one."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON, for programs.")] = False,
) -> None:
    """Say where published numbers come from: the formula's page, policy, models, and submissions, by their checksums.

    It reads the release and nothing else, so anyone who has a release can ask; no record of a student is in it.

    Examples:

        waymark explain 0470 academic_achievement

        waymark explain 0063 test_participation EL --release releases/1.0.0 --json
    """
    from reports.provenance import NotThereError
    from reports.provenance import explain as explained
    from reports.release import current_release

    folder = release or current_release(settings.home().releases)
    if folder is None:
        raise CannotRunError("There is no release yet. Run `waymark publish` first.")
    try:
        told = explained(folder, entity, indicator, group, level)
    except NotThereError as error:
        stop(str(error), REFUSED)
    console = telling.screen()
    if as_json:
        console.print_json(data=told)
    else:
        telling.provenance(console, told)


@app.command()
@plainly
def verify(
    release: Annotated[Path, typer.Argument(help="The folder of a release, or the receipt of a certification.")],
    files: Annotated[
        Path | None, typer.Argument(help="For a receipt: the folder of the files that were certified.", exists=True)
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The public key of who signs, from elsewhere than the release.", exists=True)
    ] = None,
) -> None:
    """Check that a release is what was published: every byte, the signature, and the proofs that nothing hidden shows.

    Needs the folder of the release and nothing else: no network, no home, no solver. A district checks in the same way
    that its files are those that its receipt of a certification names.

    Exit codes: 0 everything holds · 1 something does not · 3 there is no release to check.

    Examples:

        waymark verify data/releases/current

        waymark verify 2025-0470-1f2e3d4c5b6a-certified-31.json sent/0470
    """
    if release.is_file():
        return _verify_receipt(release, files)
    from reports.proofs import certified
    from reports.verify import verify_release

    if files:
        raise typer.BadParameter("a release is checked by itself; files are checked against a receipt")
    if not release.is_dir():
        raise CannotRunError(f"There is no folder {release}.")
    console = telling.screen()
    faults = verify_release(release.resolve(), key)
    for fault in faults[:FAULTS_TOLD]:
        console.print(f"! {escape(fault)}", style="red", soft_wrap=True)
    if len(faults) > FAULTS_TOLD:
        console.print(f"  and {len(faults) - FAULTS_TOLD:,} more", style="red")
    if faults:
        stop("The release does not hold.", REFUSED)
    if (release / "certificates").is_dir():
        hidden, proven = certified(release)
        console.print(f"{proven:,} of {hidden:,} hidden numbers have a certificate that nobody can work them out.")
    console.print("Everything in the release holds.")


def _verify_receipt(receipt: Path, folder: Path | None) -> None:
    """Hold the files of a folder against a receipt, and end with what differs."""
    from submissions.certification import check_receipt

    if folder is None or not folder.is_dir():
        raise typer.BadParameter("name the folder of the files that were certified", param_hint="FILES")
    faults = check_receipt(receipt, sorted(filter(Path.is_file, folder.iterdir())))
    for fault in faults[:FAULTS_TOLD]:
        telling.screen().print(f"! {escape(fault)}", style="red", soft_wrap=True)
    if faults:
        stop("The files are not what was certified.", REFUSED)
    telling.screen().print("The files are those that were certified, and the receipt is as it was written.")


@app.command()
@plainly
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    operations: Annotated[bool, typer.Option("--operations", help="The private pages of the state team.")] = False,
) -> None:
    """Serve the pages of the current release to a browser on this machine.

    With --operations it is the state team's private pages, and what districts read. Whoever is logged in on this
    machine can read them meanwhile; opened from disk, they are yours alone.

    Examples:

        waymark serve --port 8080

        waymark serve --operations
    """
    from orchestration import serving

    place = settings.home()
    site, beside = place.releases / "current" / "site", {}
    if operations:
        site, beside = place.operations, {"feedback": place.store.feedback}
    if not (site / "index.html").exists():
        what = "are no pages of the state team" if operations else "is no release"
        raise CannotRunError(f"There {what} in {place.root}. Run `waymark {'run' if operations else 'publish'}` first.")
    with serving.server(site, port, beside, None if operations else place.releases) as server:
        telling.screen().print(f"http://{serving.ADDRESS}:{server.server_address[1]}/  (stop with Ctrl-C)")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


@app.command("pdf")
@plainly
def print_profiles(
    places: Annotated[list[str], typer.Argument(help="state, district/ID or school/ID, one or more.")],
    language: Annotated[str, typer.Option(help="en or es.")] = "en",
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path("pdf"),
) -> None:
    """Print profiles of the current release as tagged PDF.

    Example:

        waymark pdf state district/0100 --language es --out pdf
    """
    from reports.pdf import MissingLibraryError, print_pages

    site = settings.home().releases / "current" / "site"
    pages = [f"{language}/{place}/index.html" for place in places]
    if missing := [page for page in pages if not (site / page).is_file()]:
        raise CannotRunError(f"The current release has no page {', '.join(missing)}.")
    try:
        written = print_pages(site, pages, out)
    except MissingLibraryError as error:
        raise CannotRunError(str(error)) from None
    for file in written:
        telling.screen().print(escape(str(file)), soft_wrap=True)


@app.command()
@plainly
def console(port: Annotated[int, typer.Option(min=1, max=65535)] = 3000) -> None:
    """Open the state team's console in Dagster's pages, on this machine alone: runs, assets, checks, the sensor.

    Example:

        waymark console --port 3001
    """
    place = settings.enter()
    settings.ensure_manifest()
    with contextlib.suppress(CannotRunError):
        settings.hold(place)
        _close_dead_runs()
    os.chdir(settings.ROOT)
    where = ["--workspace", "workspace.yaml", "--host", "127.0.0.1", "--port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "dagster", "dev", *where])


@sample_app.command("star")
@plainly
def sample_star(
    out: Annotated[Path | None, typer.Option(help="Where to write. By default samples/star in the home.")] = None,
) -> None:
    """Write Project STAR (Tennessee, 1985-89; 11,598 students) as one file for each district and school year.

    Example:

        waymark sample star --out data/samples/star
    """
    from submissions import samples

    console, out = telling.screen(), out or settings.home().root / "samples" / "star"
    if out.absolute().is_relative_to(settings.home().root):
        settings.enter()
    with console.status("Writing"):
        files = samples.write_star(out)
    console.print(f"{len(files)} files in {escape(str(out))}")
    console.print(f"Next: [bold]waymark receive {escape(str(out))} --mapping star[/]")


@app.command()
@plainly
def simulate(
    out: Annotated[Path, typer.Option(help="The folder to write, new or empty.")],
    students: Annotated[int, typer.Option(min=100, max=20_000_000, help="Students in the fall of each year.")] = 24_000,
    years: Annotated[int, typer.Option(min=1, max=20, help="School years.")] = 1,
    districts: Annotated[int, typer.Option(min=1, max=9_000, help="Districts, from one school to hundreds.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another state.")] = 1,
    last_year: Annotated[
        int, typer.Option(min=1990, max=2200, help="The last school year, by the year it ends.")
    ] = 2025,
    truths: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML that switches planted truths on and off.")
    ] = None,
    faults: Annotated[
        float, typer.Option(min=0, max=0.01, help="Break each of many rules in this share of the records.")
    ] = 0,
    processes: Annotated[int, typer.Option(min=1, max=64, help="They change the time and never the bytes.")] = 2,
) -> None:
    """Write a made-up state: the submissions of all its districts, and beside them what is really true.

    Nothing in it is real. The same options give the same bytes.

    Examples:

        waymark simulate --out data/samples/simulated

        waymark simulate --students 100000 --years 2 --districts 40 --seed 7 --out big
    """
    from simulation import planting
    from simulation import simulate as simulation

    if students < 20 * districts:
        raise typer.BadParameter("a district has 20 students or more", param_hint="--districts")
    try:
        settings_of_truths = planting.settings(truths)
    except planting.UnknownTruthError as error:
        raise typer.BadParameter(str(error), param_hint="--truths") from None
    console = telling.screen()
    with telling.bars(console, with_time_left=True) as progress:
        line = progress.add_task("Simulating students", total=None)
        made = simulation.simulate(
            out,
            students=students,
            years=years,
            districts=districts,
            seed=seed,
            settings=settings_of_truths,
            rate_of_faults=faults,
            processes=processes,
            last_year=last_year,
            on_progress=lambda done, total: progress.update(line, completed=done, total=total),
        )
    telling.simulated(console, made.rows, made.truths)
    if faults:
        console.print(f"Files are broken on purpose; each fault stands in {escape(str(out))}/truth/faults.csv.")
    console.print(f"Nothing in {escape(str(out))} is real; what is true of it stands in its folder truth.")
    console.print(f"Next: [bold]waymark receive {escape(str(out))}[/]")


@app.command("map")
@plainly
def map_export(
    path: Annotated[Path, typer.Argument(exists=True, help="A foreign export, or a folder of them.")],
    mapping: Annotated[str, typer.Option(help="The layout that it is in, such as star.")],
    out: Annotated[Path, typer.Option(help="Where to write <school_year>/<district_id>/<collection>.csv.")],
) -> None:
    """Write a foreign export as files of the standard layout, to look at or to correct. Nothing is received.

    Example:

        waymark map inbox/1986_district_11.csv --mapping star --out standard
    """
    import polars as pl

    from submissions import layout, reading
    from submissions import mapping as mappings

    console = telling.screen()
    found, skipped = _submissions(path, None, None, mapping)
    declared, refused = mappings.load(mapping), not found
    for one in found:
        (file,) = one.paths
        try:
            table = reading.read(file, file.name)
            notices = layout.check(table, declared, district_id=one.district_id, school_year=one.school_year)
        except reading.Refused as error:
            notices = error.notices
        if notices:
            refused = True
            telling.notices(console, f"{file.name} is refused:", notices)
            continue
        folder = out / str(one.school_year) / one.district_id
        folder.mkdir(parents=True, exist_ok=True)
        for records in layout.records(table, declared):
            standard = records.frame.drop(reading.LINE, layout.STANDS_FOR).with_columns(pl.all().replace("", None))
            standard.write_csv(folder / f"{records.collection}.csv")
        console.print(escape(str(folder)), soft_wrap=True)
    telling.left_alone(console, skipped)
    if refused:
        raise typer.Exit(REFUSED)


@app.command()
@plainly
def dictionary(
    out: Annotated[Path, typer.Option(help="Where to write the page, the table, templates/ and schemas/.")],
) -> None:
    """Write the data dictionary of the standard: columns, codes, rules, blank files, and a Table Schema for each.

    Example:

        waymark dictionary --out dictionary
    """
    from submissions import dictionary as standard

    files = standard.write(out)
    telling.screen().print(f"{len(files)} files in {escape(str(out))}, beginning with dictionary.html")


def _submissions(path: Path, district: str | None, year: int | None, mapping: str | None) -> tuple[list, list]:
    """Find what there is to take in, and what is left alone and why; a wrong wish ends the command."""
    from submissions import custody
    from submissions.mapping import MappingError, load
    from submissions.packages import is_readable

    if (district is None) != (year is None):
        raise typer.BadParameter("give both --district and --year, or neither")
    if district is not None and not re.fullmatch(r"[0-9A-Za-z_-]{1,20}", district):
        raise typer.BadParameter("a district id has letters, digits, - and _ only", param_hint="--district")
    try:
        if mapping:
            load(mapping)
    except MappingError as error:
        raise typer.BadParameter(str(error), param_hint="--mapping") from None
    if district is None:
        if path.is_file() and not mapping:
            raise typer.BadParameter("one file needs --mapping, or --district and --year")
        return custody.find_submissions(path, mapping)
    every = [path] if path.is_file() else sorted(path.iterdir())
    sent = tuple(file for file in every if file.is_file() and is_readable(file.name))
    left = [(file, _why_left(file)) for file in every if file not in sent]
    return ([custody.Found(sent, district, year)] if sent else []), left


def _expected(path: Path, district: str | None, mapping: str | None) -> str:
    """Say what a place would hold from which something can be received, and what to do."""
    if district:
        return f"We expected files such as {path / 'student.csv'}."
    if mapping:
        return f"We expected files of which the mapping {mapping} reads the names."
    return (
        f"We expected files such as {path / '2025' / '0470' / 'student.csv'}, by school year and district. "
        "Name the folder above the school years, or give --district and --year."
    )


def _why_left(path: Path) -> str:
    from submissions.packages import is_readable

    if path.is_dir():
        return "it is a folder"
    if path.is_file() and is_readable(path.name.lower()):
        return f"its name is not in small letters, such as {path.name.lower()}"
    return "it is of a kind that we do not read" if path.is_file() else "it leads to no file"


def _start(console: Console) -> None:
    """Load what the jobs are made of. All of it stays, so to look for garbage meanwhile is a sixth of the time lost."""
    with console.status("Starting"):
        settings.ensure_manifest()
        gc.disable()
        try:
            importlib.import_module("orchestration.definitions")
        finally:
            gc.enable()


def _job(console: Console, place: Home, job: str, label: str = "", **arguments: Any) -> "Outcome":
    """Run a job of the house with a line for each step."""
    from orchestration import runs

    with telling.bars(console) as progress:
        steps = telling.Steps(progress, label)
        outcome = runs.execute(place, job, steps.show, **arguments)
        if outcome.success:
            steps.finish()
    return outcome


def _state_team(console: Console, place: Home) -> None:
    """Write the private pages anew; where that fails, say so, for what was asked for is done."""
    outcome = _job(console, place, "state_team")
    for sentence in outcome.failures:
        console.print(f"[yellow]![/] {escape(sentence)}")
    if outcome.success:
        console.print("Beside each district's report, preview.html has its numbers as they will be published.")
        console.print(f"For the state team: {escape(str(place.operations / 'index.html'))}", soft_wrap=True)


def _close_dead_runs() -> None:
    import dagster as dg

    from orchestration.runs import close_dead_runs

    with dg.DagsterInstance.get() as instance:
        close_dead_runs(instance)


def _or_stop(place: Home, outcome: "Outcome") -> None:
    if not outcome.success:
        told = outcome.failures or ("The run did not finish.",)
        stop("\n".join([*told, f"What was current before is unchanged. More is in {place.log}."]), CANNOT_RUN)
