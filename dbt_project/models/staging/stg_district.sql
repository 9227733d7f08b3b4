select
    school_year,
    district_id,
    district_name,
    district_type,
    information_system_vendor,
    city,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "district") }}
