"""What a page says in short, and when it says that a number is higher, lower or about the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import plain_language, words
from reports.charts import Cell
from reports.summaries import Told, change, headline, in_short
from reports.words import CANNOT_TELL, HIGHER, LOWER, SAME, decide, is_worse

ENGLISH, SPANISH = words.language("en"), words.language("es")
OPPOSITE = {HIGHER: LOWER, LOWER: HIGHER, SAME: SAME, CANNOT_TELL: CANNOT_TELL}
NAMES = {
    "learning": (
        "achievement",
        "{value} of students met the standard in {subject}.",
        "El {value} de los estudiantes alcanzó el estándar en {subject}.",
    ),
    "growth": (
        "growth",
        "In a year of classes, students grew {number} grade levels in {subject}.",
        "En un año de clases, los estudiantes avanzaron {number} grados en {subject}.",
    ),
    "engagement": (
        "absence",
        "{value} of students missed too many days.",
        "El {value} de los estudiantes faltó demasiados días.",
    ),
}


def cell(value=None, low=None, high=None, status="ok", count=200) -> Cell:
    """A published result, from numbers."""
    texts = [None if number is None else f"{number:g}" for number in (value, low, high)]
    return Cell(status, count, *texts, *(None if text is None else float(text) for text in texts))


def bounded(low, high, count=200) -> Cell:
    """A result published as a range; an end may be open."""
    return cell(None, low, high, "range", count)


def hidden() -> Cell:
    """A result that is hidden."""
    return cell(status="suppressed", count=None)


def told(topic: str, own: Cell, unit="percent", better="higher", is_lead=True, **more) -> Told:
    """A headline of a made-up indicator."""
    slug, english, spanish = NAMES[topic]
    labels = {"label_en": slug.capitalize(), "label_es": slug.capitalize()}
    indicator = {
        "indicator": slug,
        "topic": topic,
        "is_lead": is_lead,
        "in_short_en": english,
        "in_short_es": spanish,
        **labels,
    }
    return Told(indicator, {"unit": unit, "better": better}, "Mathematics", own, **more)


def texts(*ones: Told, say=ENGLISH) -> list[str]:
    """The sentences in short, without what they lead to."""
    return [sentence.text for sentence in in_short(say, ones)]


# ---- the one decision ----


@pytest.mark.parametrize(
    ("own", "other", "word"),
    [
        (cell(60, 55, 65), cell(50, 49, 51), HIGHER),
        (cell(40, 35, 45), cell(50, 49, 51), LOWER),
        (cell(50, 45, 55), cell(50, 49, 51), SAME),
        (cell(53, 51, 55), cell(50, 49, 51), SAME),
        (cell(0, 0, 2), cell(5, 4, 6), LOWER),
        (cell(100, 98, 100), cell(50, 49, 51), HIGHER),
        (cell(1, 0, 3), cell(0, 0, 2), SAME),
        (cell(60), cell(50, 49, 51), CANNOT_TELL),
        (hidden(), cell(50, 49, 51), CANNOT_TELL),
        (cell(60, 55, 65), hidden(), CANNOT_TELL),
        (cell(60, 55, 65, "incomplete"), cell(50, 49, 51), CANNOT_TELL),
        (cell(60, 55, 65), cell(50, 49, 51, "under_review"), CANNOT_TELL),
        (cell(60, 55, 65, "not_comparable"), cell(50, 49, 51), HIGHER),
    ],
)
def test_a_number_is_higher_or_lower_only_where_likely_ranges_do_not_meet(own, other, word):
    assert decide(own, other, "percent") == word


@pytest.mark.parametrize(
    ("own", "word"),
    [
        (bounded(95, None), HIGHER),
        (bounded(None, 5), LOWER),
        (bounded(60, 70), HIGHER),
        (bounded(60, 70, count=20), CANNOT_TELL),
        (bounded(45, 55), CANNOT_TELL),
        (bounded(95, None, count=None), CANNOT_TELL),
    ],
)
def test_a_range_is_higher_only_where_its_students_make_chance_unlikely(own, word):
    assert decide(own, cell(50, 49, 51), "percent") == word
    assert decide(cell(50, 49, 51), own, "percent") == OPPOSITE[word]


def test_a_range_of_anything_but_a_share_cannot_be_told():
    assert decide(bounded(95, None), cell(50, 49, 51), "score") == CANNOT_TELL


def test_across_a_change_of_definition_nobody_can_tell():
    now, before = cell(60, 55, 65, "not_comparable"), cell(40, 35, 45)
    assert decide(now, before, "percent", over_time=True) == CANNOT_TELL


@st.composite
def results(draw) -> Cell:
    """Any result, of any status."""
    low, value, high = sorted(draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    count = draw(st.integers(1, 10_000))
    return draw(
        st.sampled_from(
            [cell(value, low, high), cell(value), bounded(low, high, count), bounded(low, None, count), hidden()]
        )
    )


@given(results(), results())
def test_what_is_higher_one_way_is_lower_the_other(own, other):
    assert decide(own, other, "percent") == OPPOSITE[decide(other, own, "percent")]


@given(results())
def test_nothing_differs_from_itself(own):
    assert decide(own, own, "percent") in {SAME, CANNOT_TELL}


@pytest.mark.parametrize(
    ("word", "better", "worse"),
    [(LOWER, "higher", True), (HIGHER, "lower", True), (LOWER, "neither", False), (SAME, "higher", False)],
)
def test_what_is_worse_depends_on_which_numbers_are_better(word, better, worse):
    assert is_worse(word, better) is worse


# ---- the sentences ----


def test_in_short_tells_level_growth_and_one_thing_to_watch():
    level = told("learning", cell(52, 47, 57), beside=cell(50, 49.5, 50.5))
    group = told("learning", cell(31, 24, 38), beside=level.cell, group="English learners")
    growth = told("growth", cell(1.2, 1.1, 1.3), unit="multiple", beside=cell(1, 0.99, 1.01))
    assert texts(level, group, growth) == [
        "52% of students met the standard in mathematics. That is about the same as in the state (50%).",
        "In a year of classes, students grew 1.2 grade levels in mathematics. That is higher than in the state (1).",
        "One thing to watch: achievement in the group “English learners”. "
        "There it is 31%, and 52% for all students here.",
    ]
    assert len(plain_language.sentences(" ".join(texts(level, group, growth)))) == 6


def test_a_rate_is_said_as_its_sentence_says_it_and_with_its_sign_where_no_sentence_does():
    growth = told("growth", cell(1.2, 1.1, 1.3), unit="multiple", before=cell(0.9, 0.8, 1))
    assert change(ENGLISH, growth, 2024) == "Up since 2023–24, from 0.9 to 1.2."
    group = told("growth", cell(0.5, 0.4, 0.6), unit="multiple", beside=growth.cell, group="English learners")
    assert texts(growth, group)[-1].endswith("There it is 0.5×, and 1.2× for all students here.")


def test_the_group_that_is_farthest_behind_is_watched():
    level = told("learning", cell(52, 47, 57))
    near, far, ahead = (
        told("learning", own, beside=level.cell, group=group)
        for own, group in ((cell(40, 36, 44), "near"), (cell(20, 15, 25), "far"), (cell(90, 88, 92), "ahead"))
    )
    for order in ((near, far, ahead), (ahead, far, near)):
        assert "the group “far”" in texts(level, *order)[-1]


def test_what_leads_its_topic_is_told_first():
    follower, leader = told("learning", cell(52), is_lead=False), told("growth", cell(1.2), unit="multiple")
    other = leader._replace(indicator=follower.indicator | {"is_lead": True, "indicator": "leader"})
    assert [one.indicator for one in in_short(ENGLISH, [follower, other])] == ["leader"]


def test_each_sentence_leads_to_what_it_speaks_of():
    sentences = in_short(ENGLISH, [told("learning", cell(52, 47, 57)), told("growth", cell(1.2))])
    assert [sentence.indicator for sentence in sentences] == ["achievement", "growth"]


def test_spanish_says_the_same():
    level = told("learning", cell(52, 47, 57), beside=cell(60, 59, 61))
    assert texts(level, say=SPANISH) == [
        "El 52% de los estudiantes alcanzó el estándar en mathematics. Es más bajo que en el estado (60%)."
    ]


def test_a_range_is_said_as_a_range():
    assert texts(told("learning", bounded(95, None))) == ["95% or more of students met the standard in mathematics."]
    assert texts(told("learning", bounded(5, 10)))[0].startswith("5% to 10% of students")


def test_missing_records_are_said_and_nothing_is_compared():
    level = told("learning", cell(90, 85, 95, "incomplete"), beside=cell(50, 49, 51))
    assert texts(level) == [
        "90% of students met the standard in mathematics. Some records are missing, so read it with care."
    ]


def test_nothing_to_watch_is_no_sentence():
    level = told("learning", cell(52, 47, 57), beside=cell(50, 49, 51), before=cell(55, 50, 60))
    assert len(texts(level)) == 1


def test_a_fall_inside_the_likely_range_is_no_fall():
    level = told("learning", cell(52, 47, 57), before=cell(55, 50, 60))
    assert texts(level) == ["52% of students met the standard in mathematics."]
    assert change(ENGLISH, level, 2024) == "About the same as in 2023–24 (55%, now 52%)."


def test_a_fall_beyond_it_is_watched_and_a_fall_of_what_should_fall_is_not():
    fallen = told("learning", cell(40, 35, 45), before=cell(55, 50, 60))
    assert texts(fallen)[-1].endswith("The year before it was 55%.")
    assert change(ENGLISH, fallen, 2024) == "Down since 2023–24, from 55% to 40%."
    better = told("engagement", cell(10, 8, 12), better="lower", before=cell(20, 18, 22))
    assert len(texts(better)) == 1


def test_what_is_worse_than_the_state_is_watched_before_what_fell():
    fallen = told("learning", cell(40, 35, 45), before=cell(55, 50, 60))
    absence = told("engagement", cell(30, 28, 32), better="lower", beside=cell(20, 19, 21))
    assert texts(fallen, absence)[-1] == (
        "One thing to watch: 30% of students missed too many days. In the state it is 20%."
    )


def test_a_change_across_definitions_is_not_told():
    assert "do not compare" in change(
        ENGLISH, told("learning", cell(52, status="not_comparable"), before=cell(55)), 2024
    )
    assert change(ENGLISH, told("learning", cell(52), before=hidden()), 2024) is None
    assert change(ENGLISH, told("learning", hidden(), before=cell(52)), 2024) is None
    assert change(ENGLISH, told("learning", cell(52)), 2024) is None


def test_where_nothing_has_a_number_one_sentence_says_why():
    assert texts(told("learning", hidden()), told("growth", hidden())) == [ENGLISH("summary.all_hidden")]
    silent = told("growth", cell(status="not_reported", count=None))
    assert texts(told("learning", hidden()), silent) == [ENGLISH("summary.nothing")]
    assert texts() == [ENGLISH("summary.no_rows")]


def test_a_hidden_number_never_appears_beside_a_shown_one():
    level = told("learning", cell(52, 47, 57), beside=hidden(), before=hidden())
    group = told("learning", hidden(), beside=level.cell, group="English learners")
    assert texts(level, group) == ["52% of students met the standard in mathematics."]


@pytest.mark.parametrize(("value", "said"), [(0, "0%"), (1, "1%"), (100, "100%")])
def test_a_headline_is_the_number_as_published(value, said):
    assert headline(ENGLISH, told("learning", cell(value))) == f"{said} of students met the standard in mathematics."


@given(st.lists(st.tuples(st.sampled_from(sorted(NAMES)), results(), results(), results()), max_size=6))
def test_whatever_is_published_there_are_at_most_three_short_points(rows):
    ones = [told(topic, own, beside=beside, before=before) for topic, own, beside, before in rows]
    for say in (ENGLISH, SPANISH):
        points = texts(*ones, say=say)
        assert 1 <= len(points) <= 3
        assert all(plain_language.word_count(one) <= 25 for text in points for one in plain_language.sentences(text))
