with
    numbers as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            measure,
            student_count,
            response_rate,
            value,
            error,
            method,
            cast(student_count as double) as n,
            least_possible,
            greatest_possible,
            case when method = 't_clustered' then quantile_975 else 1.959963985 end * error as half_width
        from {{ ref("int_belonging") }}
        left join {{ ref("ref_t_quantiles") }} on least(cluster_count - 1, 1000) = degrees_of_freedom
    ),

    bounded as (
        select
            *,
            case
                when method = 'wilson'
                then {{ wilson_bound("value * n", "n", "-") }}
                else greatest(least_possible, value - half_width)
            end as low,
            case
                when method = 'wilson'
                then {{ wilson_bound("value * n", "n", "+") }}
                else least(greatest_possible, value + half_width)
            end as high
        from numbers
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
    student_group,
    cast(value as decimal(18, 10)) as value,
    cast(error as decimal(18, 10)) as standard_error,
    cast(case when half_width is not null or method = 'wilson' then low end as decimal(18, 10)) as interval_low,
    cast(case when half_width is not null or method = 'wilson' then high end as decimal(18, 10)) as interval_high,
    case when half_width is not null or method = 'wilson' then method end as interval_method,
    student_count as unit_count,
    student_count,
    response_rate as completeness
from bounded
