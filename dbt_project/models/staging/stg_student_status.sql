select
    school_year,
    district_id,
    student_id,
    status,
    begin_date,
    end_date,
    primary_disability,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "student_status") }}
