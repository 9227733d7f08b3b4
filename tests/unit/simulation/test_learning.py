"""What is simulated about learning hangs together, and the truths that are planted stand in the records."""

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import competencies, planting, teaching
from simulation.classes import placement_odds, split
from simulation.district_year import district_year
from simulation.grouping import LEVELS, STAYING, steps
from simulation.learning import Learners, equivalents, mastery_times, scale_scores
from simulation.state import plan
from simulation.teaching import concentration
from simulation.voices import CUTS, ITEM_LOADING, ITEMS, reliability

YEARS = (2024, 2025)


def records(seed: int, students: int, districts: int) -> tuple[dict[tuple[str, int], pl.DataFrame], planting.Truths]:
    """Make what a state sends about learning: each collection of each year, with `district` beside its columns."""
    state = plan(seed, students, YEARS, districts)
    known = {name: setting for name, setting in planting.settings().items() if name in teaching.PLANS}
    truths = planting.plant(state, known, teaching.PLANS)
    parts: dict[tuple[str, int], list[pl.DataFrame]] = {}
    for year in YEARS:
        for district in range(districts):
            at = district_year(state, year, district)
            named = (
                *teaching.collections(at, truths),
                ("student", at.students.select("student_id", "race", "economic_disadvantage")),
            )
            for name, frame in named:
                if frame.height:
                    plain = frame.with_columns(cs.enum().cast(pl.String), district=pl.lit(at.district_id))
                    parts.setdefault((name, year), []).append(plain)
    return {key: pl.concat(frames, how="vertical_relaxed") for key, frames in parts.items()}, truths


@pytest.fixture(scope="module")
def made() -> tuple[dict[tuple[str, int], pl.DataFrame], planting.Truths]:
    return records(seed=3, students=9000, districts=8)


def of_district(made, collection: str, truth: str, year: int = 2025) -> pl.DataFrame:
    frames, truths = made
    return frames[collection, year].filter(pl.col("district").is_in(truths[truth].districts))


def of_school(made, collection: str, truth: str, year: int = 2025) -> pl.DataFrame:
    frames, truths = made
    return frames[collection, year].filter(pl.col("school_id").is_in(truths[truth].schools))


def test_the_framework_has_no_circle_and_names_only_its_own_competencies():
    known = competencies.competencies()["competency_id"].to_list()
    edges = competencies.competency_edges()
    assert set(edges["from_competency_id"]) | set(edges["to_competency_id"]) <= set(known)
    left = edges.select("from_competency_id", "to_competency_id")
    while left.height:
        kept = left.filter(pl.col("from_competency_id").is_in(left["to_competency_id"].implode()))
        assert kept.height < left.height
        left = kept
    assert set(edges["strength"]) == {"hard", "soft"}
    months = competencies.competencies().group_by("course_subject", "nominal_grade").agg(pl.col("nominal_months").sum())
    assert set(months["nominal_months"]) == {9.0}


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.floats(-2, 6), st.floats(0.55, 1.8), st.floats(0, 1))
def test_nothing_is_mastered_before_what_it_needs(number, level, rate, ahead):
    one = Learners(
        1,
        np.array([number]),
        np.array([2018.0], dtype=np.float32),
        np.full((2, 1), level, dtype=np.float32),
        np.full((2, 1), rate, dtype=np.float32),
    )
    times = mastery_times(one, 1, np.float32(ahead))
    for position in competencies.POSITIONS:
        for before in competencies.hard_prerequisites(int(position)):
            assert times[before, 0] < times[position, 0]


@given(st.floats(-0.9, 15.0))
def test_a_level_is_found_again_from_its_score(level):
    assert equivalents(np.array([scale_scores(level)]))[0] == pytest.approx(level, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=200), st.integers(2, 30), st.integers(0, 10))
