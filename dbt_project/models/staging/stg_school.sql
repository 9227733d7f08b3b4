select
    school_year,
    district_id,
    school_id,
    school_name,
    school_level,
    lowest_grade,
    highest_grade,
    title_i_status,
    charter_status,
    operational_status,
    prior_school_id,
    number_changed_date,
    city,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "school") }}
