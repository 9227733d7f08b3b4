with
    policy as (
        select policy_id, level, first_school_year, last_school_year from {{ ref("policy_growth_value_table") }}
    ),

    value_points as (
        select policy_id, first_school_year, last_school_year, earlier_level, current_level, points
        from {{ ref("policy_value_points") }}
    ),

    judged as (
        select
            students.policy_id,
            students.school_year,
            students.population,
            students.level,
            students.entity_id,
            students.student_id,
            students.subject,
            coalesce(
                students.exclusion, case when students.performance_level is null then 'no_performance_level' end
            ) as exclusion,
            value_points.points is not null as is_matched,
            value_points.points
        from {{ ref("int_growth_in_entities") }} as students
        inner join
            policy
            on students.policy_id = policy.policy_id
            and students.level = policy.level
            and students.school_year between policy.first_school_year and policy.last_school_year
        left join
            value_points
            on students.policy_id = value_points.policy_id
            and students.school_year between value_points.first_school_year and value_points.last_school_year
            and students.earlier_performance_level = value_points.earlier_level
            and students.performance_level = value_points.current_level
    )

    {{
        contributions(
            "judged",
            [["mean_value_points", "coalesce(points, 0)", "is_matched"]],
            population="population",
            due="exclusion is null",
        )
    }}
