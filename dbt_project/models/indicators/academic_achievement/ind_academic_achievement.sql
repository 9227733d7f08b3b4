with
    assessments as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            performance_level,
            is_participant,
            case when reports_performance_levels then exclusion else 'performance_levels_not_reported' end as reason
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, proficient_performance_level, expected_population
        from {{ ref("policy_academic_achievement") }}
    ),

    judged as (
        select
            assessments.*,
            measures.measure,
            reason is null and is_participant and performance_level is not null as is_counted,
            performance_level >= proficient_performance_level as is_proficient,
            measures.measure = 'percent_proficient'
            and (
                reason is null
                or (reason = 'not_enrolled_for_the_full_academic_year' and expected_population = 'enrolled_in_window')
            ) as is_expected
        from assessments
        inner join policy using (policy_id, level)
        cross join (values ('percent_proficient'), ('percent_proficient_of_tested')) as measures(measure)
        where school_year between first_school_year and last_school_year
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    population,
    subject,
    'all' as grade_span,
    measure,
    student_id,
    cast(is_counted and is_proficient as decimal(18, 4)) as numerator,
    cast(is_counted as decimal(18, 4)) as denominator,
    cast(is_expected as decimal(18, 4)) as expected,
    case
        when not is_counted and not is_expected
        then coalesce(reason, case when is_participant then 'no_valid_result' else 'not_tested' end)
    end as exclusion
from judged
