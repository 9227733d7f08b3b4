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
            coalesce(assessment_form = 'alternate', false) as is_alternate,
            is_expected,
            is_participant,
            coalesce(is_recently_arrived and took_english_language_test, false) as took_english_language_test_instead
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, english_language_test_counts_for
        from {{ ref("policy_test_participation") }}
    ),

    judged as (
        select
            assessments.*,
            case when not is_expected then 'medical_emergency' end as exclusion,
            is_expected
            and (
                is_participant
                or (took_english_language_test_instead and coalesce(subject = english_language_test_counts_for, false))
            ) as is_tested
        from assessments
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )
    {{
        contributions(
            "judged",
            [
                ["percent_tested", "is_tested", "1"],
                [
                    "percent_alternate",
                    "is_participant and is_alternate",
                    "1",
                    none,
                    "coalesce(exclusion, case when not is_tested then 'not_tested' end)",
                ],
            ],
            population="population",
            due="false",
        )
    }}
