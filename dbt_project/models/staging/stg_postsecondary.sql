select
    school_year,
    district_id,
    student_id,
    outcome_kind,
    outcome_name,
    outcome_date,
    score,
    course_grade,
    credits_earned,
    is_on_approved_list,
    institution_name,
    school_id,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "postsecondary") }}
