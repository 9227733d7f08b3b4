select
    school_year,
    district_id,
    competency_id,
    framework_version,
    statement,
    course_subject,
    nominal_grade,
    nominal_months,
    is_essential,
    mastery_level,
    highest_level,
    parent_competency_id,
    has_public_rubric,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "competency") }}
