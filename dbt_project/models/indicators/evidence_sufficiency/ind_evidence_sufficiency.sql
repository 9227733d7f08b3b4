with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            'ALL' as subject,
            student_id,
            case when determination_count = 0 then exclusion end as exclusion,
            determination_count > 0 or (level = 'state' and without_evidence_sent > 0) as is_due,
            determination_count,
            sufficient,
            with_enough_pieces,
            with_recent_evidence,
            with_enough_forms,
            with_performance_evidence,
            with_second_judge
        from {{ ref("int_sufficient_determinations") }}
    )

    {{
        contributions(
            "students",
            [
                ["percent_sufficient", "sufficient", "determination_count"],
                ["percent_with_enough_pieces", "with_enough_pieces", "determination_count"],
                ["percent_with_recent_evidence", "with_recent_evidence", "determination_count"],
                ["percent_with_enough_forms", "with_enough_forms", "determination_count"],
                ["percent_with_performance_evidence", "with_performance_evidence", "determination_count"],
                ["percent_with_second_judge", "with_second_judge", "determination_count"],
            ],
        )
    }}
