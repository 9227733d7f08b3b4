-- Whether the school that a student goes to offers acceleration or enrichment at all.
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            'ALL' as subject,
            student_id,
            is_offered,
            exclusion,
            exclusion is null as is_due
        from {{ ref("int_acceleration") }}
        where level <> 'school'
    )

    {{ contributions("students", [["percent_offered", "is_offered", "1"]]) }}
