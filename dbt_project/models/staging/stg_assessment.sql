with
    accepted as (
        select
            school_year,
            district_id,
            student_id,
            school_id,
            subject,
            grade_assessed,
            assessment_form,
            administration_date,
            attempt_number,
            participation_status,
            reason_not_tested,
            scale_score,
            scale_score_standard_error,
            performance_level,
            full_academic_year_school,
            full_academic_year_district,
            full_academic_year_state,
            record_line,
            submission_id,
            worst_severity
        from {{ source("accepted", "assessment") }}
    )

select
    school_year,
    district_id,
    student_id,
    school_id,
    subject,
    grade_assessed,
    assessment_form,
    administration_date,
    attempt_number,
    participation_status,
    reason_not_tested,
    scale_score,
    scale_score_standard_error,
    performance_level,
    full_academic_year_school,
    full_academic_year_district,
    full_academic_year_state,
    record_line,
    submission_id,
    worst_severity
from accepted
