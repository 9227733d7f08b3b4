"""What a broken step may say: the step, the kind of error, the place in the code; never a value."""

import dagster as dg
import pytest

from orchestration import settings, work


def test_a_failure_names_the_kind_of_error_and_the_place_but_not_the_message(place):
    with pytest.raises(dg.Failure) as caught, work.at_work("The door"):
        raise ValueError("Adams, Ada 0000000417 scored 461")
    assert caught.value.description.startswith("The door broke: ValueError at tests/unit/orchestration/test_work.py:")
    assert "0000000417" not in caught.value.description
    assert caught.value.__suppress_context__


def test_a_sentence_meant_for_the_person_is_passed_on_as_it_is(place):
    with pytest.raises(dg.Failure, match="no complete build"), work.at_work("The release"):
        raise settings.CannotRunError("There is no complete build.")


def test_a_step_works_with_private_files_and_holds_the_home(place):
    with work.at_work("The door") as home:
        (home.root / "made").write_text("")
        assert (home.root / "made").stat().st_mode & 0o077 == 0
        assert home.root in settings._held


@pytest.mark.parametrize(
    "message, kept",
    [
        ("Runtime Error in model x\n  Conversion Error: Could not convert string '461.0' to INT32", "Conversion Error"),
        ('Database Error\n  Constraint Error: Duplicate key "student_id: 0417"', "Constraint Error"),
        ("Conversion Error: Could not convert string 'Binder Error 0417' to INT32", "Conversion Error"),
        ("student 0417 has two rows", "an error of a kind not known"),
        (
            'Runtime Error\n Binder Error: column "grade" not found',
            'Runtime Error Binder Error: column "grade" not found',
        ),
    ],
)
def test_of_a_database_error_only_the_kind_is_kept_unless_it_can_only_be_about_code(message, kept):
    assert work.without_values(message) == kept
