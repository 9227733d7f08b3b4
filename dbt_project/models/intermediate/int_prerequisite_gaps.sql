-- Gaps in what this year's work needs first, as judged in each entity on the student's last day there, and how that
-- differs
-- from the year before for students who were there in both. What would not be a major gap without the prerequisites
-- that
-- were first looked at this year is a difference of looking; all other difference is one of learning.
with
    learning as (
        select
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            is_reported,
            prerequisite_months,
            assessed_prerequisite_months,
            known_gap_months,
            essential_gap_count,
            direct_gap_count,
            known_gap_months_seen_before,
            essential_gap_count_seen_before,
            direct_gap_count_seen_before
        from {{ ref("int_learning_in_entities") }}
    ),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            major_gap_months,
            major_gap_boundary,
            major_direct_gaps
        from {{ ref("policy_prerequisite_gaps") }}
    ),

    judged as (
        select
            learning.*,
            policy.policy_id,
            {{ is_major_gap() }} as has_major_gap,
            {{ is_major_gap("_seen_before") }} as has_major_gap_seen_before
        from learning
        inner join
            policy
            on learning.level = policy.level
            and learning.school_year between policy.first_school_year and policy.last_school_year
    ),

    last_year as (
        select
            policy_id,
            cast(school_year + 1 as smallint) as school_year,
            level,
            entity_id,
            subject,
            student_id,
            has_major_gap
        from judged
        where is_reported and prerequisite_months > 0
    )

select
    judged.policy_id,
    judged.school_year,
    judged.level,
    judged.entity_id,
    judged.subject,
    judged.student_id,
    case
        when not judged.is_reported
        then 'district_sent_no_determinations'
        when judged.prerequisite_months = 0
        then 'no_prerequisites'
        when judged.assessed_prerequisite_months = 0
        then 'prerequisites_never_assessed'
    end as exclusion,
    judged.prerequisite_months,
    judged.assessed_prerequisite_months,
    judged.prerequisite_months - judged.assessed_prerequisite_months as unknown_months,
    judged.known_gap_months,
    judged.has_major_gap,
    judged.has_major_gap_seen_before,
    case when judged.is_reported and judged.prerequisite_months > 0 then last_year.has_major_gap end as had_major_gap
from judged
left join
    last_year
    on judged.policy_id = last_year.policy_id
    and judged.school_year = last_year.school_year
    and judged.level = last_year.level
    and judged.entity_id = last_year.entity_id
    and judged.subject = last_year.subject
    and judged.student_id = last_year.student_id
