"""What a release says to people in files of text: how to read it, what changed, and how to cite it."""

from collections.abc import Mapping, Sequence

import polars as pl

from reports.catalogue import Publisher
from reports.contents import Contents, dictionary
from reports.descriptions import LICENSE, TITLE, described

CAUSES = {
    "submission_received": "a submission that was not there before",
    "submission_corrected": "a submission was corrected",
    "rule_changed": "a rule of the checks on submissions changed",
    "policy_changed": "a policy number changed",
    "code_changed": "a formula or the code changed",
    "not_known": "not known",
}


def readme(contents: Contents, version: str) -> str:
    """Say what stands in the release and how to read it."""
    files = "\n".join(f"| `data/{file}.csv` | {about['description']} |" for file, about in dictionary().items())
    return f"""# {TITLE}, release {version}

{described(f"Results of schools, districts and the state, {contents.years}.", version)}

## What is here

| File | What it holds |
|---|---|
{files}
| `data/values.parquet` | The rows of values.csv of all years, typed. Text stands there without the apostrophe. |
| `data/<school year>/<level>.csv`, `.xlsx` | The same rows in parts that a spreadsheet opens. In XLSX ids are text. |
| `data/changes.csv` | What is not as it was in the release before, with the cause. |
| `data/datapackage.json` | The dictionary for programs: columns, types, meanings, keys and links between files. |
| `data/*.csv-metadata.json` | The same for CSV on the Web, with the names of columns in English and Spanish. |
| `data/provenance.json` | The checksums of all that the release was made of: submissions, policies, models, code. |
| `data.json`, `data-v1.1.json` | The entry for data catalogues, DCAT-US 3.0 and 1.1. |
| `api/v1/` | The same as static JSON; `api/v1/openapi.json` describes it. |
| `methodology/` | How each indicator is measured, one page each. |
| `certificates/` | The proof that what is hidden cannot be worked back; `waymark verify` checks it. |
| `gate/` | The checks that this release went through, and who acknowledged which warning. |
| `site/` | The same numbers as pages; open `site/index.html`. |
| `statement.dsse.json`, `signing-key.pub.pem` | The signed statement over all files and what made them; the key. |
| `checksums.sha256` | The SHA-256 of every file; check with `sha256sum -c checksums.sha256`. |

## How to read it

* A number or the reason why there is none: `value` is a number or empty, `value_status` says which. Empty is not zero.
* A number that would tell about single students is hidden, and so is every number from which it could be worked out.
  One status, `suppressed`, stands for all of them.
* Where the status is `range`, the value lies between `low_bound` and `high_bound`; an empty bound is open.
* A school year is named by the year in which it ends: 2025 is 2024–25.
* Ids are text; keep their leading zeros. In a spreadsheet, open the XLSX files, or import CSV files as text in UTF-8.
* In the CSV files text that begins with = + - @ has an apostrophe before it, so that no spreadsheet runs it.
* A student who changed schools counts once in the district: districts are not sums of their schools.
* The likely range says how far a number could be off by chance. Ranges that meet do not show a difference.

## To check it

`waymark verify` reads a release and says whether every byte is as it was signed; `waymark explain 0470 INDICATOR` says
what a number was made of. Neither needs a network. Versions are semantic: the first number changes when a column, a
measure or its meaning does, the second when a year or anything else is new, the third when values are corrected.
`changes.csv`, applied to the release before, gives this one.

## Licence and citation

{LICENSE["title"]} ({LICENSE["path"]}).

{TITLE}, release {version}, school years {contents.years}.
"""


def changelog(
    version: str, reasons: Sequence[str], changed: pl.DataFrame | None, before: str | None, earlier: str
) -> str:
    """Put what changed in a release before what earlier releases say of themselves."""
    lines = [f"## {version}", ""]
    if changed is None:
        lines.append("The first release.")
    else:
        lines += [f"* {sentence}" for sentence in reasons]
        for kind, words in (
            ("added", "results are new"),
            ("removed", "results are gone"),
            ("changed", "results changed"),
        ):
            rows = changed.filter(pl.col("change") == kind)
            if rows.height:
                lines.append(f"* {rows.height:,} {words} since {before}{_causes(rows)}.")
    entries = earlier.partition("\n## ")[2]
    return "\n".join(["# Changes", "", *lines, ""]) + (f"\n## {entries}" if entries else "")


def citation(contents: Contents, version: str, publisher: Publisher) -> str:
    """Give the citation in the Citation File Format."""
    return f"""cff-version: 1.2.0
type: dataset
message: "Please cite the release that you used."
title: "{TITLE}, {contents.years}"
abstract: "{described("Results of schools, districts and the state.", version)}"
version: "{version}"
license: {LICENSE["name"]}
url: "{publisher.url}"
authors:
  - name: {_quoted(publisher.name)}
keywords: [education, accountability, schools]
"""


def _causes(rows: pl.DataFrame) -> str:
    counts: Mapping[str, int] = dict(
        rows["cause"].value_counts(sort=True).sort("count", "cause", descending=[True, False]).rows()
    )
    told = [
        f"{count:,} because {' and '.join(CAUSES[one] for one in cause.split(';'))}" for cause, count in counts.items()
    ]
    return f": {'; '.join(told)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
