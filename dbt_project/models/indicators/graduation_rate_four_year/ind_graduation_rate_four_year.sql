with
    cohort as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            cohort_year,
            is_reported_as_removed,
            is_removed,
            exclusion,
            diploma_school_year
        from {{ ref("int_graduation_cohort_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, years_after_the_cohort
        from {{ ref("policy_graduation_rate_four_year") }}
    ),

    judged as (
        select cohort.*, coalesce(diploma_school_year - cohort_year <= years_after_the_cohort, false) as is_graduate
        from cohort
        inner join policy using (policy_id, level)
        where
            school_year between first_school_year and last_school_year
            and school_year - cohort_year = years_after_the_cohort
    ),

    measured as (
        select *, 'percent_graduated' as measure, is_graduate as is_counted, not is_removed as is_asked
        from judged
        union all
        select *, 'percent_removals_documented', is_removed, is_reported_as_removed
        from judged
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    'reporting' as population,
    'ALL' as subject,
    'all' as grade_span,
    measure,
    student_id,
    cast(is_asked and is_counted as decimal(18, 4)) as numerator,
    cast(is_asked as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected,
    case when not is_asked then coalesce(exclusion, 'not_reported_as_removed') end as exclusion
from measured