def test_sections_split_groups_evenly_and_never_mix_them(groups, size, seed):
    group = np.array(groups)
    section, height = split(group, np.random.default_rng(seed).random(len(group)), size)
    for number in range(section.max() + 1):
        assert len(set(group[section == number])) == 1
    for one in set(groups):
        counts = np.unique(section[group == one], return_counts=True)[1]
        assert counts.max() - counts.min() <= 1
    assert ((height > 0) & (height < 1)).all()


def test_a_number_names_one_record_and_every_key_leads_somewhere(made):
    frames, _ = made
    for year in YEARS:
        for collection, key in (("evidence", "evidence_id"), ("determination", "determination_id")):
            assert frames[collection, year].select(key).is_unique().all()
        for collection, key, target in (
            ("section_enrollment", "section_id", "course_section"),
            ("staff_assignment", "section_id", "course_section"),
            ("grade_component", "section_id", "course_section"),
            ("evidence", "determination_id", "determination"),
            ("moderation_score", "evidence_id", "evidence"),
            ("survey_response", "respondent_id", "survey_roster"),
        ):
            named = frames[collection, year].drop_nulls(key).select(key, "district")
            assert named.join(frames[target, year], on=[key, "district"], how="anti").is_empty(), (collection, target)
        superseded = frames["determination", year]["supersedes_determination_id"].drop_nulls()
        assert len(superseded) and superseded.is_in(frames["determination", year]["determination_id"].implode()).all()
        used = frames["determination", year]["competency_id"].unique()
        assert used.is_in(competencies.competencies()["competency_id"].implode()).all()


def test_a_student_keeps_the_trajectory_through_years_and_districts(made):
    frames, _ = made
    rows = pl.concat([frames["truth/learner", year] for year in YEARS]).drop("school_year", "district")
    assert rows["student_id"].n_unique() < rows.height
    assert rows.unique().height == rows["student_id"].n_unique()


def test_a_decision_comes_after_its_evidence_and_attempts_come_in_order(made):
    frames, _ = made
    evidence, determination = frames["evidence", 2025], frames["determination", 2025]
    together = evidence.join(determination, on="determination_id").filter(
        pl.col("supersedes_determination_id").is_null()
    )
    assert (together["decided_date"] >= together["evidence_date"]).all()
    attempts = evidence.filter(pl.col("is_summative") == "Yes").sort("attempt_number")
    ordered = attempts.group_by("district", "student_id", "competency_id", maintain_order=True).agg(
        pl.col("attempt_number").diff().min().alias("step"),
        pl.col("evidence_date").diff().dt.total_days().min().alias("days"),
    )
    assert (ordered["step"].drop_nulls() > 0).all()
    assert (ordered["days"].drop_nulls() > 0).all()


def test_scores_differ_between_schools_as_much_as_is_known(made):
    frames, _ = made
    scores = frames["assessment", 2025].filter(
        pl.col("performance_level").is_not_null() & (pl.col("subject") == "MATH")
    )
    scores = scores.drop_nulls("scale_score").with_columns(
        z=(pl.col("scale_score") - pl.col("scale_score").mean().over("grade_assessed"))
        / pl.col("scale_score").std().over("grade_assessed")
    )
    schools = scores.group_by("school_id").agg(
        n=pl.len(), mean=pl.col("z").mean(), ss=(pl.col("z").var() * (pl.len() - 1))
    )
    n, mean = schools["n"].to_numpy(), schools["mean"].to_numpy()
    within = schools["ss"].sum() / (n.sum() - len(n))
    between = (n * (mean - scores["z"].mean()) ** 2).sum() / (len(n) - 1)
    share = (between - within) / (n.sum() - (n**2).sum() / n.sum()) * (len(n) - 1)
    assert 0.08 < share / (share + within) < 0.25


