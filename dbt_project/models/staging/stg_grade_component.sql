select
    school_year,
    district_id,
    section_id,
    component_id,
    component_kind,
    component_name,
    weight,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "grade_component") }}
