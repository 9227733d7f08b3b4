"""What a mapping says: how a foreign export becomes collections of the standard, as data in `mappings/*.yaml`.

No export is known to this code; what is particular to one stands in its mapping. Nothing is applied to a table here
(`layout` does that), and nothing is typed or judged: a value that a mapping does not know passes unchanged, so that the
contract of the collection finds it.
"""

import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from expectations.collections import CONTRACTS
from expectations.collections.validation import columns_missing

FOLDER = Path(__file__).parent / "mappings"
BLANK, ANY_OTHER = "", "*"
_STEPS = ("strip_prefix", "pattern", "codes", "zero_pad", "add_prefix")


class MappingError(Exception):
    """A mapping does not say what a mapping has to say; the message names the file and the place in it."""


# --- what a mapping says


@dataclass(frozen=True)
class Value:
    """Where a value comes from and, in this order, what is done to it. Blank stays blank unless `codes` names it."""

    column: str | None = None
    constant: str | None = None
    strip_prefix: str | None = None
    pattern: str | None = None
    codes: dict[str, str] | None = None
    zero_pad: int | None = None
    add_prefix: str | None = None

    def expression(self) -> pl.Expr:
        """Build the expression over the columns of the export."""
        if self.column is None:
            return pl.lit(self.constant)
        value = pl.col(self.column)
        if self.strip_prefix:
            value = value.str.strip_prefix(self.strip_prefix)
        if self.pattern:
            value = pl.coalesce(value.str.extract(f"^(?:{self.pattern})$", 1), value)
        if self.codes is not None:
            known = {code: meaning for code, meaning in self.codes.items() if code != ANY_OTHER}
            if ANY_OTHER in self.codes:
                value = value.replace_strict({BLANK: BLANK} | known, default=pl.lit(self.codes[ANY_OTHER]))
            else:
                value = value.replace(known)
        if self.zero_pad:
            value = pl.when(value.str.contains(r"^[0-9]+$")).then(value.str.zfill(self.zero_pad)).otherwise(value)
        if self.add_prefix:
            value = pl.when(value == BLANK).then(value).otherwise(pl.lit(self.add_prefix) + value)
        return value

    def of(self, text: str) -> str:
        """Do to one text what is done to the values of the column."""
        return pl.select(pl.lit(text).alias(self.column)).select(self.expression()).item()


@dataclass(frozen=True)
class Where:
    """Which rows of the export are records at all. A value neither kept nor left makes no record, and is told."""

    value: Value
    keep: tuple[str, ...]
    leave: tuple[str, ...]

    def expressions(self) -> tuple[pl.Expr, pl.Expr]:
        """Build two masks: the rows that are kept, and the rows that the mapping knows."""
        value = self.value.expression()
        kept, left = value.is_in(self.keep), value.is_in(self.leave)
        other = (value != BLANK) & ~kept & ~left
        if ANY_OTHER in self.keep:
            kept = kept | other
        return kept, (kept | left | other) if ANY_OTHER in self.leave else kept | left


@dataclass(frozen=True)
class Record:
    """One record that a row of the export makes: its values by column of the collection."""

    values: dict[str, Value]
    where: Where | None


@dataclass(frozen=True)
class Mapping:
    """A mapping, checked."""

    name: str
    sha256: str
    title: str
    file_name: re.Pattern
    district_id: Value
    school_year: Value
    collections: dict[str, tuple[Record, ...]]
    unused: tuple[str, ...]

    @property
    def used(self) -> tuple[str, ...]:
        """The columns of the export that the mapping reads, in the order in which it names them."""
        records = [record for records in self.collections.values() for record in records]
        values = [self.district_id, self.school_year]
        for record in records:
            values += [*record.values.values(), *([record.where.value] if record.where else [])]
        return tuple(dict.fromkeys(value.column for value in values if value.column is not None))

    def submission_of(self, file_name: str) -> tuple[str, int] | None:
        """Read the district and the school year from the name of a file; None where the name is not of this export."""
        found = self.file_name.fullmatch(file_name)
        if not found:
            return None
        part = found.groupdict()
        year = int(part["school_year"]) if "school_year" in part else int(part["school_year_begin"]) + 1
        return self.district_id.of(part["district_id"]), year


