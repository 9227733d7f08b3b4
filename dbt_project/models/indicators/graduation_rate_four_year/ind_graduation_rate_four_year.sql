with
    cohort as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            cohort_year,
            is_reported_as_removed,
            is_removed,
            exclusion,
            diploma_school_year
        from {{ ref("int_graduation_cohort_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, years_after_the_cohort
        from {{ ref("policy_graduation_rate_four_year") }}
    ),

    judged as (
        select
            cohort.*,
            'ALL' as subject,
            coalesce(diploma_school_year - cohort_year <= years_after_the_cohort, false) as is_graduate,
            case
                when not is_reported_as_removed then coalesce(exclusion, 'not_reported_as_removed')
            end as exclusion_from_removals
        from cohort
        inner join policy using (policy_id, level)
        where
            school_year between first_school_year and last_school_year
            and school_year - cohort_year = years_after_the_cohort
    )

    {{
        contributions(
            "judged",
            [
                ["percent_graduated", "is_graduate", "1"],
                ["percent_removals_documented", "is_removed", "1", none, "exclusion_from_removals"],
            ],
            due="false",
        )
    }}
