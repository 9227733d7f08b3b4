-- Each beginning of a year's work as judged in the school where it was begun, the district and the state.
with
    begun as (
        select
            school_year,
            student_id,
            district_id,
            school_id,
            subject,
            grade_place,
            kind,
            prerequisite_months,
            assessed_months,
            known_gap_months,
            essential_gap_count,
            direct_gap_count,
            days_to_support
        from {{ ref("int_gaps_at_advancements") }}
    ),

    reported as (select school_year, district_id, subject from {{ ref("int_reported_subjects") }}),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            minimum_assessed_share,
            major_gap_months,
            major_gap_boundary,
            major_direct_gaps,
            days_to_plan
        from {{ ref("policy_advanced_with_major_gaps") }}
    ),

    placed as (
        select 'school' as level, school_id as entity_id, *
        from begun
        union all
        select 'district' as level, district_id as entity_id, *
        from begun
        union all
        select 'state' as level, 'state' as entity_id, *
        from begun
    )

select
    policy.policy_id,
    placed.school_year,
    placed.level,
    placed.entity_id,
    placed.subject,
    placed.student_id,
    concat(placed.kind, '-', placed.grade_place) as unit_id,
    placed.kind,
    case
        when reported.subject is null
        then 'district_sent_no_determinations'
        when placed.prerequisite_months = 0
        then 'no_prerequisites'
    end as exclusion,
    placed.assessed_months >= policy.minimum_assessed_share * placed.prerequisite_months as is_known,
    {{ is_major_gap() }} as has_major_gap,
    coalesce(placed.days_to_support <= policy.days_to_plan, false) as has_plan
from placed
inner join
    policy
    on placed.level = policy.level
    and placed.school_year between policy.first_school_year and policy.last_school_year
left join
    reported
    on placed.school_year = reported.school_year
    and placed.district_id = reported.district_id
    and placed.subject = reported.subject
