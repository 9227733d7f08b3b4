-- How many were invited to the survey that counts, answered at all, answered so that it counts, or gave one answer to
-- all
-- questions: by school, grade and student group.
with
    respondents as (
        select policy_id, school_year, district_id, school_id, grade, group_set, exclusion
        from {{ ref("int_survey_respondents") }}
    ),

    members as (select group_set, student_group from {{ ref("int_survey_group_members") }})

select
    policy_id,
    school_year,
    district_id,
    school_id,
    grade,
    student_group,
    count(*) as invited_count,
    count(*) filter (where exclusion is distinct from 'no_answer') as answering_count,
    count(*) filter (where exclusion = 'one_answer_to_all_questions') as straight_count,
    count(*) filter (where exclusion is null) as complete_count
from respondents
inner join members using (group_set)
group by policy_id, school_year, district_id, school_id, grade, student_group
