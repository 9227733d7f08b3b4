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
            is_full_academic_year,
            full_academic_year_basis,
            case
                when not is_expected
                then 'medical_emergency'
                when not is_participant
                then 'not_tested'
                when is_full_academic_year is null
                then 'full_academic_year_unknown'
            end as exclusion
        from {{ ref("int_assessments_in_entities") }}
        where population = 'reporting'
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year
        from {{ ref("policy_full_academic_year_coverage") }}
    ),

    judged as (
        select assessments.*
        from assessments
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )
    {{
        contributions(
            "judged",
            [
                ["percent_full_academic_year", "is_full_academic_year", "1"],
                ["percent_computed_from_calendars", "full_academic_year_basis= 'computed'", "1"],
            ],
            population="population",
            due="false",
        )
    }}
