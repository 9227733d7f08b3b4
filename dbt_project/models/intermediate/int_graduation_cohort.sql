-- The members of each graduation cohort as a year's submissions tell it, each in one school of the state, with
-- whether the
-- student is lawfully removed. A removal counts with a written document that the policy accepts for its reason;
-- without one
-- the student stays. The summer belongs to the school year before it.
with
    members as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            cohort_year,
            outcome,
            outcome_date,
            diploma_type,
            removal_reason,
            coalesce(documentation_source, 'none') as documentation_source,
            documentation_date,
            record_line
        from {{ ref("stg_graduation_cohort") }}
        where student_id is not null
    ),

    diplomas as (select code, counts_as_graduate from {{ ref("code_diploma_types") }}),

    policy as (
        select
            policy_id,
            first_school_year,
            last_school_year,
            transfer_out_documents,
            emigrated_documents,
            prison_juvenile_documents,
            deceased_documents,
            summer_end_month,
            summer_end_day
        from {{ ref("policy_graduation_cohort") }}
    ),

    described as (
        select
            policy.policy_id,
            members.*,
            coalesce(diplomas.counts_as_graduate and members.outcome = 'graduated', false) as has_diploma,
            extract(year from members.outcome_date) + case
                when
                    100 * extract(month from members.outcome_date) + extract(day from members.outcome_date)
                    > 100 * policy.summer_end_month + policy.summer_end_day
                then 1
                else 0
            end as outcome_school_year,
            members.outcome = 'removed'
            and members.documentation_date is not null
            and position(
                concat(';', members.documentation_source, ';') in concat(
                    ';',
                    case
                        members.removal_reason
                        when 'transfer_out'
                        then policy.transfer_out_documents
                        when 'emigrated'
                        then policy.emigrated_documents
                        when 'prison_juvenile'
                        then policy.prison_juvenile_documents
                        when 'deceased'
                        then policy.deceased_documents
                        else ''
                    end,
                    ';'
                )
            )
            > 0 as is_removed
        from members
        inner join policy on members.school_year between policy.first_school_year and policy.last_school_year
        left join diplomas on members.diploma_type = diplomas.code
    )

select
    policy_id,
    school_year,
    student_id,
    district_id,
    school_id,
    cohort_year,
    outcome = 'removed' as is_reported_as_removed,
    is_removed,
    case when is_removed then concat('removed_', removal_reason) end as exclusion,
    case when has_diploma then outcome_school_year end as diploma_school_year
from described
qualify
    row_number() over (
        partition by policy_id, school_year, student_id
        order by
            is_removed asc,
            has_diploma desc,
            outcome_date desc nulls last,
            district_id asc,
            school_id asc,
            record_line asc
    )
    = 1
