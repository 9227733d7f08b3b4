"""What mappings promise: they are data, checked where they are wrong, and lose no row of an export."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions import mapping
from submissions.layout import STANDS_FOR, records
from submissions.mapping import MappingError, Value
from submissions.reading import LINE, read
from tests.known_counts import ROWS_STUDENTS_AND_SCHOOLS

EXPORT = r"""
title: An export with one row for each student and two scores
file_name: '(?P<school_year_begin>\d{4})-\d{4}_district_(?P<district_id>\d+)\.csv'
district_id: {column: leaid, zero_pad: 4}
school_year: {column: YEAR, pattern: '\d{4}_(\d{4})'}
collections:
  student:
    columns:
      student_id: {column: id, zero_pad: 5}
      sex: {column: gender, strip_prefix: 'Gender: ', codes: {Female: F, Male: M}}
      hispanic_latino_ethnicity: {column: race, codes: {Hispanic: 'Yes', '*': 'No'}}
      local_bus: bus
  student_status:
    columns: {student_id: {column: id, zero_pad: 5}}
    rows:
      - columns: {status: {constant: english_learner}}
        where: {column: ell, keep: ['Y'], leave: ['N', '']}
      - columns: {status: {constant: disability}}
        where: {column: iep, keep: ['Y'], leave: ['*']}
  assessment:
    columns:
      student_id: {column: id, zero_pad: 5}
      school_id: {constant: '0001'}
      grade_assessed: {constant: '03'}
    rows:
      - columns:
          subject: {constant: RLA}
          participation_status: {column: read, codes: {'': not_participated, '*': participated}}
      - columns:
          subject: {constant: MATH}
          participation_status: {column: math, codes: {'': not_participated, '*': participated}}
unused:
  photo: no one needs it
