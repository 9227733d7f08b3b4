-- The only results anyone outside sees: hidden where the mask says so, rounded once (half up, from exact counts), a
-- status beside every value.
with
    results as (
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
            student_count,
            numerator,
            denominator,
            value,
            value_status,
            interval_low,
            interval_high,
            interval_method,
            completeness,
            reliability,
            use_class
        from {{ ref("fct_indicator_results") }}
    ),

    measures as (select indicator, measure, unit, decimals, statistic, is_by_unit from {{ ref("dim_measure") }}),

    rules as (
        select indicator, policy_id, level, first_school_year, last_school_year, mode from {{ ref("dim_disclosure") }}
    ),

    mask as (
        select
            school_year, level, entity_id, indicator, policy_id, population, student_group, grade_span, subject, measure
        from {{ source("disclosure", "disclosure_mask") }}
    ),

    rounding as (
        select policy_id, unit, first_school_year, last_school_year, student_count_from, student_count_to, decimals
        from {{ ref("policy_rounding") }}
    ),

    described as (
        select
            results.*,
            mask.measure is not null as is_hidden,
            results.value_status in ('ok', 'incomplete') and mask.measure is null as is_shown,
            case when measures.unit = 'percent' then 100 else 1 end as display_factor,
            measures.statistic in ('rate', 'floored_rate', 'share', 'mean', 'floored_mean') as is_ratio,
            case
                when measures.unit in ('count', 'ratio', 'days') and results.interval_low < 0
                then cast(0 as decimal(18, 10))
                else results.interval_low
            end as least_interval_low,
            least(rounding.decimals, measures.decimals) as decimals,
            case
                when measures.statistic in ('rate', 'floored_rate', 'share') and not measures.is_by_unit
                then rules.mode
                when measures.unit = 'percent' and rules.mode = 'ranges'
                then 'ranges'
                else 'estimate'
            end as mode
        from results
        inner join measures on results.indicator = measures.indicator and results.measure = measures.measure
        left join
            rules
            on results.indicator = rules.indicator
            and results.policy_id = rules.policy_id
            and results.level = rules.level
            and results.school_year between rules.first_school_year and rules.last_school_year
        left join
            mask
            on results.school_year = mask.school_year
            and results.level = mask.level
            and results.entity_id = mask.entity_id
            and results.indicator = mask.indicator
            and results.policy_id = mask.policy_id
            and results.population = mask.population
            and results.student_group = mask.student_group
            and results.grade_span = mask.grade_span
            and results.subject = mask.subject
            and results.measure = mask.measure
        left join
            rounding
            on results.policy_id = rounding.policy_id
            and measures.unit = rounding.unit
            and results.school_year between rounding.first_school_year and rounding.last_school_year
            and results.student_count between rounding.student_count_from and rounding.student_count_to
    )

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
    case when is_shown then cast(student_count as bigint) end as student_count,
    case when is_shown and mode = 'counts' then cast(numerator as decimal(18, 4)) end as numerator,
    case when is_shown and mode = 'counts' then cast(denominator as decimal(18, 4)) end as denominator,
    case
        when is_shown and is_ratio
        then {{ round_half_up_ratio("numerator", "denominator", "display_factor", "decimals") }}
        when is_shown
        then {{ round_half_up("value", "display_factor", "decimals") }}
    end as value,
    case when is_hidden then 'suppressed' else value_status end as value_status,
    cast(null as decimal(18, 4)) as low_bound,
    cast(null as decimal(18, 4)) as high_bound,
    case when is_shown then {{ round_half_up("least_interval_low", "display_factor", "decimals") }} end as interval_low,
    case when is_shown then {{ round_half_up("interval_high", "display_factor", "decimals") }} end as interval_high,
    case when is_shown then interval_method end as interval_method,
    case
        when is_shown
        then
            cast(
                case
                    when completeness < 1
                    then least(99, {{ round_half_up("completeness", 100, 0) }})
                    else 100 * completeness
                end as decimal(18, 4)
            )
    end as completeness,
    case when is_shown then reliability end as reliability,
    use_class,
    mode
from described
