with
    begun as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            unit_id,
            kind,
            exclusion as no_question,
            case
                when exclusion is not null
                then exclusion
                when kind <> 'advanced'
                then 'did_not_advance'
                when not is_known
                then 'prerequisites_not_known'
            end as exclusion,
            exclusion is null and kind = 'advanced' as is_due,
            is_known,
            has_major_gap,
            has_plan
        from {{ ref("int_advanced_with_gaps") }}
    )

    {%- set every_beginning = ["no_question", "no_question is null"] %}
    {{
        contributions(
            "begun",
            [
                ["percent_advanced_with_a_major_gap", "has_major_gap", "1"],
                ["percent_with_a_gap_and_a_plan", "has_major_gap and has_plan", "1"],
                ["percent_with_a_gap_and_no_plan", "has_major_gap and not has_plan", "1"],
                ["percent_with_unknown_prerequisites", "not is_known", "1", "kind = 'advanced'"] + every_beginning,
                ["percent_repeating_without_a_plan", "not has_plan", "1", "kind = 'repeated'"] + every_beginning,
                [
                    "percent_held_with_a_major_gap",
                    "kind = 'held' and has_major_gap",
                    "1",
                    "kind in ('advanced', 'held')",
                ]
                + every_beginning,
            ],
            "unit_id",
        )
    }}
