"""How far sections sort students by group (C11), beside what chance does on average, and where it happens (C12).

What the lot does on average is worked out exactly here, not drawn; so it may differ from the mean of the draws by the
error that the number of draws leaves, which `tolerance` states.
"""

import numpy as np
import pandas as pd
from scipy.special import gammaln, xlogy

from tests.references.state import KEYS, STUDENT, State

LEFT_OUT = ("chance_of_as_much",)
"""A share of the draws themselves; tests of the method hold it against tables that can be counted out."""
ASKED = ["policy_id", "school_year", "subject", "student_group"]
CELL = [*ASKED, "district_id", "school_id", "grade"]


def compute(state: State) -> pd.DataFrame:
    """Compute sorting, its chance average, mutual information and its parts, where enough students are judged."""
    table = counts(state)
    if table.empty:
        return pd.DataFrame(columns=[*KEYS, "value", "completeness", "tolerance"])
    found = []
    for level, entity in (("school", "school_id"), ("district", "district_id"), ("state", None)):
        rows = table.assign(level=level, entity_id="state" if entity is None else table[entity])
        for key, part in rows.groupby([*ASKED, "level", "entity_id"]):
            judged = part[part["is_judged"]]
            share = judged["n"].sum() / part["n"].sum()
            if len(judged):
                found += [(*key, *numbers, share) for numbers in sorting(judged, level)]
    columns = [*ASKED, "level", "entity_id", "measure", "value", "tolerance", "completeness"]
    result = pd.DataFrame(found, columns=columns).assign(population="reporting", grade_span="all")
    return result[[*KEYS, "value", "completeness", "tolerance"]]


def seats(state: State) -> pd.DataFrame:
    """Give the section of each student in a subject on the census day, of several the one with the most minutes."""
    rule = state.policy("class_sorting")
    rule = rule[rule["level"] == "school"].drop(columns="level")
    sections = state.collection("course_section").merge(rule, on="school_year")
    subjects = state.code("course_subjects").set_index("code")["subject"]
    programs = [
        program in listed.split("|")
        for program, listed in zip(sections["section_program"], sections["counted_programs"], strict=True)
    ]
    month = sections["census_month"].astype(int)
    day = {"year": sections["school_year"] - (month >= 7), "month": month, "day": sections["census_day"]}
    sections = sections.assign(
        subject=sections["course_subject"].map(subjects), census=pd.to_datetime(pd.DataFrame(day))
    )
    sections = sections[pd.Series(programs, sections.index, dtype=bool) & sections["subject"].isin(["RLA", "MATH"])]
    sections = sections.drop(columns=["begin_date", "end_date", "grade"], errors="ignore")
    keys = ["school_year", "district_id", "section_id"]
    taken = state.collection("section_enrollment")[[*keys, "student_id", "begin_date", "end_date"]]
    rows = taken.merge(sections, on=keys)
    begin, end = pd.to_datetime(rows["begin_date"]), pd.to_datetime(rows["end_date"])
    rows = rows[~(begin > rows["census"]) & ~(end < rows["census"])]
    rows = rows.sort_values(["minutes_per_week", "section_id"], ascending=[False, True], na_position="last")
    rows = rows.drop_duplicates(["policy_id", "school_id", "subject", *STUDENT])
    grades = state.collection("enrollment").sort_values("entry_date", na_position="first")
    grades = grades.drop_duplicates([*STUDENT, "school_id"], keep="last")[[*STUDENT, "school_id", "grade"]]
    return rows.merge(grades, on=[*STUDENT, "school_id"])


