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
            nullif(exclusion, 'prerequisites_never_assessed') as general_exclusion,
            exclusion is null or exclusion = 'prerequisites_never_assessed' as is_due,
            known_gap_months,
            has_major_gap,
            prerequisite_months,
            assessed_prerequisite_months,
            unknown_months,
            had_major_gap is not null as was_here,
            100 * (cast(has_major_gap as integer) - cast(has_major_gap_seen_before as integer)) as found,
            100 * (cast(has_major_gap_seen_before as integer) - cast(had_major_gap as integer)) as learned
        from {{ ref("int_prerequisite_gaps") }}
    )

    {#- What nobody looked at is asked of everyone, also of those about whom nothing is known. -#}
    {{
        contributions(
            "students",
            [
                ["percent_with_a_major_gap", "has_major_gap", "1"],
                ["known_gap_months", "known_gap_months", "1"],
                ["unknown_months", "unknown_months", "1", none, "general_exclusion"],
                [
                    "percent_of_prerequisites_assessed",
                    "assessed_prerequisite_months",
                    "prerequisite_months",
                    none,
                    "general_exclusion",
                ],
                ["change_in_major_gaps", "found + learned", "1", "was_here", "general_exclusion"],
                ["change_by_identification", "found", "1", "was_here", "general_exclusion"],
                ["change_by_learning", "learned", "1", "was_here", "general_exclusion"],
            ],
        )
    }}
