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
    )

    {#- Every student should have a rate, so those without one count in the last measure. -#}
    {%- set no_tests = "'district_sent_no_scaled_tests'" %}
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
                [
                    "percent_with_a_rate",
                    "exclusion is null",
                    "1",
                    none,
                    "case when exclusion = " ~ no_tests ~ " then exclusion end",
                    "exclusion is distinct from " ~ no_tests,
                ],
            ],
        )
    }}
