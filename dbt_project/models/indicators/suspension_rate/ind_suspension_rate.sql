{%- set key = "policy_id, school_year, level, entity_id" %}
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
            coalesce(students.exclusion, case when days > most_days then 'days_out_of_range' end) as exclusion,
            coalesce(days, 0) as days,
            minimum_days,
            students_per_count
        from students
        inner join policy using (policy_id, level)
        left join added_up using (policy_id, school_year, level, entity_id, student_id)
        where school_year between first_school_year and last_school_year
    ),

    measured as (
        select *, 'percent_suspended' as measure, case when days >= minimum_days then 1 else 0 end as quantity
        from judged
        union all
        select *, 'days_lost_per_hundred_students', days * students_per_count
        from judged
    )

select
    {{ key }},
    'reporting' as population,
    'ALL' as subject,
    'all' as grade_span,
    measure,
    student_id,
    cast(case when exclusion is null then quantity else 0 end as decimal(18, 4)) as numerator,
    cast(exclusion is null as decimal(18, 4)) as denominator,
    cast(is_due as decimal(18, 4)) as expected,
    exclusion
from measured
