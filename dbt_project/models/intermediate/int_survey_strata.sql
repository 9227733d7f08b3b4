-- Sums of scores by construct, school, grade and student group: what every number about a construct is made of.
with
    scores as (
        select policy_id, school_year, district_id, school_id, grade, group_set, construct, score
        from {{ ref("int_survey_scores") }}
    ),

    members as (select group_set, student_group from {{ ref("int_survey_group_members") }}),

    policy as (
        select policy_id, first_school_year, last_school_year, favorable_score, favorable_boundary
        from {{ ref("policy_belonging") }}
        where level = 'state'
    )

select
    policy_id,
    school_year,
    district_id,
    school_id,
    grade,
    student_group,
    construct,
    count(*) as score_count,
    sum(score) as score_sum,
    sum(score * score) as score_squares,
    count(*) filter (
        where
            score > policy.favorable_score
            or (policy.favorable_boundary = 'at_least' and score = policy.favorable_score)
    ) as favorable_count
from scores
inner join members using (group_set)
inner join policy using (policy_id)
where school_year between policy.first_school_year and policy.last_school_year
group by policy_id, school_year, district_id, school_id, grade, student_group, construct
