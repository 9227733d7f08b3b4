select
    school_year,
    district_id,
    respondent_id,
    wave,
    school_id,
    respondent_role,
    invited_date,
    grade,
    student_groups,
    is_eligible,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "survey_roster") }}
