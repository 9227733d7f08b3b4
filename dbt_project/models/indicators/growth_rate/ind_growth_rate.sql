with
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
            growth_rate,
            is_from_two_tests,
            scale_score_gain,
            level_at_start
        from {{ ref("int_growth_rates") }}
    ),

    -- Every student should have a rate, so those without one count here.
    everyone as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            case when rates.exclusion = 'district_sent_no_scaled_tests' then rates.exclusion end as exclusion,
            rates.exclusion is distinct from 'district_sent_no_scaled_tests' as is_due,
            rates.exclusion is null as has_rate
        from rates
    )

    {{
        contributions(
            "rates",
            [
                ["growth_rate", "growth_rate", "1"],
                ["median_growth_rate", "growth_rate", "1"],
                ["growth_rate_from_below_level", "growth_rate", "1", "level_at_start = 'below'"],
                ["growth_rate_from_level", "growth_rate", "1", "level_at_start = 'at'"],
                ["growth_rate_from_above_level", "growth_rate", "1", "level_at_start = 'above'"],
                [
                    "scale_score_gain",
                    "scale_score_gain",
                    "1",
                    "exclusion is not null or scale_score_gain is not null",
                ],
                ["percent_from_two_tests", "is_from_two_tests", "1"],
            ],
        )
    }}
union all
{{ contributions("everyone", [["percent_with_a_rate", "has_rate", "1"]]) }}
