"""What the strict gate may say of a file, in words, and how much one file may ask of the machine that reads it.

Nothing is read or judged here. A message names lines and counts, and never a value of a student.
"""

from dataclasses import dataclass

from expectations.notices import INFORMATION, MUST_FIX, Notice

_EXPORT_AGAIN = "Export the file again and send it."
RULES = {
    "FIL-001": ("The file is empty", _EXPORT_AGAIN),
    "FIL-002": (
        "The file is too large",
        "Send the district and the year alone, or ask the state team to raise the limit.",
    ),
    "FIL-003": (
        "The file is of a kind that we do not read",
        "Save it as CSV UTF-8, plain or packed with gzip, as an Excel workbook (.xlsx) or as Parquet.",
    ),
    "FIL-004": ("The file is damaged", "The upload may have been cut short. Write the file again and resend."),
    "FIL-005": ("The file unpacks to more than is allowed", "Send the district and the year alone."),
    "FIL-006": ("The text is not UTF-8", "Save the file as CSV UTF-8 and send it again."),
    "FIL-007": (
        "The file holds a control character",
        "Remove the character in your information system and export again.",
    ),
    "FIL-008": ("The line endings differ within the file", "Export again in one step; do not join files by hand."),
    "FIL-009": (
        "The last line does not end",
        "The file may have been cut short. Export it again and send the whole file.",
    ),
    "FIL-010": ("A line is too long", "Check the line for a missing line break and export again."),
    "FIL-011": ("A quotation mark is never closed", "Close it, or double it where it belongs to the value."),
    "FIL-012": (
        "A quotation mark stands inside a value",
        "Put the value in quotation marks and double the one inside.",
    ),
    "FIL-013": ("A value runs over more than one line", "Remove the line break from the value and export again."),
    "FIL-014": ("A row has too few fields", "Check the row for a missing comma or a line break, and export again."),
    "FIL-015": ("A row has too many fields", "Put values that hold a comma in quotation marks, and export again."),
    "FIL-016": ("A value is too long", "Check the row for a value that swallowed others, and shorten it."),
    "FIL-017": (
        "The first line does not name the columns",
        "Put the column names, and nothing above them, on line 1, with one comma between fields and none at the end.",
    ),
    "FIL-018": ("Two columns have the same name", "Give each column its own name; capital letters make no difference."),
    "FIL-019": ("A column has no name", "Name the column or remove it."),
    "FIL-020": ("The file holds no records", "Export the file again; it holds the column names alone."),
    "FIL-021": ("Blank lines were skipped", "Nothing to do. If records are missing, export the file again."),
    "FIL-022": ("The file could not be read safely", "Nothing to do. The state team must look into it."),
    "FIL-023": (
        "Accents are written apart from their letters",
        "Nothing is needed. The value was kept as it came; other systems may not find it by its name.",
    ),
    "FIL-024": (
        "A value holds characters that cannot be seen",
        "Check the line for text pasted from a page or a document. The value was kept as it came.",
    ),
    "FIL-025": (
        "A word mixes alphabets",
        "Check the line for letters that only look alike. The value was kept as it came.",
    ),
    "FIL-026": (
        "The archive holds something that we do not open",
        "Put CSV or Parquet files alone into the archive, with plain names and without folders or a password.",
    ),
    "FIL-027": (
        "The workbook is more than one plain table",
        "Copy the values alone into a new workbook with one sheet, and send that, or save it as CSV UTF-8.",
    ),
    "FIL-028": (
        "The workbook does not hold what it shows",
        "Format the column as text, enter the values again from your information system, and send it.",
    ),
    "FIL-029": ("Dates of the workbook were written as text", "Nothing to do. They were written YYYY-MM-DD."),
    "FIL-030": (
        "The Parquet file has columns that we do not read",
        "Write every column as text, whole numbers, decimals or dates, without nesting.",
    ),
}
_TOLD_ALONE = frozenset({"FIL-021", "FIL-023", "FIL-024", "FIL-025", "FIL-029"})
"""What does not keep a file out."""


@dataclass(frozen=True)
class Limits:
    """How much one file may ask of the machine that reads it."""

    file_bytes: int = 512 * 2**20
    unpacked_bytes: int = 1024 * 2**20
    line_bytes: int = 64 * 2**10
    value_characters: int = 1_000
    archive_files: int = 1_000
    packed_ratio: int = 100


USUAL = Limits()


class Refused(Exception):  # noqa: N818 - a refusal is a result and no error of the program
    """A file or a submission cannot be taken in; `notices` say why, without any value of a student."""

    def __init__(self, notices: list[Notice]) -> None:
        self.notices = tuple(notices)
        super().__init__("; ".join(notice.message for notice in notices))


class Problems(Exception):  # noqa: N818
    """What is wrong with the file at hand, whose name is known elsewhere: rule, message, line, count."""

    def __init__(self, *found: tuple) -> None:
        self.found = found


def notice(name: str, rule: str, message: str, line: int | None = None, count: int = 1) -> Notice:
    """Word a finding about a file."""
    title, fix = RULES[rule]
    severity = INFORMATION if rule in _TOLD_ALONE else MUST_FIX
    return Notice(
        rule=rule, severity=severity, file=name, line=line, title=title, message=message, fix=fix, count=count
    )


def first(rule: str, at: list[int], one: str, many: str) -> tuple:
    """Word a fault that stands on the lines `at`; the sentences may name `{line}`, the first, and `{count}`."""
    line, count = int(at[0]), len(at)
    message = (one if count == 1 else many).format(line=f"line {line:,}", count=f"{count:,}")
    return rule, message[0].upper() + message[1:], line, count
