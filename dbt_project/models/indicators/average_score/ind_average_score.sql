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
            grade_assessed,
            scale_score,
            coalesce(
                exclusion,
                case when not is_participant then 'not_tested' when scale_score is null then 'no_valid_result' end
            ) as exclusion
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, score_weight
        from {{ ref("policy_average_score") }}
    ),

    weighed as (
        select assessments.*, policy.score_weight
        from assessments
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )
    {{
        contributions(
            "weighed",
            [["mean_scale_score", "scale_score * score_weight", "score_weight"]],
            population="population",
            grade_span="grade_assessed",
            due="false",
        )
    }}
