"""Putting what a district reads back into its folder: the table, the workbook, the page and the report for programs.

What is said was decided before, and what each looks like is decided in its own module.
"""

from pathlib import Path

from submissions import findings_workbook, page, report_json
from submissions.feedback import Feedback, write_table
from submissions.store import Store, make_private, write_together


def deliver(store: Store, feedback: Feedback) -> Path:
    """Write the four files of a submission, over those of an earlier screening, and give their folder."""
    folder = make_private(store.feedback / feedback.submission.submission_id)
    with write_together(store.root) as lend:
        write_table(feedback, lend(folder / "findings.csv"))
        lend(folder / "findings.xlsx").write_bytes(findings_workbook.write(feedback))
        lend(folder / "report.html").write_text(page.render(feedback), encoding="utf-8")
        lend(folder / "report.json").write_text(report_json.write(feedback), encoding="utf-8")
    return folder
