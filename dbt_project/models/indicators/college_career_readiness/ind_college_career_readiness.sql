with
    cohort as (
        select policy_id, school_year, level, entity_id, student_id, cohort_year, exclusion, is_due
        from {{ ref("int_readiness_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, years_after_the_cohort
        from {{ ref("policy_college_career_readiness") }}
    ),

    met as (
        select policy_id, school_year, student_id, concat('percent_ready_by_', pathway) as measure, true as is_met
        from {{ ref("int_readiness") }}
        union
        select policy_id, school_year, student_id, 'percent_ready', true
        from {{ ref("int_readiness") }}
    ),

    measures(measure) as (
        values
            ('percent_ready'),
            ('percent_ready_by_advanced_exams'),
            ('percent_ready_by_college_credit'),
            ('percent_ready_by_entrance_exam'),
            ('percent_ready_by_career_credential'),
            ('percent_ready_by_portfolio')
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
    cast(exclusion is null and coalesce(is_met, false) as decimal(18, 4)) as numerator,
    cast(exclusion is null as decimal(18, 4)) as denominator,
    cast(is_due as decimal(18, 4)) as expected,
    exclusion
from cohort
inner join policy using (policy_id, level)
cross join measures
left join met using (policy_id, school_year, student_id, measure)
where school_year between first_school_year and last_school_year and school_year - cohort_year = years_after_the_cohort
