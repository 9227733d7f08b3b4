select
    school_year,
    district_id,
    student_id,
    habit_id,
    rating_date,
    rater_role,
    score,
    highest_score,
    rater_id,
    school_id,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "habit_rating") }}
