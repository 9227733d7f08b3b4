with
    assessments as (
        select
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            performance_level,
            is_expected,
            is_participant and performance_level is not null as is_tested,
            population = 'reporting' or is_full_academic_year as is_member
        from {{ ref("int_assessments_in_entities") }}
        where reports_performance_levels and (population = 'reporting' or is_full_academic_year is not null)
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, proficient_performance_level, expected_population
        from {{ ref("policy_academic_achievement") }}
    ),

    measures as (
        select 'percent_proficient' as measure
        union all
        select 'percent_proficient_of_tested' as measure
    )

select
    policy.policy_id,
    assessments.school_year,
    assessments.level,
    assessments.entity_id,
    assessments.population,
    assessments.subject,
    'all' as grade_span,
    measures.measure,
    assessments.student_id,
    cast(is_member and is_tested and performance_level >= proficient_performance_level as decimal(18, 4)) as numerator,
    cast(is_member and is_tested as decimal(18, 4)) as denominator,
    cast(
        measures.measure = 'percent_proficient'
        and is_expected
        and (is_member or expected_population = 'enrolled_in_window') as decimal(18, 4)
    ) as expected
from assessments
inner join
    policy
    on assessments.level = policy.level
    and assessments.school_year between policy.first_school_year and policy.last_school_year
cross join measures
