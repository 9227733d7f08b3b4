"""What the second computation may know: accepted rows, code sets, policies, and who is where and in which group.

Nothing here is taken from the SQL or reads the warehouse; it is slow and plain so that it can be trusted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import csr_matrix

MODELS = Path(__file__).resolve().parent.parent.parent / "dbt_project" / "models"
KEYS = [
    "policy_id",
    "school_year",
    "level",
    "entity_id",
    "population",
    "subject",
    "grade_span",
    "measure",
    "student_group",
]
STUDENT = ["school_year", "student_id"]


@dataclass
class State:
    """The accepted rows of one home folder."""

    accepted: Path
    read: dict[str, pd.DataFrame] = field(default_factory=dict)

    def collection(self, name: str) -> pd.DataFrame:
        """Give the accepted rows of a collection in all years, none where nothing came. Read once for all."""
        if name not in self.read:
            tables = [pq.read_table(path) for path in sorted((self.accepted / name).glob("*/*.parquet"))]
            filled = [table for table in tables if table.num_rows] or tables[:1]
            joined = pa.concat_tables(filled, promote_options="default") if filled else pa.table({})
            self.read[name] = joined.to_pandas()
        return self.read[name].copy(deep=False)

    def code(self, name: str) -> pd.DataFrame:
        """Give a code set, every column as text."""
        return pd.read_csv(MODELS / "reference" / f"code_{name}.csv", dtype=str, keep_default_na=False)

    def policy(self, slug: str) -> pd.DataFrame:
        """Give an indicator's policy with one row for each school year that has enrollment, and level."""
        return self.in_years(pd.read_csv(MODELS / "indicators" / slug / f"policy_{slug}.csv", dtype={"authority": str}))

    def reference(self, name: str) -> pd.DataFrame:
        """Give a policy that all indicators share, with one row for each school year that has enrollment."""
        return self.in_years(pd.read_csv(MODELS / "reference" / f"policy_{name}.csv"))

    def in_years(self, policy: pd.DataFrame) -> pd.DataFrame:
        """Repeat the rows of a policy for each school year in which they are in force."""
        rows = policy.merge(pd.DataFrame({"school_year": self.years}), how="cross")
        return rows[rows["school_year"].between(rows["first_school_year"], rows["last_school_year"])].drop(
            columns=["first_school_year", "last_school_year"]
        )

    def reported(self, slug: str, results: pd.DataFrame) -> pd.DataFrame:
        """Keep of an indicator's results the groups that the policy of the year reports for it."""
        groups = self.reference("reported_groups")
        asked = groups[groups["indicator"].isna() | (groups["indicator"] == slug)]
        return results.merge(asked[["policy_id", "school_year", "student_group"]].drop_duplicates())

    @cached_property
    def years(self) -> list[int]:
        """The school years that have enrollment."""
        return sorted(int(year) for year in self.collection("enrollment")["school_year"].unique())

    @cached_property
    def students_in_entities(self) -> pd.DataFrame:
        """Each student once in each school, district and state: school_year, level, entity_id, student_id."""
        columns = ["school_year", "level", "entity_id", "student_id"]
        return in_entities(self.collection("enrollment"))[columns].drop_duplicates(ignore_index=True)

    @cached_property
    def unspecified(self) -> dict[str, str]:
        """The group of each kind in which is who is in no other group of the kind: kind, student group."""
        groups = self.code("student_groups").query("is_unspecified == 'true'")
        return dict(zip(groups["group_kind"], groups["code"], strict=True))

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Each student in ALL, a race, a sex and any programs: policy_id, school_year, student_id, student_group."""
        students = self.collection("student").sort_values(["district_id", "record_line"]).drop_duplicates(STUDENT)
        races = students["races"].fillna("")
        race = races.where(~races.str.contains(";"), "MR").where(
            ~students["hispanic_latino_ethnicity"].fillna(False).astype(bool), "HI"
        )
        sex = ("GENDER_" + students["sex"]).where(students["sex"].fillna("") != "", self.unspecified["sex"])
        statuses = self.collection("student_status")
        programs = self.code("student_statuses").set_index("code")["student_group"]
        memberships = pd.concat(
            [
                students[STUDENT].assign(student_group="ALL"),
                students[STUDENT].assign(student_group=race.replace("", self.unspecified["race_ethnicity"])),
                students[STUDENT].assign(student_group=sex),
            ]
            + ([statuses[STUDENT].assign(student_group=statuses["status"].map(programs))] if len(statuses) else [])
        )
        memberships = pd.concat([memberships, self.groups_of_the_gone(memberships)])
        known = set(self.code("student_groups")["code"])
        memberships = memberships[memberships["student_group"].isin(known)].drop_duplicates()
        rules = self.reference("student_groups")
        if set(rules["membership_rule"]) != {"any_time_in_school_year"}:
            raise NotImplementedError("the second computation knows membership at any time in the school year only")
        return memberships.merge(rules[["policy_id", "school_year"]], on="school_year")

    def groups_of_the_gone(self, memberships: pd.DataFrame) -> pd.DataFrame:
        """Give members of a graduation cohort who are no longer enrolled the groups of their last year before."""
        members = self.collection("graduation_cohort")
        if not len(members):
            return memberships[:0]
        known = memberships[STUDENT].drop_duplicates()
        gone = members[STUDENT].drop_duplicates().merge(known, on=STUDENT, how="left", indicator=True)
        gone = gone[gone["_merge"] == "left_only"][STUDENT]
        earlier = gone.merge(known.rename(columns={"school_year": "last_year"}), on="student_id")
        earlier = (
            earlier[earlier["last_year"] < earlier["school_year"]].groupby(STUDENT)["last_year"].max().reset_index()
        )
        then = memberships.rename(columns={"school_year": "last_year"})
        kept = earlier.merge(then, on=["student_id", "last_year"])[[*STUDENT, "student_group"]]
        gone = gone.merge(earlier, on=STUDENT, how="left")
        never_known = gone[gone["last_year"].isna()][STUDENT]
        unspecified = [never_known.assign(student_group=group) for group in self.unspecified.values()]
        return pd.concat([kept, gone[STUDENT].assign(student_group="ALL"), *unspecified])

    @cached_property
    def members(self) -> tuple[pd.MultiIndex, list[str], csr_matrix]:
        """Give every policy, year and student; the groups; and a table of ones where a student is in a group."""
        whose = pd.MultiIndex.from_frame(self.groups[["policy_id", *STUDENT]])
        rows, students = whose.factorize()
        columns, groups = self.groups["student_group"].factorize(sort=True)
        table = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(students), len(groups)))
        return students, list(groups), table

    def summed(self, contributions: pd.DataFrame) -> pd.DataFrame:
        """Add up contributions of students for each group: KEYS, numerator, denominator, expected, student_count."""
        rows = contributions[(contributions["denominator"] > 0) | (contributions["expected"] > 0)]
        keys = [key for key in KEYS if key != "student_group"]
        students, groups, in_group = self.members
        place = students.get_indexer(pd.MultiIndex.from_frame(rows[["policy_id", *STUDENT]]))
        rows, place = rows[place >= 0], place[place >= 0]
        cells = rows.groupby(keys, observed=True, sort=False)
        cell, shape = cells.ngroup().to_numpy(), (cells.ngroups, len(students))

        def over_groups(values: np.ndarray) -> csr_matrix:
            return csr_matrix((values, (cell, place)), shape=shape) @ in_group

        # A student with several rows in a cell is one student: sparse tables add such rows up, signs make them one.
        counts = (csr_matrix((np.ones(len(rows)), (cell, place)), shape=shape).sign() @ in_group).tocoo()
        found = rows[keys].iloc[np.unique(cell, return_index=True)[1][counts.row]].reset_index(drop=True)
        found["student_group"] = np.array(groups, dtype=object)[counts.col]
        for name in ("numerator", "denominator", "expected"):
            sums = over_groups(rows[name].to_numpy(float)).toarray()
            found[name] = sums[counts.row, counts.col]
        return found.assign(student_count=counts.data.astype(int))

    def ratios(self, contributions: pd.DataFrame, floor: float | None = None) -> pd.DataFrame:
        """Divide the sums of contributions for each group; with a floor, by at least that share of those expected."""
        sums = self.summed(contributions)
        divisor = sums["denominator"] if floor is None else sums["denominator"].clip(lower=floor * sums["expected"])
        return sums.assign(value=sums["numerator"] / divisor)[divisor > 0]


def once(compute: Callable[[State], Any]) -> Callable[[State], Any]:
    """Compute once for each state. Whoever changes what is given works on a copy."""
    name = f"{compute.__module__}.{compute.__qualname__}"

    @wraps(compute)
    def found(state: State) -> Any:
        kept = vars(state).setdefault("kept", {})
        if name not in kept:
            kept[name] = compute(state)
        return kept[name]

    return found


def in_entities(rows: pd.DataFrame) -> pd.DataFrame:
    """Repeat rows that have school_id and district_id for their school, their district and the state."""
    return pd.concat(
        [
            rows.assign(level="school", entity_id=rows["school_id"]),
            rows.assign(level="district", entity_id=rows["district_id"]),
            rows.assign(level="state", entity_id="state"),
        ],
        ignore_index=True,
    )[["level", "entity_id", *[name for name in rows.columns if name not in ("level", "entity_id")]]]