def counts(state: State) -> pd.DataFrame:
    """Count students by section and side: of a group and not, and under ALL by race and ethnicity."""
    rows = seats(state)
    kinds = state.code("student_groups").set_index("code")["group_kind"]
    groups = state.groups.assign(kind=state.groups["student_group"].map(kinds))
    where = [name for name in CELL if name != "student_group"]
    known = groups["student_group"] != state.unspecified["race_ethnicity"]
    races = rows.merge(groups[(groups["kind"] == "race_ethnicity") & known], on=["policy_id", *STUDENT])
    frames = [races.rename(columns={"student_group": "side"}).assign(student_group="ALL")]
    for group, members in groups[groups["kind"] != "all"].groupby("student_group"):
        sided = rows.merge(members[["policy_id", *STUDENT]].assign(side="in"), on=["policy_id", *STUDENT], how="left")
        sided = sided.fillna({"side": "out"}).assign(student_group=group)
        has_members = sided.groupby(where)["side"].transform(lambda side: (side == "in").any())
        frames.append(sided[has_members])
    table = pd.concat(frames).groupby([*CELL, "section_id", "side"]).size().rename("n").reset_index()
    sides = table.groupby([*CELL, "side"])["n"].sum().rename("of_side").reset_index()
    sides = sides.merge(state.policy("class_sorting").query("level == 'school'"), on=["policy_id", "school_year"])
    enough = sides.assign(large=sides["of_side"] >= sides["minimum_group"]).groupby(CELL)
    cells = enough.agg(
        students=("of_side", "sum"),
        large=("large", "sum"),
        draws=("draws", "first"),
        minimum_students=("minimum_students", "first"),
        minimum_sections=("minimum_sections", "first"),
    )
    cells["sections"] = table.groupby(CELL)["section_id"].nunique()
    is_judged = (cells["students"] >= cells["minimum_students"]) & (cells["large"] >= 2)
    cells["is_judged"] = is_judged & (cells["sections"] >= cells["minimum_sections"])
    return table.merge(cells[["is_judged", "draws"]].reset_index(), on=CELL)


def sorting(table: pd.DataFrame, level: str) -> list[tuple[str, float, float]]:
    """Give each measure of the judged cells of one entity as name, value and tolerance."""
    cell = table.groupby(["school_id", "grade"]).ngroup().to_numpy()
    section = table.groupby(["school_id", "grade", "section_id"]).ngroup().to_numpy()
    side = table["side"].factorize()[0]
    n = table["n"].to_numpy(float)
    within = entropy(cell, side, n) - entropy(section, side, n)
    diversity = entropy(cell, side, n)
    mean, variance = by_lot(cell, section, side, n)
    slack = 6 * np.sqrt(variance / table["draws"].iloc[0]) / diversity + 1e-9
    found = [
        ("sorting", within / diversity, 1e-9),
        ("sorting_by_chance", mean / diversity, slack),
        ("sorting_beyond_chance", (within - mean) / diversity, slack),
        ("mutual_information", within / n.sum(), 1e-9),
    ]
    if level != "school":
        school = table["school_id"].factorize()[0]
        total = entropy(np.zeros(len(n), int), side, n)
        found += [
            ("between_schools", (total - entropy(school, side, n)) / n.sum(), 1e-9),
            ("between_grades", (entropy(school, side, n) - diversity) / n.sum(), 1e-9),
        ]
    return found


def entropy(unit: np.ndarray, side: np.ndarray, n: np.ndarray) -> float:
    """Add up the students of each unit times the entropy of its sides, in nats."""
    of_unit, pair = np.bincount(unit, n), np.bincount(unit * (side.max() + 1) + side, n)
    return xlogy(of_unit, of_unit).sum() - xlogy(pair, pair).sum()


def by_lot(cell: np.ndarray, section: np.ndarray, side: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Give the exact mean, over all ways to deal, of students times information, and a bound of its variance.

    The number of a side in a section is hypergeometric, and the information is a sum of x·ln x over these numbers less
    what the margins fix. The variance of a sum is at most the square of the sum of standard deviations, cell by cell.
    """
    mean = spread = 0.0
    for one in np.unique(cell):
        here = cell == one
        sizes = np.unique(section[here], return_inverse=True)[1]
        sizes, sides = np.bincount(sizes, n[here]), np.bincount(side[here], n[here])
        sides, total = sides[sides > 0], n[here].sum()
        x = np.arange(sizes.max() + 1)[:, None, None]
        u, g = sizes[None, :, None], sides[None, None, :]
        possible = (x <= u) & (x <= g) & (u - x <= total - g)
        with np.errstate(invalid="ignore"):
            log = choose(g, x) + choose(total - g, u - x) - choose(total, u)
        weight = np.where(possible, np.exp(np.where(possible, log, 0)), 0)
        term = xlogy(x, x)
        first, second = (weight * term).sum(axis=0), (weight * term**2).sum(axis=0)
        fixed = xlogy(sizes, sizes).sum() + xlogy(sides, sides).sum() - xlogy(total, total)
        mean += first.sum() - fixed
        spread += np.sqrt(np.maximum(second - first**2, 0)).sum() ** 2
    return mean, spread


def choose(of: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Give the logarithm of the number of ways to take so many."""
    return gammaln(of + 1) - gammaln(taken + 1) - gammaln(of - taken + 1)
