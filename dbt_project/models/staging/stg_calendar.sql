select
    school_year,
    district_id,
    school_id,
    calendar_date,
    is_instructional,
    instructional_month,
    instructional_minutes,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "calendar") }}
