with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            exclusion,
            is_due,
            has_error,
            band,
            slow_band is not distinct from quick_band as is_certain
        from {{ ref("int_times_to_grade_level") }}
    )

    {{
        contributions(
            "students",
            [
                ["percent_at_grade_level", "band in ('at_level')", "1"],
                ["percent_in_less_than_two_years", "band in ('first')", "1"],
                ["percent_in_two_to_four_years", "band in ('second')", "1"],
                ["percent_in_four_to_six_years", "band in ('third')", "1"],
                ["percent_in_more_than_six_years", "band in ('longer')", "1"],
                ["percent_not_at_this_rate", "band in ('not_at_this_rate')", "1"],
                ["percent_certain_of_the_band", "is_certain", "1", "exclusion is not null or has_error"],
            ],
        )
    }}
