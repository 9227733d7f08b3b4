select
    school_year,
    district_id,
    staff_id,
    school_id,
    section_id,
    assignment_kind,
    begin_date,
    end_date,
    full_time_equivalent,
    experience_years,
    is_out_of_field,
    has_emergency_credential,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "staff_assignment") }}
