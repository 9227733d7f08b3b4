with
    assessments as (
        select school_year, population, level, entity_id, student_id, subject, is_full_academic_year
        from {{ ref("int_assessments_in_entities") }}
        where population = 'reporting' and is_expected and is_participant and is_full_academic_year is not null
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year
        from {{ ref("policy_full_academic_year_coverage") }}
    )

select
    policy.policy_id,
    assessments.school_year,
    assessments.level,
    assessments.entity_id,
    assessments.population,
    assessments.subject,
    'all' as grade_span,
    'percent_full_academic_year' as measure,
    assessments.student_id,
    cast(assessments.is_full_academic_year as decimal(18, 4)) as numerator,
    cast(1 as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected
from assessments
inner join
    policy
    on assessments.level = policy.level
    and assessments.school_year between policy.first_school_year and policy.last_school_year
