"""Sorting: the published vectors, chance against its exact expectation, and the extremes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from methods import class_sorting


def counts(*schools):
    """Lay tables of section × group out as columns, one cell a school."""
    rows = [
        (school, 100 * school + section, group, number)
        for school, table in enumerate(schools)
        for section, groups in enumerate(table)
        for group, number in enumerate(groups)
        if number
    ]
    return tuple(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))


def dense(codes):
    return np.unique(codes, return_inverse=True)[1]


def measured(*schools):
    cell, section, group, number = counts(*schools)
    return class_sorting.information(cell, dense(section), group, number)


def table(*schools, draws=200):
    cell, section, group, number = counts(*schools)
    text = np.vectorize(str)
    return {
        "policy_id": np.full(len(cell), "p"),
        "school_year": np.full(len(cell), 2025),
        "subject": np.full(len(cell), "MATH"),
        "student_group": np.full(len(cell), "EL"),
        "district_id": np.full(len(cell), "1"),
        "school_id": text(cell),
        "grade": np.full(len(cell), "07"),
        "section_id": text(section),
        "category": text(group),
        "student_count": number,
        "draws": np.full(len(cell), draws),
    }


def found(columns, level, measure, entity=None):
    is_asked = (columns["level"] == level) & (columns["measure"] == measure)
    is_asked &= (columns["entity_id"] == entity) if entity else True
    (row,) = np.flatnonzero(is_asked)
    return {name: values[row] for name, values in columns.items()}


def test_gv21_gives_the_published_information_and_theil_index():
    cells = measured([[20, 5], [5, 20]], [[15, 10], [10, 15]])
    assert cells.information / cells.students == pytest.approx([0.192745, 0.020136], abs=1e-6)
    assert cells.information / cells.diversity == pytest.approx([0.278072, 0.029049], abs=1e-6)


def test_gv21_gives_the_published_split_of_two_schools():
    columns = class_sorting.class_sorting(table([[20, 5], [5, 20]], [[15, 10], [10, 15]]))
    assert found(columns, "state", "between_schools")["value"] == pytest.approx(0, abs=1e-12)
    assert found(columns, "state", "mutual_information")["value"] == pytest.approx(0.106440, abs=1e-6)
    assert found(columns, "state", "sorting")["value"] == pytest.approx(0.153561, abs=1e-6)


def test_schools_of_one_group_each_are_all_between_and_nothing_within():
    columns = class_sorting.class_sorting(table([[20, 20], [20, 20]], [[30, 10], [30, 10]]))
    assert found(columns, "state", "mutual_information")["value"] == pytest.approx(0, abs=1e-12)
    assert found(columns, "state", "between_schools")["value"] > 0.03


def test_gv21_gives_the_published_expectation_by_chance():
    cell, section, group, number = counts([[20, 5], [5, 20]])
    ((_, drawn),) = class_sorting.by_lot(cell, dense(section), group, number, 20_000)
    assert drawn.mean() / 50 == pytest.approx(0.010311, abs=3e-4)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(0, 9)), min_size=2, max_size=4))
def test_chance_has_the_exact_expectation_of_its_margins(sections):
    cell, section, group, number = counts(sections)
    section = dense(section)
    ((_, drawn),) = class_sorting.by_lot(cell, section, group, number, 4_000)
    total, sizes, margins = number.sum(), np.bincount(section, number), np.bincount(group, number)
    exact = (
        total * np.log(total)
        - (sizes * np.log(sizes)).sum()
        - (margins[margins > 0] * np.log(margins[margins > 0])).sum()
    )
    for size in sizes.astype(int):
        for margin in margins.astype(int):
            k = np.arange(1, min(size, margin) + 1)
            exact += (hypergeom.pmf(k, total, margin, size) * k * np.log(k)).sum()
    assert drawn.mean() == pytest.approx(exact, abs=6 * drawn.std() / np.sqrt(4_000) + 1e-9)


def test_sections_of_one_group_each_read_the_maximum():
    columns = class_sorting.class_sorting(table([[25, 0], [0, 25]]))
    assert found(columns, "school", "sorting", "0")["value"] == pytest.approx(1)
    assert found(columns, "school", "chance_of_as_much", "0")["value"] < 0.01


def test_sections_alike_read_nothing():
    columns = class_sorting.class_sorting(table([[10, 15], [10, 15]]))
    assert found(columns, "school", "sorting", "0")["value"] == pytest.approx(0, abs=1e-12)
    assert found(columns, "school", "chance_of_as_much", "0")["value"] == 1


def test_a_school_dealt_by_lot_lies_inside_the_band_of_chance_in_nine_of_ten_replicates():
    """Two hundred schools of four sections, dealt by lot with a seed, in one run."""
    generator = np.random.default_rng(1)
    schools = []
    for _ in range(200):
        groups = generator.permutation(np.repeat([0, 1], [70, 30])).reshape(4, 25)
        schools.append([(int((group == 0).sum()), int((group == 1).sum())) for group in groups])
    columns = class_sorting.class_sorting(table(*schools, draws=500))
    inside = 0
    for school in range(200):
        value = found(columns, "school", "sorting", str(school))["value"]
        chance = found(columns, "school", "sorting_by_chance", str(school))
        inside += chance["interval_low"] - 1e-12 <= value <= chance["interval_high"] + 1e-12
    assert inside >= 180


def test_the_order_of_rows_and_a_second_run_change_nothing():
    first = table([[20, 5], [5, 20]], [[15, 10], [10, 15], [3, 9]])
    order = np.random.default_rng(3).permutation(len(first["draws"]))
    again = class_sorting.class_sorting({name: column[order] for name, column in first.items()})
    for name, column in class_sorting.class_sorting(first).items():
        assert (again[name] == column).all() or np.array_equal(again[name], column, equal_nan=True)
