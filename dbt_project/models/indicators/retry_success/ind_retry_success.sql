with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            'ALL' as subject,
            student_id,
            unsuccessful,
            offered_again,
            retries,
            equivalent_retries,
            successful_retries,
            supported_retries,
            minutes,
            is_offer_due,
            is_retry_due,
            is_support_due,
            offer_exclusion,
            retry_exclusion,
            support_exclusion
        from {{ ref("int_retries") }}
    )

    {{
        contributions(
            "students",
            [
                ["percent_offered_again", "offered_again", "unsuccessful", none, "offer_exclusion", "is_offer_due"],
                [
                    "percent_successful_on_retry",
                    "successful_retries",
                    "retries",
                    none,
                    "retry_exclusion",
                    "is_retry_due",
                ],
                [
                    "percent_equivalent_retries",
                    "equivalent_retries",
                    "retries",
                    none,
                    "retry_exclusion",
                    "is_retry_due",
                ],
                ["mean_support_minutes", "minutes", "supported_retries", none, "support_exclusion", "is_support_due"],
            ],
        )
    }}
