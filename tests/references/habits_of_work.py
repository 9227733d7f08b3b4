"""Ratings of habits of work: the mean of raters' means by habit, the change from last year, and two coefficients."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from tests.references import judgments
from tests.references.state import KEYS, STUDENT, State

HABIT = [*judgments.PLACE, "habit_id"]
FIXED = {"population": "reporting", "subject": "ALL", "grade_span": "all"}


def compute(state: State) -> pd.DataFrame:
    """Compute the means, the change, the minutes of advisory, alpha and the correlation."""
    habits = scores(state)
    listed = list(state.code("habits")["code"])
    rows = habits.groupby(judgments.PLACE, as_index=False).agg(score=("score", "mean"), change=("change", "mean"))
    rows["change"] *= 100
    measures = [
        one(rows, "percent_of_highest_rating", rows["score"], True),
        one(rows, "mean_change", rows["change"], False),
    ]
    for habit in listed:
        of_habit = habits[habits["habit_id"] == habit].reset_index(drop=True)
        measures.append(one(of_habit, f"percent_{habit}", of_habit["score"], True))
    with_minutes = rows[judgments.PLACE].merge(advisory(state), on=judgments.PLACE, how="left")
    in_state = with_minutes["level"] == "state"
    measures.append(one(with_minutes, "mean_advisory_minutes", with_minutes["minutes"], in_state))
    found = judgments.shares(state, *measures)
    coefficients = agreement(habits[habits["habit_id"].isin(listed)], state)
    return pd.concat([found, coefficients], ignore_index=True)


def one(rows: pd.DataFrame, measure: str, value: pd.Series, due: bool | pd.Series) -> pd.DataFrame:
    """Give one measure with a student's value, kept to four places, and whether it was due."""
    four = Decimal("0.0001")
    kept = [0.0 if pd.isna(v) else float(Decimal(str(round(v, 10))).quantize(four, ROUND_HALF_UP)) for v in value]
    has = value.notna()
    return rows[judgments.PLACE].assign(
        numerator=kept, denominator=has.astype(float), expected=(has | due).astype(float), measure=measure, **FIXED
    )


def scores(state: State) -> pd.DataFrame:
    """Give each student's score in each habit in each entity, with last year's anywhere in the state."""
    rows = state.collection("habit_rating")
    rows = rows.assign(rating_date=pd.to_datetime(rows["rating_date"]))
    rows = rows[judgments.is_of_year(rows, "rating_date") & rows["score"].notna()]
    score, highest = rows["score"].astype(float), rows["highest_score"].astype(float)
    is_on_scale = score.ge(0) & score.le(highest) & highest.ne(0)
    rows = rows.assign(share=(score / highest).where(is_on_scale), rater=rows["rater_id"].fillna(""))
    rows = judgments.placed(judgments.with_school(rows, state), state, "habits_of_work")
    rules = ["minimum_raters", "student_role", "teacher_role"]
    raters = rows.groupby([*HABIT, *rules, "rater_role", "rater"], as_index=False)["share"].mean()
    by_student = raters["share"].where(raters["rater_role"] == raters["student_role"])
    by_teacher = raters["share"].where(raters["rater_role"] == raters["teacher_role"])
    raters = raters.assign(by_student=by_student, by_teacher=by_teacher).groupby([*HABIT, *rules])
    found = raters.agg(
        score=("share", "mean"),
        raters=("share", "count"),
        by_student=("by_student", "mean"),
        by_teacher=("by_teacher", "mean"),
    )
    found = found.reset_index()
    found["score"] = found["score"].where(found["raters"] >= found["minimum_raters"])
    earlier = found[found["level"] == "state"].groupby(["school_year", "student_id", "habit_id"])["score"].min()
    earlier = earlier.rename("earlier").reset_index()
    earlier["school_year"] += 1
    found = found.merge(earlier, on=["school_year", "student_id", "habit_id"], how="left")
    return found.assign(change=found["score"] - found["earlier"])


def advisory(state: State) -> pd.DataFrame:
    """Give the minutes of advisory of every enrolled student where the district sends support."""
    services, enrollment = state.collection("support_service"), state.collection("enrollment")
    place = [*judgments.DISTRICT, "school_id", "student_id"]
    rows = (
        enrollment[place].drop_duplicates().merge(services[judgments.DISTRICT].drop_duplicates(), on=judgments.DISTRICT)
    )
    rows = judgments.placed(rows, state, "habits_of_work")
    sums = services.groupby([*place, "support_kind"])["minutes"].sum().rename("minutes").reset_index()
    rows = rows.merge(sums, left_on=[*place, "advisory_kind"], right_on=[*place, "support_kind"], how="left")
    return rows.fillna({"minutes": 0}).groupby(judgments.PLACE, as_index=False)["minutes"].sum()


def agreement(habits: pd.DataFrame, state: State) -> pd.DataFrame:
    """Give alpha over students with every habit, and the correlation of students' and teachers' ratings."""
    both = habits["by_student"].notna() & habits["by_teacher"].notna()
    pairs = habits[both].groupby(judgments.PLACE, as_index=False)[["by_student", "by_teacher"]].mean()
    limits = state.policy("habits_of_work").set_index(["policy_id", "school_year", "level"])["minimum_students"]
    entity = [name for name in judgments.PLACE if name != "student_id"]
    found = []
    for key, rows in habits[habits["score"].notna()].groupby(entity):
        table = rows.pivot(index="student_id", columns="habit_id", values="score").dropna()
        groups = state.groups[(state.groups["policy_id"] == key[0]) & (state.groups["school_year"] == key[1])]
        for group, members in groups.groupby("student_group"):
            answers = table[table.index.isin(members["student_id"])].to_numpy()
            k, total = table.shape[1], answers.sum(axis=1)
            if len(answers) >= limits[key[:3]] and k > 1 and np.ptp(total) > 1e-9:
                alpha = k / (k - 1) * (1 - answers.var(axis=0, ddof=1).sum() / total.var(ddof=1))
                found.append((*key, group, "alpha", alpha))
    grouped = pairs.merge(state.groups, on=["policy_id", *STUDENT]).groupby([*entity, "student_group"])
    for key, rows in grouped:
        enough = len(rows) >= limits[key[:3]]
        if enough and np.ptp(rows["by_student"]) > 1e-9 and np.ptp(rows["by_teacher"]) > 1e-9:
            found.append((*key, "rater_correlation", np.corrcoef(rows["by_student"], rows["by_teacher"])[0, 1]))
    columns = [name for name in KEYS if name in entity]
    return pd.DataFrame(found, columns=[*columns, "student_group", "measure", "value"]).assign(**FIXED)
