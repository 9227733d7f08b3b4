select
    school_year,
    district_id,
    student_id,
    sex,
    hispanic_latino_ethnicity,
    races,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "student") }}
