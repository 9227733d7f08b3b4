"""One good record of each collection, as text, and a way to hold rows against a contract. No expectations live here."""

import polars as pl
import pytest

from expectations.collections import CONTRACTS
from expectations.collections.validation import Examined, examine

GOOD = {
    "district": {"district_id": "0470", "district_name": "Apple Valley", "district_type": "regular"},
    "school": {
        "school_id": "0063",
        "school_name": "North",
        "school_level": "elementary",
        "lowest_grade": "KG",
        "highest_grade": "05",
        "title_i_status": "Yes",
        "charter_status": "No",
        "operational_status": "open",
    },
    "student": {
        "student_id": "S1",
        "last_name": "Rivera",
        "first_name": "Ana",
        "birth_date": "2014-10-03",
        "sex": "F",
        "hispanic_latino_ethnicity": "No",
        "races": "WH;AS",
    },
    "student_status": {
        "student_id": "S1",
        "status": "english_learner",
        "begin_date": "2022-09-01",
        "end_date": "",
    },
    "enrollment": {
        "student_id": "S1",
        "school_id": "0063",
        "grade": "03",
        "entry_date": "2024-08-20",
        "exit_date": "",
        "entry_code": "",
        "exit_code": "",
        "is_primary_school": "Yes",
        "accountable_school_id": "",
    },
    "assessment": {
        "student_id": "S1",
        "school_id": "0063",
        "subject": "MATH",
        "grade_assessed": "03",
        "assessment_form": "",
        "administration_date": "2025-04-08",
        "attempt_number": "1",
        "participation_status": "participated",
        "reason_not_tested": "",
        "scale_score": "461.5",
        "scale_score_standard_error": "12.25",
        "performance_level": "2",
        "full_academic_year_school": "Yes",
        "full_academic_year_district": "Yes",
        "full_academic_year_state": "Yes",
    },
}


@pytest.fixture(scope="session")
def good() -> dict[str, dict[str, str]]:
    """A record of each collection in which nothing is to be found, of district 0470 in 2025."""
    return GOOD


@pytest.fixture(scope="session")
def examined():
    """Hold changed copies of the good record against the contract of a collection."""

    def hold(collection: str, *changes: dict[str, str | None]) -> Examined:
        rows = pl.DataFrame([{**GOOD[collection], **change} for change in changes], infer_schema_length=None)
        return examine(rows.cast(pl.String), CONTRACTS[collection], district_id="0470", school_year=2025)

    return hold
