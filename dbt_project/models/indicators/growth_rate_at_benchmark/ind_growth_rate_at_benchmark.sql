with
    policy as (
        select policy_id, level, first_school_year, last_school_year, benchmark, benchmark_boundary
        from {{ ref("policy_growth_rate_at_benchmark") }}
    ),

    rates as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            exclusion,
            is_due,
            coalesce(level_at_start = 'below', false) and is_due as is_due_from_below,
            case
                when level_at_start = 'below' or (level_at_start is null and exclusion is not null)
                then exclusion
                when level_at_start is null
                then 'start_not_classified'
                else 'started_at_or_above_level'
            end as exclusion_from_below,
            rate_numerator > benchmark * rate_denominator
            or (benchmark_boundary = 'at_least' and rate_numerator = benchmark * rate_denominator) as is_at_benchmark
        from {{ ref("int_growth_rates") }}
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )

    {{
        contributions(
            "rates",
            [
                [
                    "percent_from_below_level_at_benchmark",
                    "is_at_benchmark",
                    "1",
                    none,
                    "exclusion_from_below",
                    "is_due_from_below",
                ],
                ["percent_at_benchmark", "is_at_benchmark", "1"],
            ],
        )
    }}
