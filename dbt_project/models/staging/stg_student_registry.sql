select
    school_year,
    district_id,
    student_id,
    sex,
    registry_status,
    registered_date,
    first_grade_nine_school_year,
    enrolled_district_id,
    enrolled_since_date,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "student_registry") }}
