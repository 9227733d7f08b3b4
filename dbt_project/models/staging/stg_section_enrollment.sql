select
    school_year,
    district_id,
    student_id,
    section_id,
    begin_date,
    end_date,
    course_outcome,
    final_grade,
    grade_points,
    credits_attempted,
    credits_earned,
    is_repeat,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "section_enrollment") }}
