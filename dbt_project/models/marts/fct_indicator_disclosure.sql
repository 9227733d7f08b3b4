-- What would be published of every result if nothing had to be hidden: rounded once (half up, from exact counts), as
-- exact counts or in ranges as the policy says for its level and group, with what disclosure control must know of it.
-- Internal.
{{ config(sql_header="reset threads;") }}
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
            other_count,
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
        select
            indicator,
            policy_id,
            level,
            student_group,
            first_school_year,
            last_school_year,
            mode,
            count_base,
            whole_percents_to,
            numerator_floor,
            interval_width
        from {{ ref("dim_disclosure") }}
    ),

    minimums as (
        select indicator, policy_id, purpose, first_school_year, last_school_year, minimum
        from {{ ref("dim_minimum_n") }}
    ),

    rounding as (
        select policy_id, unit, first_school_year, last_school_year, student_count_from, student_count_to, decimals
        from {{ ref("policy_rounding") }}
    ),

    bands as (
        select
            policy_id,
            coalesce(statistic, 'any') as statistic,
            first_school_year,
            last_school_year,
            student_count_from,
            student_count_to,
            low,
            high
        from {{ ref("policy_disclosure_bands") }}
    ),

    described as (
        select
            results.*,
            measures.unit,
            measures.decimals as most_decimals,
            case when measures.statistic = 'share' then 'share' else 'any' end as band_statistic,
            rules.count_base,
            rules.whole_percents_to,
            rules.numerator_floor,
            rules.interval_width,
            publication.minimum,
            reliability.minimum as reliability_minimum,
            results.value_status in ('ok', 'incomplete') as has_number,
            case when measures.unit = 'percent' then 100 else 1 end as display_factor,
            measures.statistic in ('rate', 'floored_rate', 'share', 'mean', 'floored_mean') as is_ratio,
            measures.statistic in ('rate', 'floored_rate', 'share') and not measures.is_by_unit as is_share_of_students,
            measures.unit = 'percent' and rules.mode = 'ranges' and results.value between 0 and 1 as is_banded,
            case
                when measures.unit in ('count', 'ratio', 'days') and results.interval_low < 0
                then cast(0 as decimal(18, 10))
                else results.interval_low
            end as least_interval_low,
            case
                when measures.statistic in ('rate', 'floored_rate', 'share') and not measures.is_by_unit
                then rules.mode
                else 'estimate'
            end as mode,
            {{ to_multiple("results.student_count", "rules.count_base") }} as published_count
        from results
        inner join measures on results.indicator = measures.indicator and results.measure = measures.measure
        left join
            rules
            on results.indicator = rules.indicator
            and results.policy_id = rules.policy_id
            and results.level = rules.level
            and results.student_group = rules.student_group
            and results.school_year between rules.first_school_year and rules.last_school_year
        left join
            minimums as publication
            on results.indicator = publication.indicator
            and results.policy_id = publication.policy_id
            and results.school_year between publication.first_school_year and publication.last_school_year
            and publication.purpose = 'publication'
        left join
            minimums as reliability
            on results.indicator = reliability.indicator
            and results.policy_id = reliability.policy_id
            and results.school_year between reliability.first_school_year and reliability.last_school_year
            and reliability.purpose = 'reliability'
    ),

    -- A band is found by comparing products, never a rounded share; below a half it holds its high end, above its low.
    banded as (
        select
            described.*,
            rounding.decimals,
            case
                when is_share_of_students
                then {{ to_multiple("floor(described.denominator)", "described.count_base") }}
                else described.published_count
            end as measured_count,
            case when is_ratio then 100 * described.numerator else 100 * described.value end as part,
            case when is_ratio then described.denominator else 1 end as whole
        from described
        left join
            rounding
            on described.policy_id = rounding.policy_id
            and described.unit = rounding.unit
            and described.school_year between rounding.first_school_year and rounding.last_school_year
            and described.published_count between rounding.student_count_from and rounding.student_count_to
    ),

    with_bounds as (
        select
            banded.*,
            -- A share of a whole is what the others leave, so where counts are rounded it gets no decimals.
            case
                when
                    banded.mode = 'ranges'
                    and (banded.band_statistic = 'share' or banded.published_count <= banded.whole_percents_to)
                then 0
                else least(banded.decimals, banded.most_decimals)
            end as shown_decimals,
            bands.policy_id is not null as is_range,
            bands.low,
            bands.high
        from banded
        left join
            bands
            on banded.is_banded
            and banded.has_number
            and banded.policy_id = bands.policy_id
            and banded.band_statistic = bands.statistic
            and banded.school_year between bands.first_school_year and bands.last_school_year
            and banded.measured_count between bands.student_count_from and bands.student_count_to
            and case
                when 2 * banded.part < 100 * banded.whole
                then
                    (bands.low is null or banded.part > bands.low * banded.whole)
                    and (bands.high is null or banded.part <= bands.high * banded.whole)
                else
                    (bands.low is null or banded.part >= bands.low * banded.whole)
                    and (bands.high is null or banded.part < bands.high * banded.whole)
            end
    ),

    with_values as (
        select
            *,
            has_number and not is_range as has_value,
            case
                when is_range or not has_number
                then null
                when is_ratio
                then {{ round_half_up_ratio("numerator", "denominator", "display_factor", "shown_decimals") }}
                else {{ round_half_up("value", "display_factor", "shown_decimals") }}
            end as shown_value
        from with_bounds
    ),

    -- Where counts are rounded, an interval made from the exact ones would give them away; it is made from what is
    -- shown.
    with_intervals as (
        select
            *,
            case
                when mode = 'ranges' and interval_method = 'wilson'
                then
                    cast(
                        {{
                            wilson_bound(
                                "(cast(shown_value as double) / 100 * measured_count)", "measured_count", "-"
                            )
                        }} as decimal(18, 10)
                    )
                else least_interval_low
            end as shown_interval_low,
            case
                when mode = 'ranges' and interval_method = 'wilson'
                then
                    cast(
                        {{
                            wilson_bound(
                                "(cast(shown_value as double) / 100 * measured_count)", "measured_count", "+"
                            )
                        }} as decimal(18, 10)
                    )
                else interval_high
            end as shown_interval_high
        from with_values
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
    student_count as exact_student_count,
    other_count as exact_other_count,
    numerator as exact_numerator,
    denominator as exact_denominator,
    is_share_of_students,
    minimum,
    count_base,
    numerator_floor,
    interval_width,
    shown_decimals,
    cast(case when has_number then published_count end as bigint) as student_count,
    cast(case when has_value and mode = 'counts' then numerator end as decimal(18, 4)) as numerator,
    cast(case when has_value and mode = 'counts' then denominator end as decimal(18, 4)) as denominator,
    cast(shown_value as decimal(18, 4)) as value,
    case when is_range then 'range' else value_status end as value_status,
    cast(low as decimal(18, 4)) as low_bound,
    cast(high as decimal(18, 4)) as high_bound,
    case
        when has_value then {{ round_half_up("shown_interval_low", "display_factor", "shown_decimals") }}
    end as interval_low,
    case
        when has_value then {{ round_half_up("shown_interval_high", "display_factor", "shown_decimals") }}
    end as interval_high,
    case when has_value then interval_method end as interval_method,
    cast(
        case
            when not has_number or (count_base > 1 and published_count <= 100)
            then null
            when count_base > 1
            then 5 * {{ round_half_up("completeness", 20, 0) }}
            when completeness < 1
            then least(99, {{ round_half_up("completeness", 100, 0) }})
            else 100 * completeness
        end as decimal(18, 4)
    ) as completeness,
    case
        when not has_number
        then null
        when count_base > 1
        then case when published_count >= reliability_minimum then 'reliable' else 'few_students' end
        else reliability
    end as reliability,
    use_class,
    mode
from with_intervals
