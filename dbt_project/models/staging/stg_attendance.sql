select
    school_year,
    district_id,
    student_id,
    school_id,
    attendance_date,
    entry_date,
    fraction_absent,
    absence_type,
    days_expected,
    days_absent,
    is_exempt,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "attendance") }}
