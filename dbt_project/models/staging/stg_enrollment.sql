select
    school_year,
    district_id,
    student_id,
    school_id,
    grade,
    entry_date,
    exit_date,
    entry_code,
    exit_code,
    is_primary_school,
    accountable_school_id,
    exit_type,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "enrollment") }}
