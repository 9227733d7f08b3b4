with
    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_instructional_days
        from {{ ref("policy_mastery_versus_expected") }}
    ),

    judged as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            months_before_grade + months_of_grade as months_to_grade,
            expected_months,
            expected_count,
            assessed_expected_months,
            mastered_months,
            mastered_count,
            case
                when not is_reported
                then 'district_sent_no_determinations'
                when months_before_grade + months_of_grade = 0
                then 'grade_not_in_framework'
                when days_in_year is null
                then 'no_calendar'
                when instructional_days < minimum_instructional_days
                then 'enrolled_fewer_than_minimum_days'
                when expected_months = 0
                then 'nothing_expected_yet'
                when assessed_count = 0
                then 'never_assessed'
            end as exclusion,
            coalesce(exclusion = 'never_assessed', true) as is_due
        from {{ ref("int_learning_in_entities") }}
        inner join policy using (level)
        where school_year between first_school_year and last_school_year
    )

    {{
        contributions(
            "judged",
            [
                ["mastered_of_expected", "mastered_months", "expected_months"],
                ["mastered_of_expected_by_count", "mastered_count", "expected_count"],
                ["percent_on_or_beyond", "mastered_months >= expected_months", "1"],
                ["percent_of_expected_assessed", "assessed_expected_months", "months_to_grade"],
            ],
        )
    }}
