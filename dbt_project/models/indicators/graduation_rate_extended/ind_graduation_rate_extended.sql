with
    cohort as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            cohort_year,
            is_removed,
            exclusion,
            diploma_school_year
        from {{ ref("int_graduation_cohort_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, first_extension_years, second_extension_years
        from {{ ref("policy_graduation_rate_extended") }}
    ),

    measured as (
        select
            *,
            case
                school_year - cohort_year
                when first_extension_years
                then 'percent_graduated_with_first_extension'
                when second_extension_years
                then 'percent_graduated_with_second_extension'
            end as measure,
            coalesce(diploma_school_year <= school_year, false) as is_graduate
        from cohort
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
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
    cast(not is_removed and is_graduate as decimal(18, 4)) as numerator,
    cast(not is_removed as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected,
    exclusion
from measured
where measure is not null
