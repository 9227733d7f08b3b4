select
    school_year,
    district_id,
    from_competency_id,
    to_competency_id,
    framework_version,
    edge_type,
    strength,
    weight,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "competency_edge") }}
