with
    learners as (
        select school_year, student_id, concat(';', grade, ';') as grade, performance_level, prior_performance_level
        from {{ ref("int_english_learners") }}
    ),

    days as (
        select policy_id, school_year, population, level, entity_id, student_id, is_full_academic_year
        from {{ ref("int_student_entity_days") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, tested_grades, minimum_level_gain, kept_level
        from {{ ref("policy_english_learner_progress") }}
    ),

    judged as (
        select
            days.*,
            'ELP' as subject,
            performance_level - prior_performance_level >= minimum_level_gain
            or (performance_level >= kept_level and prior_performance_level >= kept_level) as is_progress,
            case
                when population = 'accountability' and is_full_academic_year is null
                then 'full_academic_year_unknown'
                when population = 'accountability' and not is_full_academic_year
                then 'not_enrolled_for_the_full_academic_year'
                when grade is null or position(grade in concat(';', tested_grades, ';')) = 0
                then 'grade_not_tested'
                when prior_performance_level is null
                then 'no_prior_result'
                when performance_level is null
                then 'not_tested'
            end as exclusion
        from learners
        inner join days using (school_year, student_id)
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )
    {{
        contributions(
            "judged",
            [["percent_making_progress", "is_progress", "1"]],
            population="population",
            due="exclusion is null or exclusion = 'not_tested'",
        )
    }}
