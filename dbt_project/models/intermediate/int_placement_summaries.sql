-- The strata of equals put together for each entity and group: what the Mantel-Haenszel odds ratio, its interval and
-- the difference of shares (in points) need, and how far the strata differ among themselves (Breslow and Day 1980).
{%- set key = "policy_id, school_year, level, entity_id, population, subject, student_group" %}
with
    strata as (
        select
            {{ key }},
            cast(focal_placed as double) as a,
            cast(focal_not_placed as double) as b,
            cast(other_placed as double) as c,
            cast(other_not_placed as double) as d,
            cast(focal_placed + focal_not_placed as double) as focal,
            cast(other_placed + other_not_placed as double) as others,
            cast(focal_placed + focal_not_placed + other_placed + other_not_placed as double) as n
        from {{ ref("int_placement_strata") }}
    ),

    summed as (
        select
            {{ key }},
            count(*) as stratum_count,
            sum(focal) as focal_count,
            sum(others) as other_count,
            sum((a + c) * focal / n) as expected_placed,
            sum(a * d / n) as r,
            sum(b * c / n) as s,
            sum((a + d) / n * (a * d / n)) as pr,
            sum((a + d) / n * (b * c / n) + (b + c) / n * (a * d / n)) as ps_and_qr,
            sum((b + c) / n * (b * c / n)) as qs,
            100 * sum((a * others - c * focal) / n) / sum(focal * others / n) as difference,
            100
            * sqrt(sum((a * b * pow(others, 3) + c * d * pow(focal, 3)) / (focal * others * n * n)))
            / sum(focal * others / n) as difference_error
        from strata
        group by {{ key }}
    ),

    with_ratio as (
        select
            *,
            case when r > 0 and s > 0 then r / s end as odds_ratio,
            case
                when r > 0 and s > 0 then sqrt(pr / (2 * r * r) + ps_and_qr / (2 * r * s) + qs / (2 * s * s))
            end as log_error
        from summed
    ),

    -- How many of the group each stratum would place if the common odds ratio held there: the root of a quadratic, in a
    -- form that keeps its digits where the odds ratio is close to 1.
    coefficients as (
        select
            strata.*,
            with_ratio.odds_ratio,
            1 - with_ratio.odds_ratio as square,
            with_ratio.odds_ratio * (strata.focal + strata.a + strata.c)
            + strata.others
            - strata.a
            - strata.c as linear,
            - with_ratio.odds_ratio * strata.focal * (strata.a + strata.c) as constant
        from strata
        inner join with_ratio using ({{ key }})
        where with_ratio.odds_ratio is not null and strata.a + strata.c > 0 and strata.b + strata.d > 0
    ),

    fitted as (
        select
            *,
            case
                when linear > 0
                then -2 * constant / (linear + sqrt(linear * linear - 4 * square * constant))
                else (- linear + sqrt(linear * linear - 4 * square * constant)) / (2 * square)
            end as fitted_placed
        from coefficients
    ),

    -- Rounded first: at an odds ratio of 1 the root would make much of the last digit of a sum.
    e_values as (
        select {{ key }}, risk_ratio + sqrt(risk_ratio * (risk_ratio - 1)) as e_value
        from
            (
                select {{ key }}, sqrt(round(greatest(odds_ratio, 1 / odds_ratio), 12)) as risk_ratio
                from with_ratio
                where odds_ratio is not null
            ) as risks
    ),

    homogeneity as (
        select
            {{ key }},
            sum(
                pow(a - fitted_placed, 2) * (
                    1 / fitted_placed
                    + 1 / (focal - fitted_placed)
                    + 1 / (a + c - fitted_placed)
                    + 1 / (others - a - c + fitted_placed)
                )
            ) as breslow_day,
            count(*) - 1 as degrees_of_freedom
        from fitted
        group by {{ key }}
    )

select
    with_ratio.policy_id,
    with_ratio.school_year,
    with_ratio.level,
    with_ratio.entity_id,
    with_ratio.population,
    with_ratio.subject,
    with_ratio.student_group,
    with_ratio.stratum_count,
    cast(with_ratio.focal_count as bigint) as focal_count,
    cast(with_ratio.other_count as bigint) as other_count,
    cast(with_ratio.expected_placed as decimal(18, 6)) as expected_placed,
    cast(with_ratio.odds_ratio as decimal(18, 10)) as odds_ratio,
    cast(with_ratio.log_error as decimal(18, 10)) as log_error,
    cast(e_values.e_value as decimal(18, 10)) as e_value,
    cast(with_ratio.difference as decimal(18, 10)) as difference,
    cast(with_ratio.difference_error as decimal(18, 10)) as difference_error,
    cast(homogeneity.breslow_day as decimal(18, 10)) as breslow_day,
    homogeneity.degrees_of_freedom
from with_ratio
left join e_values using ({{ key }})
left join homogeneity using ({{ key }})