def test_the_truth_about_learning_follows_from_the_trajectories(made):
    frames, _ = made
    levels = frames["truth/learner", 2025].with_columns(
        end=pl.col("mathematics_level") + pl.col("mathematics_yearly_rate") * (2025 - pl.col("begins"))
    )
    taught = frames["section_enrollment", 2025].join(
        frames["course_section", 2025].filter(pl.col("course_subject") == "02"), on=["section_id", "district"]
    )
    seats = taught.select("school_id", "student_id", "district").unique()
    found = seats.join(levels, on=["student_id", "district"]).group_by("school_id").agg(pl.col("end").sum())
    told = frames["truth/learning", 2025].filter(pl.col("student_group") == "ALL").join(found, on="school_id")
    assert told.height > 10
    assert told["mathematics_level_at_end"].to_numpy() == pytest.approx(told["end"].to_numpy(), rel=1e-4)
    minutes = frames["support_service", 2025].group_by("school_id").agg(pl.col("minutes").cast(pl.Int64).sum())
    told = told.join(minutes, on="school_id").select(
        "minutes", sent=pl.col("mathematics_support_minutes") + pl.col("reading_support_minutes")
    )
    assert told["minutes"].to_list() == told["sent"].to_list()


def test_the_lenient_district_gives_more_than_the_panel_and_more_than_is_known_to_be_right(made):
    _, truths = made
    leniency = truths["lenient_district"].facts["leniency"]
    here = of_district(made, "moderation_score", "lenient_district")
    others = made[0]["moderation_score", 2025].filter(pl.col("district") != here["district"][0])
    assert (here["first_score"] - here["score"]).mean() == pytest.approx(leniency, abs=0.12)
    assert (here["first_score"] - here["benchmark_score"]).mean() == pytest.approx(leniency, abs=0.2)
    assert abs((others["first_score"] - others["score"]).mean()) < 0.12
    told = of_district(made, "truth/rater", "lenient_district")
    assert told["leniency"].mean() == pytest.approx(leniency, abs=0.05)


def test_placement_at_the_same_score_has_the_odds_that_are_planted():
    score = np.arange(400, 700)
    favored, other = placement_odds(score, np.full(300, 550), 1.0), placement_odds(score, np.full(300, 550), 0.4)
    assert other / favored == pytest.approx(0.4)
    assert (np.diff(favored) >= 0).all()


def theil(frame: pl.DataFrame, group: str) -> tuple[float, float]:
    """Give how far sections sort a group, between 0 and 1, and what chance would give, over grades and subjects."""
    found, chance, total = 0.0, 0.0, 0
    for _, part in frame.group_by("grade", "course_subject"):
        table = part.pivot(on=group, index="section_id", values="student_id", aggregate_function="len").fill_null(0)
        counts = table.drop("section_id").to_numpy().astype(float)
        n, share = counts.sum(), counts.sum(axis=0) / counts.sum()
        entropy = -(share * np.log(share)).sum()
        if counts.shape[0] > 1 and entropy > 0:
            expected = np.outer(counts.sum(axis=1), share)
            told = (counts * np.log(np.where(counts > 0, counts, 1) / expected))[counts > 0].sum() / n
            found += n * told / entropy
            chance += (counts.shape[0] - 1) * (counts.shape[1] - 1) / 2 / entropy
            total += n
    return found / total, chance / total


def test_one_school_sorts_by_lot_and_one_completely(made):
    frames, truths = made
    sections = frames["course_section", 2025].filter(pl.col("grade").is_not_null())
    seats = (
        frames["section_enrollment", 2025]
        .join(sections.drop("district"), on="section_id")
        .join(frames["student", 2025], on=["student_id", "district"])
    )
    by_lot, sorted_out = (
        theil(seats.filter(pl.col("school_id").is_in(truths[truth].schools)), "race")
        for truth in ("school_assigned_at_random", "school_perfectly_tracked")
    )
    assert by_lot[0] < 1.6 * by_lot[1]
    assert sorted_out[0] >= 0.9


