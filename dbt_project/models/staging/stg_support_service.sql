select
    school_year,
    district_id,
    student_id,
    service_date,
    service_id,
    support_kind,
    minutes,
    planned_minutes,
    school_id,
    target_competency_id,
    framework_version,
    staff_id,
    record_line,
    submission_id,
    worst_severity
from {{ source("accepted", "support_service") }}
