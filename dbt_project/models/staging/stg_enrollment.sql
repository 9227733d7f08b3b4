select
    school_year,
    district_id,
    student_id,
    school_id,
    grade,
    entry_date,
    exit_date,
    is_primary_school,
    accountable_school_id,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "enrollment") }}
