with
    assessments as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            performance_level,
            exclusion_from_levels as exclusion
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, expected_population, level_weights
        from {{ ref("policy_performance_index") }}
    ),

    judged as (
        select
            assessments.*,
            cast({{ nth_or_last("level_weights", "performance_level") }} as decimal(18, 4)) as weight,
            false as is_due,
            coalesce(exclusion, 'not_tested') in ('not_tested', 'no_valid_result')
            or (
                exclusion = 'not_enrolled_for_the_full_academic_year' and expected_population = 'enrolled_in_window'
            ) as is_expected
        from assessments
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )

    {{
        contributions(
            "judged",
            [
                [
                    "performance_index",
                    "case when exclusion is null then weight else 0 end",
                    "exclusion is null",
                    none,
                    "case when not is_expected then exclusion end",
                    "is_expected",
                ],
                ["performance_index_of_tested", "weight", "1"],
                ["percent_level_1", "performance_level = 1", "1"],
                ["percent_level_2", "performance_level = 2", "1"],
                ["percent_level_3", "performance_level = 3", "1"],
                ["percent_level_4_and_above", "performance_level >= 4", "1"],
            ],
            population="population",
        )
    }}