"""
HEADER = "id,gender,race,bus,ell,iep,read,math,leaid,YEAR,photo"


def export(*rows: str):
    return read(
        "\n".join([HEADER, *(f"{row},11,2024_2025," for row in rows), ""]).encode(), "2024-2025_district_11.csv"
    )


@pytest.fixture(scope="module")
def declared():
    return mapping.parse("export", EXPORT.encode())


def mapped(table, declared) -> dict:
    return {one.collection: one for one in records(table, declared)}


# --- what a value goes through


@pytest.mark.parametrize(
    ("steps", "sent", "expected"),
    [
        ({}, [" a ", ""], [" a ", ""]),
        ({"strip_prefix": "ELL: "}, ["ELL: Yes", "Yes", "ELL: ", ""], ["Yes", "Yes", "", ""]),
        ({"pattern": r"\d{4}_(\d{4})"}, ["2024_2025", "2024", "x2024_2025", ""], ["2025", "2024", "x2024_2025", ""]),
        ({"codes": {"Male": "M"}}, ["Male", "male", "Other", ""], ["M", "male", "Other", ""]),
        ({"codes": {"Male": "M", "*": "X"}}, ["Male", "male", ""], ["M", "X", ""]),
        ({"codes": {"": "N", "*": "Y"}}, ["1", ""], ["Y", "N"]),
        ({"zero_pad": 4}, ["7", "12345", "-7", "7a", "", "+7"], ["0007", "12345", "-7", "7a", "", "+7"]),
        ({"add_prefix": "School "}, ["0063", ""], ["School 0063", ""]),
        ({"codes": {"k": "KG"}, "zero_pad": 2}, ["k", "3", "10"], ["KG", "03", "10"]),
        ({"strip_prefix": "S", "zero_pad": 3, "add_prefix": "School "}, ["S7"], ["School 007"]),
    ],
)
def test_a_value_goes_through_its_steps_in_order_and_passes_unchanged_where_they_do_not_apply(steps, sent, expected):
    frame = pl.DataFrame({"column": sent})
    assert frame.select(Value(column="column", **steps).expression()).to_series().to_list() == expected


# --- records


def test_rows_that_say_the_same_become_one_record_that_stands_for_them_all(declared):
    table = export(
        "7,Gender: Male,White,A,N,N,1,2", "7,Gender: Male,White,A,Y,N,1,2", "8,Gender: Female,Hispanic,,N,N,1,2"
    )
    students = mapped(table, declared)["student"].frame
    assert students.columns == ["student_id", "sex", "hispanic_latino_ethnicity", "local_bus", LINE, STANDS_FOR]
    assert students.rows() == [("00007", "M", "No", "A", 2, 2), ("00008", "F", "Yes", "", 4, 1)]


def test_rows_that_differ_stay_apart(declared):
    table = export("7,Gender: Male,White,A,N,N,1,2", "7,Gender: Female,White,A,N,N,1,2")
    assert mapped(table, declared)["student"].frame["sex"].to_list() == ["M", "F"]


def test_one_row_makes_one_record_for_each_entry_in_the_order_of_the_file(declared):
    table = export("7,,,,N,N,447,", "8,,,,N,N,,")
    assessments = mapped(table, declared)["assessment"]
    assert assessments.frame.select("student_id", "subject", "participation_status", LINE).rows() == [
        ("00007", "RLA", "participated", 2),
        ("00007", "MATH", "not_participated", 2),
        ("00008", "RLA", "not_participated", 3),
        ("00008", "MATH", "not_participated", 3),
    ]
    assert assessments.rows_received == 4


def test_a_flag_that_is_neither_kept_nor_left_makes_no_record_and_is_told(declared):
    statuses = mapped(export("7,,,,Y,Y,1,1", "8,,,,Maybe,Maybe,1,1", "9,,,,N,,1,1"), declared)["student_status"]
    assert statuses.frame.select("student_id", "status").rows() == [
        ("00007", "english_learner"),
        ("00007", "disability"),
    ]
    assert (statuses.rows_received, statuses.rows_not_applicable) == (6, 4)
    assert [(one.rule, one.severity, one.field, one.line, one.count) for one in statuses.notices] == [
        ("SUB-007", "explain", "ell", 3, 1),
        ("SUB-007", "explain", "iep", 4, 1),
    ]
    assert "Maybe" not in repr(statuses.notices)


@pytest.mark.parametrize(
    ("keep", "leave", "kept", "known"),
    [
        (("Y",), ("N", ""), [True, False, False, False], [True, True, True, False]),
        (("Y",), ("*",), [True, False, False, False], [True, True, False, True]),
        (("*",), ("N", ""), [True, False, False, True], [True, True, True, True]),
    ],
)
def test_the_star_stands_for_any_other_value_that_is_not_blank(keep, leave, kept, known):
    frame = pl.DataFrame({"flag": ["Y", "N", "", "Maybe"]})
    masks = mapping.Where(Value(column="flag"), keep, leave).expressions()
    assert [frame.select(mask).to_series().to_list() for mask in masks] == [kept, known]


CELL = st.sampled_from(["", "1", "2", "Y", "N", "Gender: Male", "Hispanic", "é;x"])


@given(rows=st.lists(st.tuples(*[CELL] * 8).map(",".join), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_every_row_of_an_export_is_accounted_for_in_every_collection(declared, rows):
    table = export(*rows)
    for one in records(table, declared):
        made = len(declared.collections[one.collection])
        assert one.rows_received == table.rows * made
        assert one.frame[STANDS_FOR].sum() + one.rows_not_applicable == one.rows_received
        assert one.frame[LINE].is_sorted() and set(one.frame[LINE]) <= set(table.frame[LINE])
        assert not one.frame.select(pl.exclude(LINE, STANDS_FOR)).is_duplicated().any()


# --- a mapping that is wrong


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            "zero_pad: 5",
            "zeropad: 5",
            "student.columns.student_id: 'zeropad' is not a setting; did you mean 'zero_pad'?",
        ),
        ("      sex:", "      gender:", "collections.student.columns: 'gender' is not a column of student"),
        ("  student_status:", "  status:", "collections.status: there is no such collection"),
        ("subject: {constant: MATH}", "status: {constant: MATH}", "'status' is not a column of assessment"),
        ("          subject: {constant: RLA}\n", "", "collections.assessment: the column 'subject' is required"),
        ("keep: ['Y'], leave: ['N', '']", "keep: [], leave: ['N']", "where.keep: the values that make a record"),
        ("keep: ['Y']", "keep: Y", "rows[0].where.keep: a list is expected here"),
        (r"'\d{4}_(\d{4})'", r"'\d{4}_\d{4}'", "school_year.pattern: one group"),
        (r"'\d{4}_(\d{4})'", r"'(?<=x)(\d)'", "school_year.pattern: the pattern does not compile"),
        ("(?P<school_year_begin>", "(?P<year>", "file_name: the groups district_id and one of school_year"),
        ("{column: leaid, zero_pad: 4}", "{constant: '11'}", "district_id: a column of the export is expected"),
        ("  photo:", "  gender:", "unused: 'gender' is read by this mapping"),
        ("local_bus: bus", "sex: bus", "'sex' stands twice"),
        ("title:", "title: [", "export.yaml, line"),
        ("title: An export with one row for each student and two scores", "", "top: 'title' is missing"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(was, becomes, said):
    assert was in EXPORT
    with pytest.raises(MappingError) as error:
        mapping.parse("export", EXPORT.replace(was, becomes, 1).encode())
    assert str(error.value).startswith("export.yaml") and said in str(error.value)


def test_yes_no_and_leading_zeros_in_a_mapping_stay_text():
    declared = mapping.parse(
        "export", EXPORT.replace("{Hispanic: 'Yes', '*': 'No'}", "{Hispanic: Yes, '*': 03}").encode()
    )
    assert declared.collections["student"][0].values["hispanic_latino_ethnicity"].codes == {
        "Hispanic": "Yes",
        "*": "03",
    }


def test_an_unknown_mapping_is_answered_with_the_names_of_those_there_are():
    with pytest.raises(MappingError, match=r"no mapping '\.\./star'; there are sgpdata, star"):
        mapping.load("../star")


def test_the_district_and_the_ending_year_are_read_from_the_file_name(declared):
    assert declared.submission_of("2024-2025_district_11.csv") == ("0011", 2025)
    assert declared.submission_of("2024-2025_district_11.csv.bak") is None


# --- the mappings of the house


@pytest.mark.parametrize("name", sorted(file.stem for file in mapping.FOLDER.glob("*.yaml")))
def test_every_mapping_of_the_house_can_be_loaded(name):
    declared = mapping.load(name)
    assert declared.collections.keys() >= {"school", "student", "enrollment"}


@pytest.mark.shared_data
def test_the_real_exports_give_the_known_numbers_of_rows_students_and_schools(sgpdata: Path):
    declared = mapping.load("sgpdata")
    seen = {}
    for file in sorted(sgpdata.glob("*_district_*.csv.gz")):
        table = read(file, file.name)
        found = mapped(table, declared)
        seen[declared.submission_of(file.name)] = (
            table.rows,
            found["student"].frame["student_id"].n_unique(),
            found["school"].frame["school_id"].n_unique(),
        )
        for one in found.values():
            assert one.frame[STANDS_FOR].sum() + one.rows_not_applicable == one.rows_received
            assert one.notices == ()
        assert found["district"].frame.height == 1
        assert found["assessment"].frame.height == table.rows
        assert set(found["assessment"].frame["performance_level"]) <= {"1", "2", "3", "4", ""}
    assert seen == ROWS_STUDENTS_AND_SCHOOLS
