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
            exclusion_from_levels as reason
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, expected_population, level_weights
        from {{ ref("policy_performance_index") }}
    ),

    judged as (
        select
            assessments.*,
            cast({{ nth_or_last("level_weights", "performance_level") }} as decimal(18, 4)) as weight,
            case when performance_level >= 4 then '4_and_above' else cast(performance_level as varchar) end as band,
            coalesce(reason, 'not_tested') in ('not_tested', 'no_valid_result')
            or (
                reason = 'not_enrolled_for_the_full_academic_year' and expected_population = 'enrolled_in_window'
            ) as is_expected
        from assessments
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    ),

    measured as (
        select judged.*, measure, weight as quantity, is_expected and measure = 'performance_index' as is_due
        from judged
        cross join (values ('performance_index'), ('performance_index_of_tested')) as indexes(measure)
        union all
        select judged.*, concat('percent_level_', bands.band), cast(judged.band = bands.band as integer), false
        from judged
        cross join (values ('1'), ('2'), ('3'), ('4_and_above')) as bands(band)
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
    cast(case when reason is null then quantity else 0 end as decimal(18, 4)) as numerator,
    cast(reason is null as decimal(18, 4)) as denominator,
    cast(is_due as decimal(18, 4)) as expected,
    case when not is_due then reason end as exclusion
from measured
