with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            'ALL' as subject,
            student_id,
            with_initiation,
            initiated_when_ready,
            with_ready_date,
            premature,
            on_readiness,
            waited_attempts,
            days_waited,
            is_initiation_due,
            is_ready_date_due,
            is_wait_due,
            initiation_exclusion,
            ready_date_exclusion,
            wait_exclusion
        from {{ ref("int_ready_attempts") }}
    )

    {{
        contributions(
            "students",
            [
                [
                    "percent_initiated_when_ready",
                    "initiated_when_ready",
                    "with_initiation",
                    none,
                    "initiation_exclusion",
                    "is_initiation_due",
                ],
                [
                    "percent_on_readiness",
                    "on_readiness",
                    "with_ready_date",
                    none,
                    "ready_date_exclusion",
                    "is_ready_date_due",
                ],
                [
                    "percent_premature",
                    "premature",
                    "with_ready_date",
                    none,
                    "ready_date_exclusion",
                    "is_ready_date_due",
                ],
                ["median_days_waited", "days_waited", "waited_attempts", none, "wait_exclusion", "is_wait_due"],
            ],
        )
    }}
