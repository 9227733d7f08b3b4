with
    assessments as (
        select
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            is_expected,
            is_participant,
            performance_level,
            is_full_academic_year
        from {{ ref("int_assessments_in_entities") }}
        where reports_performance_levels
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, proficient_performance_level, expected_population
        from {{ ref("policy_academic_achievement") }}
    ),

    measures as (
        select 'percent_proficient' as measure
        union all
        select 'percent_proficient_of_tested' as measure
    ),

    members as (
        select
            policy.policy_id,
            assessments.*,
            assessments.is_participant and assessments.performance_level is not null as is_tested,
            assessments.performance_level >= policy.proficient_performance_level as is_proficient,
            assessments.population = 'reporting' or assessments.is_full_academic_year as is_member,
            assessments.population = 'accountability'
            and policy.expected_population = 'enrolled_in_window' as all_are_expected
        from assessments
        inner join
            policy
            on assessments.level = policy.level
            and assessments.school_year between policy.first_school_year and policy.last_school_year
        where assessments.population = 'reporting' or assessments.is_full_academic_year is not null
    )

select
    members.policy_id,
    members.school_year,
    members.level,
    members.entity_id,
    members.population,
    members.subject,
    'all' as grade_span,
    measures.measure,
    members.student_id,
    cast(
        case when members.is_member and members.is_tested and members.is_proficient then 1 else 0 end as decimal(18, 4)
    ) as numerator,
    cast(case when members.is_member and members.is_tested then 1 else 0 end as decimal(18, 4)) as denominator,
    cast(
        case
            when
                measures.measure = 'percent_proficient'
                and members.is_expected
                and (members.is_member or members.all_are_expected)
            then 1
            else 0
        end as decimal(18, 4)
    ) as expected
from members
cross join measures
