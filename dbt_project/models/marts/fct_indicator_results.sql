-- Every indicator for every entity, group and population, as a number or as the reason why there is none. Never
-- leaves the
-- building.
{{ config(sql_header="reset threads;") }}
{%- set key = "indicator, policy_id, school_year, level, entity_id, population, subject, grade_span, measure, student_group" %}
{#- A number that is this far from every other, as from one impossible score in a small group, says nothing. -#}
{%- set widest = 100000000 %}
with
    cells as (
        select {{ key }}, statistic, use_class, is_by_unit, status_without_number from {{ ref("fct_indicator_cells") }}
    ),

    sums as (
        select
            {{ key }},
            student_count,
            numerator,
            denominator as denominator_sum,
            expected,
            reported,
            cluster_count,
            cluster_numerator_squares,
            cluster_products,
            cluster_denominator_squares
        from {{ ref("fct_indicator_sums") }}
    ),

    medians as (
        select {{ key }}, value as median, interval_low as median_low, interval_high as median_high
        from {{ ref("fct_indicator_medians") }}
    ),

    estimates as (
        select
            {{ key }},
            student_count as estimate_student_count,
            other_count,
            unit_count,
            value as estimate,
            standard_error as estimate_error,
            interval_low as estimate_low,
            interval_high as estimate_high,
            interval_method as estimate_method,
            completeness as estimate_completeness
        from {{ ref("fct_indicator_estimates") }}
    ),

    policies as (
        select
            indicator,
            policy_id,
            level,
            first_school_year,
            last_school_year,
            max(case when parameter = 'participation_floor' then cast(value as decimal(9, 4)) end) as floor,
            max(case when parameter = 'minimum_coverage' then cast(value as decimal(9, 4)) end) as minimum_coverage,
            max(case when parameter = 'complete_coverage' then cast(value as decimal(9, 4)) end) as complete_coverage
        from {{ ref("dim_policy") }}
        where parameter in ('participation_floor', 'minimum_coverage', 'complete_coverage')
        group by indicator, policy_id, level, first_school_year, last_school_year
    ),

    minimums as (
        select
            indicator,
            policy_id,
            first_school_year,
            last_school_year,
            max(case when purpose = 'accountability' then minimum end) as accountability_minimum,
            max(case when purpose = 'reliability' then minimum end) as reliability_minimum
        from {{ ref("dim_minimum_n") }}
        group by indicator, policy_id, first_school_year, last_school_year
    ),

    t_quantiles as (select degrees_of_freedom, quantile_975 from {{ ref("ref_t_quantiles") }}),

    joined as (
        select
            cells.*,
            sums.* exclude ({{ key }}, student_count),
            medians.* exclude ({{ key }}),
            estimates.* exclude ({{ key }}),
            coalesce(sums.student_count, estimates.estimate_student_count, 0) as student_count,
            policies.minimum_coverage,
            policies.complete_coverage,
            minimums.accountability_minimum,
            minimums.reliability_minimum,
            case
                when cells.statistic in ('floored_rate', 'floored_mean')
                then {{ floored_denominator("sums.denominator_sum", "sums.expected", "policies.floor") }}
                else sums.denominator_sum
            end as denominator
        from cells
        left join sums using ({{ key }})
        left join medians using ({{ key }})
        left join estimates using ({{ key }})
        left join
            policies
            on cells.indicator = policies.indicator
            and cells.policy_id = policies.policy_id
            and cells.level = policies.level
            and cells.school_year between policies.first_school_year and policies.last_school_year
        left join
            minimums
            on cells.indicator = minimums.indicator
            and cells.policy_id = minimums.policy_id
            and cells.school_year between minimums.first_school_year and minimums.last_school_year
    ),

    with_values as (
        select
            *,
            cast(numerator as double) as x,
            cast(denominator as double) as n,
            case when denominator > 0 then numerator / denominator end as quotient,
            statistic in ('rate', 'floored_rate', 'share') as is_share,
            coalesce(
                estimate_completeness, case when expected > 0 then least(1, reported / expected) end
            ) as completeness
        from joined
    ),

    -- The cluster-robust standard error of a ratio of sums (linearization), from the three sums over clusters.
    with_errors as (
        select
            with_values.*,
            is_share and not is_by_unit and n > 0 as has_wilson_interval,
            quantile_975,
            case
                when
                    (statistic in ('mean', 'floored_mean') or (is_share and is_by_unit)) and cluster_count > 1 and n > 0
                then
                    sqrt(
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
            end as clustered_error
        from with_values
        left join t_quantiles on least(with_values.cluster_count - 1, 1000) = t_quantiles.degrees_of_freedom
    ),

    with_intervals as (
        select
            *,
            case statistic when 'median' then median when 'estimate' then estimate else quotient end as found,
            case
                when has_wilson_interval
                then sqrt(quotient * (1 - quotient) / n)
                else coalesce(estimate_error, clustered_error)
            end as error,
            case
                when has_wilson_interval
                then {{ wilson_bound("x", "n", "-") }}
                else coalesce(estimate_low, median_low, quotient - quantile_975 * clustered_error)
            end as low,
            case
                when has_wilson_interval
                then {{ wilson_bound("x", "n", "+") }}
                else coalesce(estimate_high, median_high, quotient + quantile_975 * clustered_error)
            end as high,
            case
                when has_wilson_interval
                then 'wilson'
                when statistic = 'median' and median_low is not null
                then 'order_statistics'
                when clustered_error is not null
                then 't_clustered'
                else estimate_method
            end as method
        from with_errors
    ),

    with_statuses as (
        select
            *,
            case
                when completeness < minimum_coverage
                then 'low_coverage'
                when found is null and unit_count > 0 and status_without_number is distinct from 'not_applicable'
                then 'suppressed'
                when found is null
                then status_without_number
                when completeness < complete_coverage
                then 'incomplete'
                else 'ok'
            end as value_status
        from with_intervals
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
    student_count,
    other_count,
    coalesce(unit_count, student_count) as unit_count,
    cast(case when value_status in ('ok', 'incomplete') then found end as decimal(18, 10)) as value,
    value_status,
    cast(
        case when value_status in ('ok', 'incomplete') and error < {{ widest }} then error end as decimal(18, 10)
    ) as standard_error,
    cast(
        case
            when value_status not in ('ok', 'incomplete') or abs(low) >= {{ widest }}
            then null
            when starts_with(measure, 'percent_') and low < 0
            then 0
            else low
        end as decimal(18, 10)
    ) as interval_low,
    cast(
        case
            when value_status not in ('ok', 'incomplete') or abs(high) >= {{ widest }}
            then null
            when starts_with(measure, 'percent_') and high > 1
            then 1
            else high
        end as decimal(18, 10)
    ) as interval_high,
    case when value_status in ('ok', 'incomplete') and abs(low) < {{ widest }} then method end as interval_method,
    cast(completeness as decimal(9, 6)) as completeness,
    student_count >= accountability_minimum as meets_accountability_minimum,
    case
        when value_status not in ('ok', 'incomplete')
        then null
        when student_count >= reliability_minimum
        then 'reliable'
        else 'few_students'
    end as reliability,
    use_class
from with_statuses
