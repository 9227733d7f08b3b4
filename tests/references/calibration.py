"""Agreement of blind second scores with first scores, and how lenient the raters of districts are."""

import numpy as np
import pandas as pd

from tests.references import judgments
from tests.references.state import KEYS, STUDENT, State

CELL = ["policy_id", "school_year", "level", "entity_id", "subject", "student_group"]
FIXED = {"population": "reporting", "grade_span": "all"}


def compute(state: State) -> pd.DataFrame:
    """Compute agreement for every group, and severity and benchmark difference for all students together."""
    rows = scores(state)
    pairs = usable(rows, state)
    pools = {
        key: np.unique(pool[["one", "two"]]) for key, pool in pairs.groupby(["policy_id", "school_year", "subject"])
    }
    found = []
    for key, cell in pairs.merge(state.groups, on=["policy_id", *STUDENT]).groupby(CELL):
        if len(cell) >= cell["minimum_pairs"].iloc[0]:
            pool = pools[key[0], key[1], key[4]]
            values = agreement(cell["one"].to_numpy(), cell["two"].to_numpy(), pool, cell["adjacent_distance"].iloc[0])
            values["thresholds_missed"] = missed(values, cell.iloc[0])
            found += [(*key, name, value) for name, value in values.items()]
    for key, pool in pairs[pairs["level"] == "district"].groupby(["policy_id", "school_year", "subject"]):
        for district, value in severity(pool).items():
            found.append((*key[:2], "district", district, key[2], "ALL", "rater_severity", value))
    result = pd.DataFrame(found, columns=[*CELL, "measure", "value"])
    result = pd.concat([result, benchmarks(rows, state)], ignore_index=True)
    return result.assign(**FIXED)[[*KEYS, "value"]].dropna(subset=["value"])


def scores(state: State) -> pd.DataFrame:
    """Give every second score with its piece, its subject, and where the first rater is."""
    rows = state.collection("moderation_score")
    rows = rows[rows["score"].notna()].sort_values("record_line")
    rows = rows.drop_duplicates([*judgments.DISTRICT, "evidence_id", "rater_id", "moderation_round"])
    evidence = judgments.accepted(state, "evidence", "evidence_id")
    names = {"school_id": "piece_school", "rater_id": "piece_rater", "score": "piece_score"}
    columns = [*judgments.DISTRICT, "evidence_id", "student_id", "framework_version", "competency_id", *names]
    rows = rows.merge(evidence[columns].rename(columns=names), on=[*judgments.DISTRICT, "evidence_id"])
    subjects = state.code("course_subjects").set_index("code")["subject"]
    framework = state.collection("competency")
    framework = framework.assign(subject=framework["course_subject"].map(subjects))
    framework = framework[framework["subject"].fillna("") != ""].drop_duplicates(["framework_version", "competency_id"])
    rows = rows.merge(
        framework[["framework_version", "competency_id", "subject"]], on=["framework_version", "competency_id"]
    )
    rows["school_id"] = rows["school_id"].where(rows["school_id"].notna(), rows["piece_school"])
    first = rows["first_score"].where(rows["first_score"].notna(), rows["piece_score"]).astype(float)
    schools = state.collection("school").drop_duplicates(["school_year", "school_id"])
    schools = schools.rename(columns={"school_id": "rater_school_id", "district_id": "other_district"})
    rows = rows.merge(
        schools[["school_year", "rater_school_id", "other_district"]], on=["school_year", "rater_school_id"], how="left"
    )
    return rows.assign(one=first.to_numpy(), two=rows["score"].astype(float).to_numpy())


def usable(rows: pd.DataFrame, state: State) -> pd.DataFrame:
    """Keep the pairs that show whether raters of different schools agree."""
    rows = judgments.placed(judgments.with_school(rows, state), state, "calibration")
    first_rater = rows["first_rater_id"].where(rows["first_rater_id"].notna(), rows["piece_rater"])
    same_person = first_rater.notna() & (first_rater == rows["rater_id"])
    same_school = rows["rater_school_id"].notna() & (rows["rater_school_id"] == rows["school_id"])
    counted = (rows["moderation_round_x"] == rows["moderation_round_y"]) & rows["is_blind"].eq(True)
    return rows[counted & ~same_person & ~same_school & rows["one"].notna()].reset_index(drop=True)


