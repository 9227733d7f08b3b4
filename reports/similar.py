"""What a release says of how places are alike: the grades they offer, how many students they have, and who these are.

Only published rows are read. How far two places are from each other is worked out where they are compared, in
static/site.js, for the facts that the reader chooses; pages/similar_schools.en.md says how.
"""

from typing import Any

import polars as pl

from reports.published import ALL_GRADES, ALL_STUDENTS, STATE, Published

GROUPS = ("SED", "EL", "SWD")
"""The student groups whose shares make places alike: with a low income, learning English, with disabilities."""


def facts(book: Published) -> dict[str, Any]:
    """Give the facts of each place in the last year; `counted` says whose counts they are, `places` has their rows.

    A row is the first letter of the level, the id, the places of the lowest and of the highest grade in the order of
    grades, the number of students, and that of each of `groups`; nothing where it is not published, 0 for no students.
    """
    counted = _most_counted(book)
    groups = [group for group in GROUPS if any(row["student_group"] == group for row in book.groups)]
    counts = {} if counted is None else _counts(book, counted, groups)
    grades = {code: place for place, code in enumerate(code for code in book.grades if code != ALL_GRADES)}
    places = []
    for (level, entity_id), row in book.entities.items():
        known = counts.get((level, entity_id), {})
        if (level, entity_id) != STATE and known.get(ALL_STUDENTS):
            ends = [grades.get(row[end]) for end in ("lowest_grade", "highest_grade")]
            places.append([level[0], entity_id, *ends, *(known.get(group) for group in (ALL_STUDENTS, *groups))])
    return {"counted": counted, "groups": groups, "places": places}


def _most_counted(book: Published) -> dict[str, str] | None:
    """Name the headline and subject for which the most students of the state were counted in the last year."""
    found = []
    for order, indicator in enumerate(book.indicators):
        slug = indicator["indicator"]
        for population in book.populations_of(slug)[:1]:
            for subject in book.subjects_of(slug):
                measure = book.headline(slug)["measure"]
                key = (book.last_year, slug, population, ALL_STUDENTS, ALL_GRADES, subject, measure)
                cell = book.state.get(key)
                if cell is not None and cell.count:
                    asked = {"indicator": slug, "population": population, "subject": subject, "measure": measure}
                    found.append((cell.count, -order, asked))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _counts(book: Published, counted: dict[str, str], groups: list[str]) -> dict[tuple[str, str], dict[str, int]]:
    """Give the published numbers of students of each place, by group."""
    asked = {**counted, "school_year": book.last_year, "grade_span": ALL_GRADES}
    rows = (
        pl.scan_parquet(book.values)
        .filter(pl.col("student_group").is_in([ALL_STUDENTS, *groups]))
        .filter(pl.all_horizontal(pl.col(name) == value for name, value in asked.items()))
        .select(
            "level",
            "entity_id",
            "student_group",
            pl.when(pl.col("value_status") == "no_students").then(0).otherwise("student_count").alias("count"),
        )
        .filter(pl.col("count").is_not_null())
        .collect(engine="streaming")
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for level, entity_id, group, count in rows.iter_rows():
        found.setdefault((level, entity_id), {})[group] = count
    return found
