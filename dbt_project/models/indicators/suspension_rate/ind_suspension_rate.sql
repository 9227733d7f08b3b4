{%- set numbers = "counted_actions, minimum_days, most_days, students_per_count" %}
with
    policy as (
        select policy_id, level, first_school_year, last_school_year, {{ numbers }}
        from {{ ref("policy_suspension_rate") }}
    ),

    students as (
        select policy_id, school_year, level, entity_id, student_id, exclusion, is_due
        from {{ ref("int_students_with_discipline_records") }}
    ),

    actions as (
        select school_year, level, entity_id, student_id, action, days from {{ ref("int_discipline_in_entities") }}
    ),

    added_up as (
        select policy.policy_id, school_year, level, entity_id, student_id, sum(actions.days) as days
        from actions
        inner join policy using (level)
        where
            school_year between first_school_year and last_school_year
            and position(concat(';', action, ';') in concat(';', counted_actions, ';')) > 0
        group by policy.policy_id, school_year, level, entity_id, student_id
    ),

    judged as (
        select
            students.* exclude (exclusion),
            'ALL' as subject,
            coalesce(students.exclusion, case when days > most_days then 'days_out_of_range' end) as exclusion,
            coalesce(days, 0) as days,
            minimum_days,
            students_per_count
        from students
        inner join policy using (policy_id, level)
        left join added_up using (policy_id, school_year, level, entity_id, student_id)
        where school_year between first_school_year and last_school_year
    )
    {{
        contributions(
            "judged",
            [
                ["percent_suspended", "days >= minimum_days", "1"],
                ["days_lost_per_hundred_students", "days * students_per_count", "1"],
            ],
        )
    }}
