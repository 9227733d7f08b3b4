-- The members of each graduation cohort in the school that answers for them, its district and the state.
with
    cohort as (
        select
            policy_id,
            school_year,
            student_id,
            district_id,
            school_id,
            cohort_year,
            is_reported_as_removed,
            is_removed,
            exclusion,
            diploma_school_year
        from {{ ref("int_graduation_cohort") }}
    )

select
    policy_id,
    school_year,
    levels.level,
    case levels.level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
    student_id,
    cohort_year,
    is_reported_as_removed,
    is_removed,
    exclusion,
    diploma_school_year
from cohort
cross join (values ('school'), ('district'), ('state')) as levels(level)
