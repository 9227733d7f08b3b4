with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            'ALL' as subject,
            student_id,
            has_major_gap,
            is_served_in_time,
            minutes_with_target,
            minutes_on_gaps,
            exclusion,
            exclusion is null or exclusion <> 'no_prerequisites' as is_due
        from {{ ref("int_support_needs") }}
    )

    {{
        contributions(
            "students",
            [
                ["percent_with_major_gap", "has_major_gap", "1"],
                ["percent_unserved", "not is_served_in_time", "1", "has_major_gap"],
                ["percent_minutes_on_gaps", "minutes_on_gaps", "minutes_with_target", "minutes_with_target > 0"],
            ],
        )
    }}
