with
    assessments as (
        select school_year, population, level, entity_id, student_id, subject, is_expected, is_participant
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (select policy_id, level, first_school_year, last_school_year from {{ ref("policy_test_participation") }})

select
    policy.policy_id,
    assessments.school_year,
    assessments.level,
    assessments.entity_id,
    assessments.population,
    assessments.subject,
    'all' as grade_span,
    'percent_tested' as measure,
    assessments.student_id,
    cast(
        case when assessments.is_expected and assessments.is_participant then 1 else 0 end as decimal(18, 4)
    ) as numerator,
    cast(assessments.is_expected as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected
from assessments
inner join
    policy
    on assessments.level = policy.level
    and assessments.school_year between policy.first_school_year and policy.last_school_year
