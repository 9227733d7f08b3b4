select
    school_year,
    district_id,
    respondent_id,
    wave,
    item_id,
    construct,
    is_reversed,
    value,
    lowest_value,
    highest_value,
    response_date,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "survey_response") }}