def test_a_school_makes_pace_by_lowering_its_bar(made):
    def mastered(frame: pl.DataFrame) -> float:
        taught = frame.filter((pl.col("origin") == "instruction") & (pl.col("is_mastery") == "Yes"))
        return taught.height / taught["student_id"].n_unique()

    def equivalent(frame: pl.DataFrame) -> float:
        return (frame["is_equivalent_form"].drop_nulls() == "Yes").mean()

    before, now = (of_school(made, "determination", "pace_by_lowering_the_bar", year) for year in YEARS)
    assert mastered(now) > 1.3 * mastered(before)
    pieces = [of_school(made, "evidence", "pace_by_lowering_the_bar", year) for year in YEARS]
    assert equivalent(pieces[1]) < 0.6 < equivalent(pieces[0])
    assert pieces[1].height / mastered(now) < pieces[0].height / mastered(before)


def test_what_one_group_is_found_to_lack_rises_while_what_it_lacks_does_not(made):
    before, now = (
        of_district(made, "truth/learning", "gaps_widen_by_identification", year)
        .filter(pl.col("student_group") == "SED")
        .select(pl.col("students", "competencies_lacking", "competencies_found_lacking").sum())
        .row(0)
        for year in YEARS
    )
    assert now[2] / now[0] > 1.8 * before[2] / before[0]
    assert now[1] / now[0] < 1.15 * before[1] / before[0]


def test_support_goes_to_the_top_in_one_school_and_to_need_in_another(made):
    assert (of_school(made, "truth/support", "support_goes_to_the_top")["concentration_index"] > 0.2).all()
    assert (of_school(made, "truth/support", "support_goes_to_need")["concentration_index"] < -0.3).all()


def test_the_concentration_index_is_that_of_the_worked_example():
    minutes = np.array([120.0, 90, 60, 30, 0, 0, 0, 0, 0, 0])
    assert concentration(minutes, np.arange(10, 0, -1)) == pytest.approx(-0.7)


def test_a_group_takes_part_in_the_survey_as_seldom_as_is_planted(made):
    frames, truths = made
    facts = truths["survey_misses_a_group"].facts
    invited = of_district(made, "survey_roster", "survey_misses_a_group").with_columns(
        is_member=pl.col("student_groups").str.contains("SED")
    )
    took = invited.join(frames["survey_response", 2025], on=["respondent_id", "district"], how="semi")
    share = {
        member: took.filter(pl.col("is_member") == member).height / invited.filter(pl.col("is_member") == member).height
        for member in (True, False)
    }
    assert share[True] == pytest.approx(facts["response_of_group"], abs=0.1)
    assert share[False] == pytest.approx(facts["response_of_others"], abs=0.1)


def test_answers_are_as_reliable_as_they_are_made(made):
    answers = made[0]["survey_response", 2025].filter(pl.col("construct") == "engagement")
    reversed_ones = pl.col("is_reversed") == "Yes"
    answers = answers.with_columns(value=pl.when(reversed_ones).then(6 - pl.col("value")).otherwise("value"))
    wide = answers.pivot(on="item_id", index=["respondent_id", "district"], values="value").drop_nulls()
    items = wide.drop("respondent_id", "district").to_numpy().astype(float)
    count = items.shape[1]
    alpha = count / (count - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))
    assert alpha == pytest.approx(reliability(ITEM_LOADING, CUTS, ITEMS), abs=0.03)


def test_students_change_groups_as_the_chain_says():
    for staying in STAYING:
        assert steps(staying).sum(axis=1) == pytest.approx(1.0)
        assert (LEVELS - np.trace(steps(staying))) / (LEVELS - 1) == pytest.approx(1.5 * (1 - staying))


@pytest.mark.parametrize(("seed", "students", "districts"), [(0, 6, 2), (1, 25, 5), (2, 90, 3)])
def test_the_smallest_state_has_its_records_too(seed, students, districts):
    frames, _ = records(seed, students, districts)
    assert ("section_enrollment", 2025) in frames
