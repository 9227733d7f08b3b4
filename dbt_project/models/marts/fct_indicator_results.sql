-- Every indicator for every entity, group and population, as a number or as the reason why there is none. Never
-- leaves the
-- building.
with
    cells as (
        select
            school_year,
            level,
            entity_id,
            indicator,
            policy_id,
            population,
            student_group,
            grade_span,
            subject,
            measure,
            statistic,
            use_class,
            status_without_number
        from {{ ref("fct_indicator_cells") }}
    ),

    sums as (
        select
            indicator,
            policy_id,
            school_year,
            level,
            entity_id,
            population,
            subject,
            grade_span,
            measure,
            student_group,
            student_count,
            numerator,
            denominator as denominator_sum,
            expected,
            cluster_count,
            cluster_numerator_squares,
            cluster_products,
            cluster_denominator_squares
        from {{ ref("fct_indicator_sums") }}
    ),

    floors as (
        select indicator, policy_id, level, first_school_year, last_school_year, cast(value as decimal(9, 4)) as floor
        from {{ ref("dim_policy") }}
        where parameter = 'participation_floor'
    ),

    t_quantiles as (select degrees_of_freedom, quantile_975 from {{ ref("ref_t_quantiles") }}),

    with_denominators as (
        select
            cells.*,
            sums.student_count,
            sums.numerator,
            sums.expected,
            sums.cluster_count,
            sums.cluster_numerator_squares,
            sums.cluster_products,
            sums.cluster_denominator_squares,
            case
                when cells.statistic = 'floored_rate'
                then {{ floored_denominator("sums.denominator_sum", "sums.expected", "floors.floor") }}
                else sums.denominator_sum
            end as denominator
        from cells
        left join
            sums using (
                indicator,
                policy_id,
                school_year,
                level,
                entity_id,
                population,
                subject,
                grade_span,
                measure,
                student_group
            )
        left join
            floors
            on cells.indicator = floors.indicator
            and cells.policy_id = floors.policy_id
            and cells.level = floors.level
            and cells.school_year between floors.first_school_year and floors.last_school_year
    ),

    with_values as (
        select
            *,
            cast(numerator as double) as x,
            cast(denominator as double) as n,
            case when denominator > 0 then numerator / denominator end as quotient
        from with_denominators
    ),

    -- The cluster-robust standard error of a weighted mean, from the three sums over clusters, times the t quantile.
    with_intervals as (
        select
            with_values.*,
            case
                when statistic = 'mean' and cluster_count > 1 and n > 0
                then
                    quantile_975 * sqrt(
                        greatest(
                            0,
                            cluster_count
                            / (cluster_count - 1.0)
                            * (
                                cluster_numerator_squares
                                - 2 * quotient * cluster_products
                                + quotient * quotient * cluster_denominator_squares
                            )
                        )
                    )
                    / n
            end as half_width,
            statistic in ('rate', 'floored_rate') and n > 0 as is_share
        from with_values
        left join t_quantiles on least(with_values.cluster_count - 1, 1000) = t_quantiles.degrees_of_freedom
    )

select
    cast(school_year as smallint) as school_year,
    level,
    entity_id,
    indicator,
    policy_id,
    population,
    student_group,
    grade_span,
    subject,
    measure,
    numerator,
    denominator,
    expected,
    coalesce(student_count, 0) as student_count,
    cast(quotient as decimal(18, 10)) as value,
    case when quotient is not null then 'ok' else status_without_number end as value_status,
    cast(
        case when is_share then {{ wilson_bound("x", "n", "-") }} else quotient - half_width end as decimal(18, 10)
    ) as interval_low,
    cast(
        case when is_share then {{ wilson_bound("x", "n", "+") }} else quotient + half_width end as decimal(18, 10)
    ) as interval_high,
    case when is_share then 'wilson' when half_width is not null then 't_clustered' end as interval_method,
    use_class
from with_intervals
