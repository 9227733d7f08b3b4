with
    cohort as (
        select policy_id, school_year, level, entity_id, student_id, cohort_year, exclusion, diploma_school_year
        from {{ ref("int_graduation_cohort_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, first_extension_years, second_extension_years
        from {{ ref("policy_graduation_rate_extended") }}
    ),

    judged as (
        select
            cohort.*,
            'ALL' as subject,
            coalesce(diploma_school_year <= school_year, false) as is_graduate,
            school_year - cohort_year = first_extension_years as is_first_extension,
            school_year - cohort_year = second_extension_years as is_second_extension
        from cohort
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )

    {{
        contributions(
            "judged",
            [
                ["percent_graduated_with_first_extension", "is_graduate", "1", "is_first_extension"],
                ["percent_graduated_with_second_extension", "is_graduate", "1", "is_second_extension"],
            ],
            due="false",
        )
    }}
