-- How many decisions of mastery of a student rest on enough evidence, in each entity. Decisions are judged once by each
-- distinct set of rules, and only the counts of a student are spread over schools, districts and the state.
with
    pieces as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            determination_id,
            decided_date,
            exclusion,
            is_audited,
            evidence_id,
            evidence_date,
            evidence_form,
            is_performance_based,
            has_second_judge
        from {{ ref("int_determination_pieces") }}
    ),

    policy as (
        select
            level,
            first_school_year,
            last_school_year,
            policy_id,
            minimum_pieces,
            minimum_forms,
            minimum_performance_pieces,
            recency_months,
            recency_boundary
        from {{ ref("policy_evidence_sufficiency") }}
    ),

    rules as (
        select distinct
            first_school_year,
            last_school_year,
            policy_id,
            minimum_pieces,
            minimum_forms,
            minimum_performance_pieces,
            recency_months,
            recency_boundary
        from policy
    ),

    dated as (
        select
            rules.policy_id,
            rules.minimum_pieces,
            rules.minimum_forms,
            rules.minimum_performance_pieces,
            rules.recency_months,
            rules.recency_boundary,
            pieces.school_year,
            pieces.district_id,
            pieces.school_id,
            pieces.student_id,
            pieces.determination_id,
            pieces.exclusion,
            pieces.is_audited,
            pieces.evidence_id,
            pieces.evidence_form,
            pieces.is_performance_based,
            pieces.has_second_judge,
            case
                rules.recency_boundary
                when 'at_most'
                then pieces.evidence_date >= pieces.decided_date - to_months(rules.recency_months)
                when 'less_than'
                then pieces.evidence_date > pieces.decided_date - to_months(rules.recency_months)
            end as is_recent
        from pieces
        inner join rules on pieces.school_year between rules.first_school_year and rules.last_school_year
    ),

    determinations as (
        select
            policy_id,
            minimum_pieces,
            minimum_forms,
            minimum_performance_pieces,
            recency_months,
            recency_boundary,
            school_year,
            district_id,
            school_id,
            student_id,
            determination_id,
            exclusion,
            count(evidence_id) >= minimum_pieces as has_enough_pieces,
            count(evidence_id) filter (where is_recent) >= minimum_pieces as has_recent_evidence,
            count(distinct evidence_form) filter (where is_recent) >= minimum_forms as has_enough_forms,
            count(evidence_id) filter (where is_recent and is_performance_based)
            >= minimum_performance_pieces as has_performance_evidence,
            is_audited or coalesce(bool_or(is_recent and has_second_judge), false) as has_second_judge
        from dated
        group by
            policy_id,
            minimum_pieces,
            minimum_forms,
            minimum_performance_pieces,
            recency_months,
            recency_boundary,
            school_year,
            district_id,
            school_id,
            student_id,
            determination_id,
            exclusion,
            is_audited
    ),

    students as (
        select
            policy_id,
            school_year,
            district_id,
            school_id,
            student_id,
            minimum_pieces,
            minimum_forms,
            minimum_performance_pieces,
            recency_months,
            recency_boundary,
            min(exclusion) as exclusion,
            count(*) filter (where exclusion = 'district_sent_no_evidence') as without_evidence_sent,
            count(*) filter (where exclusion is null) as determination_count,
            count(*) filter (where exclusion is null and has_enough_pieces) as with_enough_pieces,
            count(*) filter (where exclusion is null and has_recent_evidence) as with_recent_evidence,
            count(*) filter (where exclusion is null and has_enough_forms) as with_enough_forms,
            count(*) filter (where exclusion is null and has_performance_evidence) as with_performance_evidence,
            count(*) filter (where exclusion is null and has_second_judge) as with_second_judge,
            count(*) filter (
                where
                    exclusion is null
                    and has_recent_evidence
                    and has_enough_forms
                    and has_performance_evidence
                    and has_second_judge
            ) as sufficient
        from determinations
        group by
            policy_id,
            school_year,
            district_id,
            school_id,
            student_id,
            minimum_pieces,
            minimum_forms,
            minimum_performance_pieces,
            recency_months,
            recency_boundary
    )

select
    policy_id,
    school_year,
    policy.level,
    case policy.level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
    student_id,
    min(exclusion) as exclusion,
    cast(sum(without_evidence_sent) as bigint) as without_evidence_sent,
    cast(sum(determination_count) as bigint) as determination_count,
    cast(sum(with_enough_pieces) as bigint) as with_enough_pieces,
    cast(sum(with_recent_evidence) as bigint) as with_recent_evidence,
    cast(sum(with_enough_forms) as bigint) as with_enough_forms,
    cast(sum(with_performance_evidence) as bigint) as with_performance_evidence,
    cast(sum(with_second_judge) as bigint) as with_second_judge,
    cast(sum(sufficient) as bigint) as sufficient
from students
inner join
    policy using (
        policy_id, minimum_pieces, minimum_forms, minimum_performance_pieces, recency_months, recency_boundary
    )
where school_year between first_school_year and last_school_year and (policy.level <> 'school' or school_id is not null)
group by policy_id, school_year, policy.level, entity_id, student_id
