with
    policy as (
        select policy_id, level, first_school_year, last_school_year, at_risk_share, chronic_share, severe_share
        from {{ ref("policy_chronic_absenteeism") }}
    ),

    attendance as (
        select
            policy_id, school_year, population, level, entity_id, student_id, days_expected, days_absent, reason, is_due
        from {{ ref("int_attendance_in_entities") }}
    ),

    judged as (
        select
            attendance.*,
            'ALL' as subject,
            reason as exclusion,
            case
                when days_absent >= severe_share * days_expected
                then 'severely_chronic'
                when days_absent >= chronic_share * days_expected
                then 'moderately_chronic'
                when days_absent >= at_risk_share * days_expected
                then 'at_risk'
                else 'satisfactory'
            end as band
        from attendance
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )

    {{
        contributions(
            "judged",
            [
                ["percent_chronically_absent", "band like '%_chronic'", "1"],
                ["percent_satisfactory", "band= 'satisfactory'", "1"],
                ["percent_at_risk", "band= 'at_risk'", "1"],
                ["percent_moderately_chronic", "band= 'moderately_chronic'", "1"],
                ["percent_severely_chronic", "band= 'severely_chronic'", "1"],
            ],
            population="population",
        )
    }}
