-- What the method found in the cells that are large enough, and beside it how many of the students these hold.
with
    sorted as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_group,
            measure,
            value,
            standard_error,
            interval_low,
            interval_high,
            unit_count,
            student_count
        from {{ source("estimates", "class_sorting") }}
    ),

    coverage as (
        select policy_id, school_year, level, entity_id, subject, student_group, student_count, judged_count
        from {{ ref("int_class_coverage") }}
    ),

    measures as (
        select
            unnest(
                ['sorting', 'sorting_beyond_chance', 'sorting_by_chance', 'chance_of_as_much', 'mutual_information']
            ) as measure
    )

select
    coverage.policy_id,
    coverage.school_year,
    coverage.level,
    coverage.entity_id,
    'reporting' as population,
    coverage.subject,
    'all' as grade_span,
    coalesce(sorted.measure, measures.measure) as measure,
    coverage.student_group,
    cast(sorted.value as decimal(18, 10)) as value,
    cast(sorted.standard_error as decimal(18, 10)) as standard_error,
    cast(sorted.interval_low as decimal(18, 10)) as interval_low,
    cast(sorted.interval_high as decimal(18, 10)) as interval_high,
    case
        when sorted.interval_low is null then null when sorted.measure = 'sorting' then 'delta' else 'permutation'
    end as interval_method,
    coalesce(sorted.unit_count, coverage.student_count) as unit_count,
    coalesce(sorted.student_count, coverage.student_count) as student_count,
    cast(coverage.judged_count / coverage.student_count as decimal(9, 6)) as completeness
from coverage
left join sorted using (policy_id, school_year, level, entity_id, subject, student_group)
left join measures on sorted.measure is null
