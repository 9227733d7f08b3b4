with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            'ALL' as subject,
            student_id,
            has_place,
            has_ended,
            has_completed,
            has_passed,
            exclusion,
            exclusion is null as is_due
        from {{ ref("int_acceleration") }}
    )

    {{
        contributions(
            "students",
            [
                ["percent_in_acceleration", "has_place", "1"],
                ["percent_completing", "has_completed", "1", "has_place and has_ended"],
                ["percent_passing", "has_passed", "1", "has_place and has_ended"],
            ],
        )
    }}
