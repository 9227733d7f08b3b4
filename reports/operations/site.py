"""The state team's pages: from the `ops_` tables to a folder that opens from disk. Nothing is worked out here.

The style is that of the public site with a sheet of its own. Every page is whole without scripts and asks for nothing
but its own style; a page names districts, rules, verdicts and counts, and no student.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from jinja2 import Environment
from markupsafe import Markup

from reports import words
from reports.operations import calendar, grid
from reports.rendering import as_code, templates_in

ROOM = Path(__file__).parent
STATIC = ROOM.parent / "static"
LISTED = 25
"""How many districts or events a page of the day lists."""
EVENTS, RUNS = 500, 50
DOUBTED, OF_AT_LEAST = 0.8, 5
"""A rule is doubted where this share of the districts that break it, and at least so many, have explained it."""
QUIET_DAYS = 14
SLOW_TIMES, SLOW_SECONDS = 2, 10
"""A step is slow that takes so many times as long as it usually does, and so many seconds more."""
_Page = tuple[str, str, dict[str, Any]]


def write_pages(
    tables: Mapping[str, pl.DataFrame], folder: Path, now: datetime | None = None, simulated: bool = False
) -> Path:
    """Write all pages into a folder that is not there yet, and return the first.

    Every page says so where any record that was received is `simulated`.
    """
    (folder / "static").mkdir(parents=True)
    for file in (*sorted((ROOM / "static").iterdir()), STATIC / "site.css", STATIC / "icon.svg"):
        shutil.copyfile(file, folder / "static" / file.name)
    maker = _Maker(tables, now or datetime.now(UTC), folder, simulated)
    for path, template, contents in maker.pages():
        maker.write(path, template, contents)
    return folder / "index.html"


class _Maker:
    """What makes the pages of one moment."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], now: datetime, folder: Path, simulated: bool) -> None:
        self.tables, self.now, self.folder, self.simulated = tables, now, folder, simulated
        self.years = sorted(tables["ops_standing"]["school_year"].unique(), reverse=True)
        self.year = self.years[0] if self.years else None
        self.districts = {row["district_id"]: row for row in tables["ops_district"].iter_rows(named=True)}
        self.titles = dict(tables["ops_rule"].select("rule", "title").iter_rows())
        self.templates = self._templates()

    def pages(self) -> Iterator[_Page]:
        """Give every page: its path, its template and what it shows."""
        yield "index.html", "today.html", self._today()
        for year in self.years:
            yield f"districts/{year}/index.html", "districts.html", self._grid(year)
            yield f"rules/{year}/index.html", "rules.html", self._rules(year)
        yield from self._each_district()
        yield from self._each_rule()
        yield "review/index.html", "review.html", self._review()
        yield "calendar/index.html", "calendar.html", self._calendar()
        yield "pipeline/index.html", "pipeline.html", self._pipeline()
        yield "release/index.html", "release.html", self._release()
        yield "corrections/index.html", "corrections.html", self._corrections()
        yield "audit/index.html", "audit.html", self._audit()
        yield "alerts/index.html", "alerts.html", {"alerts": list(self._alerts())}

    def write(self, path: str, template: str, contents: Mapping[str, Any]) -> None:
        """Write one page."""
        root = "../" * path.count("/")
        page = self.templates.get_template(template).render(root=root, **contents)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8", newline="\n")

    # ---- today ----

    def _today(self) -> dict[str, Any]:
        standing, arrivals = self.tables["ops_standing"], self.tables["ops_arrival"]
        stuck = grid.in_order_of_need(standing.filter(pl.col("stuck").is_not_null())).sort(
            "last_sent", maintain_order=True
        )
        since = self.tables["ops_event"].filter(pl.col("at") > self.now - timedelta(days=1)).reverse()
        return {
            "arrival": next(arrivals.filter(pl.col("school_year").eq_missing(self.year)).iter_rows(named=True), None),
            "counts": list(self._counts()),
            "has_calendar": self.tables["ops_due"].height > 0,
            "troubles": list(self._troubles()),
            "clusters": self._clusters(),
            "quiet": QUIET_DAYS,
            "stuck": stuck.head(LISTED).to_dicts(),
            "all_stuck": stuck.height,
            "by_year": self._by_year,
            "news": since.head(LISTED).to_dicts(),
            "news_counts": since["event"].value_counts(sort=True).to_dicts(),
        }

    def _counts(self) -> Iterator[dict[str, Any]]:
        """Give the numbers of the day, each with the place where its districts stand."""
        standing, now = self.tables["ops_standing"], pl.col("school_year").eq_missing(self.year)
        has_calendar = self.tables["ops_due"].height > 0
        here = f"districts/{self.year}/index.html"
        waiting = self.tables["ops_explanation"].filter(pl.col("answer").is_null()).height
        for label, found, path in (
            ("due within a week", standing.filter(now, pl.col("due_soon") > 0).height if has_calendar else None, here),
            (
                "overdue",
                standing.filter(now, pl.col("overdue") > 0).height if has_calendar else None,
                f"{here}?state=overdue",
            ),
            ("stuck with us", standing.filter(pl.col("stuck") == "ours").height, "#stuck"),
            ("stuck with a district", standing.filter(pl.col("stuck") == "theirs").height, "#stuck"),
            ("explanations wait for the state", waiting, "review/index.html"),
            ("ready to certify", standing.filter(now, pl.col("state") == "ready").height, f"{here}?state=ready"),
        ):
            yield {"label": label, "number": found, "path": path}

    def _alerts(self) -> Iterator[dict[str, Any]]:
        """Give what can be wrong, each with how often it is so now."""
        now = {one["label"]: one["number"] for one in self._counts()}
        found = Counter(one["alert"] for one in self._troubles()) | Counter({"cluster": len(self._clusters())})
        for one in yaml.load((ROOM / "alerts.yml").read_text(encoding="utf-8"), yaml.CSafeLoader):
            yield one | {"now": (now[one["count"]] if "count" in one else found[one["id"]]) or 0}

    def _troubles(self) -> Iterator[dict[str, str]]:
        """Say what is wrong with the house itself, each with the alert that it is."""
        for sentence in self.tables["ops_trouble"]["sentence"]:
            yield {"alert": "file", "text": sentence}
        for run in self.tables["ops_run"].unique("job", keep="first", maintain_order=True).iter_rows(named=True):
            if run["status"] == "failure":
                yield {
                    "alert": "run",
                    "text": f"The last run of {run['job']} failed ({run['run_id']}): see the console.",
                }
        for one in self.tables["ops_gate"].filter("is_open", severity="error").iter_rows(named=True):
            text = f"The release gate blocks the current build: {one['title']} ({one['observed']})."
            yield {"alert": "gate", "text": text}

    def _clusters(self, year: int | None = None) -> list[dict[str, Any]]:
        found = (
            self.tables["ops_vendor_rule"].filter("is_cluster").sort("school_year", "chance", descending=[True, False])
        )
        rows = found.filter(pl.col("school_year") == year) if year else found
        return [row | {"title": self.titles[row["rule"]]} for row in rows.iter_rows(named=True)]

    @cached_property
    def _by_year(self) -> list[dict[str, Any]]:
        counted = defaultdict(Counter)
        for year, state, stuck in self.tables["ops_standing"].select("school_year", "state", "stuck").iter_rows():
            counted[year].update([state, "all", *(["stuck"] if stuck else [])])
        return [
            {"school_year": year, "stuck": counted[year]["stuck"], "all": counted[year]["all"]}
            | {state: counted[year][state] for state in grid.STATES}
            for year in self.years
        ]

    # ---- districts ----

    def _grid(self, year: int) -> dict[str, Any]:
        own = pl.col("school_year") == year
        standing = grid.in_order_of_need(self.tables["ops_standing"].filter(own))
        cells, due = self.tables["ops_cell"].filter(own), self.tables["ops_due"].filter(own)
        columns = sorted({*cells["collection"], *due["collection"]})
        late = self._overdue(standing, cells, due)
        path = self.folder / "districts" / f"{year}.csv"
        path.parent.mkdir(exist_ok=True)
        in_cells = [column for column in columns if column in set(cells["collection"])]
        grid.write_csv(path, standing, cells, in_cells, self.tables["ops_district"])
        return {
            "here": year,
            "standing": standing,
            "columns": columns,
            "vendors": sorted({row["vendor"] for row in self.districts.values() if row["vendor"]}),
            "parts_of_grid": list(grid.parts(standing, cells, late, columns, self.districts, self.now, "../../")),
        }

    def _overdue(self, standing: pl.DataFrame, cells: pl.DataFrame, due: pl.DataFrame) -> set[tuple[str, str]]:
        late = due.filter(pl.col("due_on") < self.now.date())
        everyone = late.filter(pl.col("district_id").is_null()).select("collection")
        own = due.filter(pl.col("district_id").is_not_null()).select("district_id", "collection")
        asked = standing.select("district_id").join(everyone, how="cross").join(own, on=own.columns, how="anti")
        asked = pl.concat([asked, late.select(own.columns).drop_nulls()])
        return set(asked.join(cells, on=["district_id", "collection"], how="anti").iter_rows())

    def _each_district(self) -> Iterator[_Page]:
        attempts = self._of_each("ops_submission", ["received_at", "school_year"], descending=True)
        standing = self._of_each("ops_standing", "school_year", descending=True)
        hits = self._of_each("ops_hit", "school_year", descending=True)
        cells = self._of_each("ops_cell", "collection")
        said, waived = self._of_each("ops_explanation", "explained_on"), self._of_each("ops_waiver", "approved_on")
        signed = self._of_each("ops_certification", "certified_at")
        severities = dict(self.tables["ops_rule"].select("rule", "severity").iter_rows())
        rank = {severity: place for place, severity in enumerate(("must_fix", "explain", "information"))}
        for district_id, about in self.districts.items():
            found = [
                one | {"title": self.titles[one["rule"]], "severity": severities[one["rule"]]}
                for one in hits[district_id]
            ]
            own, sent = cells[district_id], attempts[district_id]
            last = max((one["school_year"] for one in own), default=None)
            yield (
                f"district/{district_id}/index.html",
                "district.html",
                {
                    "id": district_id,
                    "name": about["district_name"] or f"District {district_id}",
                    "vendor": about["vendor"],
                    "links": list(_links(sent)),
                    "standing": standing[district_id],
                    "attempts": sent,
                    "hits": sorted(found, key=lambda one: (-one["school_year"], rank[one["severity"]], -one["count"])),
                    "cells": [one for one in own if one["school_year"] == last],
                    "cells_year": last,
                    "said": said[district_id],
                    "waived": waived[district_id],
                    "signed": signed[district_id],
                    "in_force": {one["submission_id"] for one in sent if one["is_in_force"]},
                    "files": list(self._files(sent)),
                },
            )

    def _files(self, attempts: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for one in attempts:
            if one["is_in_force"]:
                for file in self._files_of[one["submission_id"]]:
                    yield file | {"school_year": one["school_year"]}

    @cached_property
    def _files_of(self) -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for row in self.tables["ops_submission_file"].iter_rows(named=True):
            found[row["submission_id"]].append(row)
        return found

    def _of_each(self, table: str, order: str | list[str], descending: bool = False) -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for row in self.tables[table].sort(order, descending=descending, maintain_order=True).iter_rows(named=True):
            found[row["district_id"]].append(row)
        return found

    # ---- rules ----

    def _rules(self, year: int) -> dict[str, Any]:
        own = pl.col("school_year") == year
        rules = self.tables["ops_rule"].filter(own)
        doubted = rules.filter(pl.col("districts") >= OF_AT_LEAST, pl.col("explained") >= DOUBTED * pl.col("districts"))
        return {
            "here": year,
            "clusters": self._clusters(year),
            "doubted": doubted.to_dicts(),
            "rules": rules.to_dicts(),
            "shadow": self.tables["ops_shadow"].filter(own).to_dicts(),
        }

    def _each_rule(self) -> Iterator[_Page]:
        by_rule = defaultdict(lambda: {"years": [], "by_vendor": [], "hits": []})
        for name, table in (("years", "ops_rule"), ("by_vendor", "ops_vendor_rule"), ("hits", "ops_hit")):
            rows = self.tables[table].sort("school_year", descending=True, maintain_order=True)
            for row in rows.iter_rows(named=True):
                by_rule[row["rule"]][name].append(row)
        for code, found in by_rule.items():
            yield f"rule/{code}/index.html", "rule.html", {"code": code, "about": found["years"][0], **found}

    # ---- the state's own work ----

    def _review(self) -> dict[str, Any]:
        said = self.tables["ops_explanation"]
        waiting = said.filter(pl.col("answer").is_null())
        together = waiting.group_by("rule", "title", "reasons").agg(districts=pl.len()).filter(pl.col("districts") > 1)
        return {
            "waiting": waiting.to_dicts(),
            "together": together.sort("districts", "rule", descending=[True, False]).to_dicts(),
            "answered": said.filter(pl.col("answer").is_not_null()).sort("answered_on", descending=True).to_dicts(),
        }

    def _calendar(self) -> dict[str, Any]:
        due = self.tables["ops_due"]
        if due.height:
            calendar.write_ics(self.folder / "calendar" / "collections.ics", due, self.now)
        return {"days": calendar.days(due, self.tables["ops_cell"], self.tables["ops_standing"])}

    def _pipeline(self) -> dict[str, Any]:
        runs, steps = self.tables["ops_run"], self.tables["ops_step"]
        last = runs.unique("job", keep="first", maintain_order=True).sort("job")
        took = steps.with_columns(took=(pl.col("ended") - pl.col("began")).dt.total_milliseconds() / 1000)
        before = took.join(last, on="run_id", how="anti").filter(status="success")
        usual = before.group_by("job", "step").agg(usual=pl.col("took").median())
        shown = took.join(last.select("run_id"), on="run_id").join(usual, on=["job", "step"], how="left").sort("began")
        slow = (pl.col("took") > SLOW_TIMES * pl.col("usual")) & (pl.col("took") > pl.col("usual") + SLOW_SECONDS)
        of_run = shown.with_columns(is_slow=slow.fill_null(False)).partition_by("run_id", as_dict=True)
        jobs = []
        for run in last.iter_rows(named=True):
            own = of_run[run["run_id"],].to_dicts() if (run["run_id"],) in of_run else []
            jobs.append(run | {"steps": own, "failed": [one["step"] for one in own if one["status"] == "failure"]})
        return {
            "build": next(self.tables["ops_build"].iter_rows(named=True), None),
            "jobs": jobs,
            "most": steps.group_by("job").agg(pl.col("run_id").n_unique())["run_id"].max() or 0,
        }

    def _release(self) -> dict[str, Any]:
        look = (
            pl.when(pl.col("outcome") == "passed")
            .then(pl.lit("ready"))
            .when(pl.col("outcome") == "not_checked")
            .then(pl.lit("information"))
            .when(pl.col("severity") == "error")
            .then(pl.lit("must_fix"))
            .otherwise(pl.lit("explain"))
        )
        gate = self.tables["ops_gate"].with_columns(look=look)
        order = {"must_fix": 0, "explain": 1, "information": 2, "ready": 3}
        gate = gate.sort(pl.col("look").replace_strict(order, return_dtype=pl.Int64), maintain_order=True)
        return {
            "build": next(self.tables["ops_build"].iter_rows(named=True), None),
            "gate": gate.to_dicts(),
            "errors": gate.filter("is_open", severity="error").height,
            "open_warnings": gate.filter("is_open", severity="warning")["expectation"].to_list(),
            "by_year": self._by_year,
            "releases": self.tables["ops_release"].reverse().to_dicts(),
        }

    def _corrections(self) -> dict[str, Any]:
        releases, submissions = self.tables["ops_release"], self.tables["ops_submission"]
        last = releases["published_at"].max()
        again = submissions.filter(pl.col("verdict") == "accepted", pl.col("attempt") > 1, "is_in_force")
        amended = again.filter(pl.col("verdict_at") > last) if last else again.clear()
        changes = defaultdict(list)
        for row in self.tables["ops_correction"].iter_rows(named=True):
            changes[row["version"]].append(row)
        return {
            "amended": amended.sort("verdict_at", descending=True).to_dicts(),
            "changes": list(reversed(changes.items())),
        }

    def _audit(self) -> dict[str, Any]:
        events = self.tables["ops_event"]
        path = self.folder / "audit" / "events.csv"
        path.parent.mkdir(exist_ok=True)
        events.with_columns(words.guarded(pl.col(pl.String))).write_csv(path)
        return {
            "events": events.reverse().head(EVENTS).to_dicts(),
            "all_events": events.height,
            "runs": self.tables["ops_run"].head(RUNS).to_dicts(),
        }

    # ---- how things are said ----

    def _templates(self) -> Environment:
        templates = templates_in(ROOM / "templates")
        templates.globals |= {
            "now": self.now,
            "simulated": self.simulated,
            "year": self.year,
            "all_years": self.years,
            "states": grid.STATES,
            "names": {own: row["district_name"] for own, row in self.districts.items()},
        }
        templates.filters |= {
            "age": self._age,
            "code": as_code,
            "chance": lambda chance: "under 1 in 10,000" if chance < 1e-4 else f"{chance:.4f}",
            "day": lambda at: _when(f"{at:%Y-%m-%d}"),
            "moment": lambda at: _when(f"{at:%Y-%m-%d %H:%M} UTC"),
            "number": lambda count: f"{count:,}",
            "seconds": lambda took: "" if took is None else f"{took:,.1f} s",
            "plain": lambda name: name.replace("_", " "),
            "words": lambda event: event.replace("_", " "),
            "years": words.school_year,
        }
        return templates

    def _age(self, at: datetime) -> str:
        days = (self.now - at).days
        return f"{days:,} days" if days > 1 else f"{(self.now - at).total_seconds() / 3600:.0f} hours"


def _when(text: str) -> Markup:
    return Markup('<span class="when">{}</span>').format(text)


def _links(attempts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Link to what the district reads: its newest report, and its numbers as they will be published."""
    for label, has, page in (("As the district reads it", "has_report", "report"), _PREVIEW):
        newest = next((one for one in attempts if one[has]), None)
        if newest:
            yield label, f"../../../feedback/{newest['submission_id']}/{page}.html"


_PREVIEW = ("Its numbers as they will be published", "has_preview", "preview")
