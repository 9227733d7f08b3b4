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
            is_participant,
            case when reports_performance_levels then exclusion else 'performance_levels_not_reported' end as reason
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, proficient_performance_level, expected_population
        from {{ ref("policy_academic_achievement") }}
    ),

    judged as (
        select
            assessments.*,
            coalesce(
                reason,
                case when not is_participant then 'not_tested' when performance_level is null then 'no_valid_result' end
            ) as exclusion,
            performance_level >= proficient_performance_level as is_proficient,
            reason is null
            or (
                reason = 'not_enrolled_for_the_full_academic_year' and expected_population = 'enrolled_in_window'
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
                    "percent_proficient",
                    "exclusion is null and is_proficient",
                    "exclusion is null",
                    none,
                    "case when not is_expected then exclusion end",
                    "is_expected",
                ],
                ["percent_proficient_of_tested", "is_proficient", "1", none, none, "false"],
            ],
            population="population",
        )
    }}