# --- reading a mapping


@cache
def load(name: str) -> Mapping:
    """Read and check `mappings/<name>.yaml`."""
    names = sorted(file.stem for file in FOLDER.glob("*.yaml"))
    if name not in names:
        raise MappingError(f"There is no mapping {name!r}; there are {', '.join(names)}.")
    content = (FOLDER / f"{name}.yaml").read_bytes()
    return parse(name, content)


def parse(name: str, content: bytes) -> Mapping:
    """Check the text of a mapping and give what it says."""
    try:
        document = yaml.load(content, _TextLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise MappingError(f"{name}.yaml{where}: {getattr(error, 'problem', None) or 'it is not YAML'}.") from None
    return _Reader(name).mapping(document, hashlib.sha256(content).hexdigest())


class _TextLoader(yaml.BaseLoader):
    """Every scalar stays text (Yes is no boolean, 03 no number), and a key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} stands twice", node.value[index][0].start_mark
                )
        return super().construct_mapping(node, deep)


class _Reader:
    """Walks the document and says where it is wrong."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fail(self, place: str, what: str) -> None:
        raise MappingError(f"{self.name}.yaml: {place}: {what}.")

    def part(self, node: Any, place: str, needed: Iterable[str] = (), optional: Iterable[str] = ()) -> dict:
        """Check that a node is a mapping with these keys; with no keys named, with any."""
        if not isinstance(node, dict) or not node:
            self.fail(place, "settings are expected here, each as `name: value`")
        known = [*needed, *optional]
        for key in node if known else ():
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                self.fail(
                    place,
                    f"{key!r} is not a setting; "
                    + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"),
                )
        for key in needed:
            if key not in node:
                self.fail(place, f"{key!r} is missing")
        return node

    def text(self, node: Any, place: str) -> str:
        if not isinstance(node, str):
            self.fail(place, "one text is expected here")
        return node

    def texts(self, node: Any, place: str) -> tuple[str, ...]:
        if not isinstance(node, list):
            self.fail(place, "a list is expected here")
        return tuple(self.text(item, f"{place}[{index}]") for index, item in enumerate(node))

    def mapping(self, document: Any, sha256: str) -> Mapping:
        top = self.part(
            document,
            "top",
            ("title", "file_name", "district_id", "school_year", "collections"),
            ("description", "unused"),
        )
        collections = {
            name: self.collection(node, name, f"collections.{name}")
            for name, node in self.part(top["collections"], "collections").items()
        }
        unused = self.part(top["unused"], "unused") if "unused" in top else {}
        mapping = Mapping(
            name=self.name,
            sha256=sha256,
            title=self.text(top["title"], "title"),
            file_name=self.file_name(top["file_name"]),
            district_id=self.column_value(top["district_id"], "district_id"),
            school_year=self.column_value(top["school_year"], "school_year"),
            collections=collections,
            unused=tuple(unused),
        )
        if both := set(mapping.used) & set(mapping.unused):
            self.fail("unused", f"{sorted(both)[0]!r} is read by this mapping, so it is not unused")
        return mapping

    def file_name(self, node: Any) -> re.Pattern:
        try:
            pattern = re.compile(self.text(node, "file_name"))
        except re.error as error:
            self.fail("file_name", f"the pattern does not compile ({error.msg})")
        groups = set(pattern.groupindex)
        if "district_id" not in groups or len(groups & {"school_year", "school_year_begin"}) != 1:
            self.fail("file_name", "the groups district_id and one of school_year, school_year_begin are expected")
        return pattern

    def collection(self, node: Any, name: str, place: str) -> tuple[Record, ...]:
        if name not in CONTRACTS:
            self.fail(place, f"there is no such collection; there are {', '.join(CONTRACTS)}")
        self.part(node, place, ("columns",), ("rows", "where"))
        shared = self.values(node["columns"], name, f"{place}.columns")
        where = self.where(node["where"], f"{place}.where") if "where" in node else None
        if "rows" not in node:
            return self.complete([Record(shared, where)], name, place)
        if not isinstance(node["rows"], list) or not node["rows"]:
            self.fail(f"{place}.rows", "a list is expected here")
        records = []
        for index, item in enumerate(node["rows"]):
            at = f"{place}.rows[{index}]"
            self.part(item, at, ("columns",), ("where",))
            if where and "where" in item:
                self.fail(at, "`where` stands at the collection already")
            own = self.where(item["where"], f"{at}.where") if "where" in item else where
            records.append(Record(shared | self.values(item["columns"], name, f"{at}.columns"), own))
        return self.complete(records, name, place)

    def complete(self, records: list[Record], collection: str, place: str) -> tuple[Record, ...]:
        for record in records:
            if missing := columns_missing(record.values, CONTRACTS[collection]):
                self.fail(place, f"the column {missing[0]!r} is required and nothing fills it")
            if record.values.keys() != records[0].values.keys():
                self.fail(place, "every record has to fill the same columns")
        return tuple(records)

    def values(self, node: Any, collection: str, place: str) -> dict[str, Value]:
        self.part(node, place)
        for name in node:
            if name not in CONTRACTS[collection].columns and not re.fullmatch(r"local_[a-z0-9_]+", name):
                near = difflib.get_close_matches(name, CONTRACTS[collection].columns, 1)
                self.fail(
                    place,
                    f"{name!r} is not a column of {collection}" + (f"; did you mean {near[0]!r}?" if near else ""),
                )
        return {name: self.value(value, f"{place}.{name}") for name, value in node.items()}

    def value(self, node: Any, place: str) -> Value:
        if isinstance(node, str):
            return Value(column=node)
        if isinstance(node, dict) and "constant" in node:
            self.part(node, place, ("constant",))
            return Value(constant=self.text(node["constant"], f"{place}.constant"))
        self.part(node, place, ("column",), _STEPS)
        steps = {key: self.text(node[key], f"{place}.{key}") for key in node if key != "codes"}
        if "codes" in node:
            codes = self.part(node["codes"], f"{place}.codes")
            steps["codes"] = {code: self.text(meaning, f"{place}.codes.{code}") for code, meaning in codes.items()}
        if "zero_pad" in steps:
            if not re.fullmatch(r"[1-9]|1[0-9]|20", steps["zero_pad"]):
                self.fail(f"{place}.zero_pad", "a number of digits from 1 to 20 is expected here")
            steps["zero_pad"] = int(steps["zero_pad"])
        if "pattern" in steps:
            self.pattern(steps["pattern"], f"{place}.pattern")
        return Value(**steps)

    def column_value(self, node: Any, place: str) -> Value:
        value = self.value(node, place)
        if value.column is None:
            self.fail(place, "a column of the export is expected here, not a constant")
        return value

    def pattern(self, pattern: str, place: str) -> None:
        try:
            groups = re.compile(pattern).groups
            pl.select(pl.lit("").str.extract(f"^(?:{pattern})$", 1))
        except (re.error, pl.exceptions.PolarsError):
            self.fail(place, "the pattern does not compile")
        if groups != 1:
            self.fail(place, "one group in round brackets is expected: the part to take")

    def where(self, node: Any, place: str) -> Where:
        self.part(node, place, ("column", "keep"), ("leave", *_STEPS))
        keep, leave = self.texts(node["keep"], f"{place}.keep"), self.texts(node.get("leave", []), f"{place}.leave")
        if not keep:
            self.fail(f"{place}.keep", "the values that make a record are expected here")
        value = {key: item for key, item in node.items() if key not in ("keep", "leave")}
        return Where(self.column_value(value, place), keep, leave)