def agreement(one: np.ndarray, two: np.ndarray, scale: np.ndarray, distance: float) -> dict[str, float]:
    """Give the statistics of one cell from the table of its scores."""
    table = (one[:, None, None] == scale[None, :, None]) & (two[:, None, None] == scale[None, None, :])
    observed = table.mean(axis=0)
    rows, columns = observed.sum(axis=1), observed.sum(axis=0)
    weights = (scale[:, None] - scale[None, :]) ** 2
    chance = (weights * np.outer(rows, columns)).sum()
    shares = (rows + columns) / 2
    gwet = (shares * (1 - shares)).sum() / (len(scale) - 1) if len(scale) > 1 else np.nan
    spread = np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 2)
    exact = np.trace(observed)
    return {
        "quadratic_weighted_kappa": 1 - (weights * observed).sum() / chance if chance > 0 else np.nan,
        "gwet_ac1": (exact - gwet) / (1 - gwet),
        "percent_exact": exact,
        "percent_adjacent": observed[np.sqrt(weights) <= distance].sum(),
        "standardized_mean_difference": (two.mean() - one.mean()) / spread if spread > 0 else np.nan,
        "mean_difference": one.mean() - two.mean(),
    }


def missed(values: dict[str, float], policy: pd.Series) -> float:
    """Count the thresholds that are missed, where both can be judged."""
    kappa, apart = values["quadratic_weighted_kappa"], abs(values["standardized_mean_difference"])
    if np.isnan(kappa) or np.isnan(apart):
        return np.nan
    if policy["threshold_boundary"] == "exclusive":
        return float(kappa <= policy["least_kappa"]) + float(apart >= policy["greatest_difference"])
    return float(kappa < policy["least_kappa"]) + float(apart > policy["greatest_difference"])


def severity(pairs: pd.DataFrame) -> dict[str, float]:
    """Solve for the number of each district whose differences fit best, the shortest of all solutions."""
    other = pairs["other_district"].fillna("")
    across = pairs[pairs["district_id"] != other].assign(other=other)
    names = sorted(set(across["district_id"]) | set(across["other"]))
    design = np.array(
        [[(a == name) - (b == name) for name in names] for a, b in across[["district_id", "other"]].to_numpy()]
    )
    if not len(across):
        return {}
    solution = np.linalg.lstsq(design.astype(float), (across["one"] - across["two"]).to_numpy(), rcond=None)[0]
    counts = {name: (across["district_id"] == name).sum() + (across["other"] == name).sum() for name in names}
    least = pairs["minimum_pairs"].iloc[0]
    return {name: value for name, value in zip(names, solution, strict=True) if name and counts[name] >= least}


def benchmarks(rows: pd.DataFrame, state: State) -> pd.DataFrame:
    """Give the mean of score minus benchmark: first raters once for each piece, second raters where they are."""
    every = state.collection("moderation_score")
    every = every[every["is_benchmark"].eq(True) & every["benchmark_score"].notna()]
    keys = [*judgments.DISTRICT, "evidence_id", "rater_id", "moderation_round", "benchmark_score"]
    rows = rows.merge(every[keys].drop_duplicates(keys[:-1]), on=keys)
    right = rows["benchmark_score"].astype(float)
    first = rows.assign(difference=rows["one"] - right).dropna(subset=["difference"])
    first = first.sort_values("difference").drop_duplicates([*judgments.DISTRICT, "school_id", "evidence_id"])
    second = rows.assign(
        difference=rows["two"] - right, school_id=rows["rater_school_id"], district_id=rows["other_district"]
    )
    second = second[second["other_district"].notna()]
    both = pd.concat([first, second])[["school_year", "district_id", "school_id", "subject", "difference"]]
    both = judgments.placed(both, state, "calibration")
    found = both.groupby([name for name in CELL if name != "student_group"]).agg(
        value=("difference", "mean"), count=("difference", "size"), least=("minimum_pairs", "first")
    )
    found = found[found["count"] >= found["least"]].reset_index()
    return found.assign(student_group="ALL", measure="benchmark_difference")[[*CELL, "measure", "value"]]
