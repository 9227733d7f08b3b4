-- The steps of a student are one contribution, so that those who are followed longer weigh more and are still one
-- student.
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            count(*) as steps,
            count(*) filter (where to_level > from_level) as steps_up,
            count(*) filter (where to_level < from_level) as steps_down,
            count(*) filter (where to_level = from_level) as steps_level,
            cast(null as varchar) as exclusion,
            false as is_due
        from {{ ref("int_level_steps") }}
        group by policy_id, school_year, level, entity_id, subject, student_id
    )

    {{
        contributions(
            "students",
            [
                ["percent_moving_up", "steps_up", "steps"],
                ["percent_moving_down", "steps_down", "steps"],
                ["percent_staying", "steps_level", "steps"],
            ],
        )
    }}
