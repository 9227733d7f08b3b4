with
    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_pieces
        from {{ ref("policy_performance_evidence_share") }}
    ),

    -- A decision that is not asked about has no pieces, so those of a student that one rule keeps out stand as one.
    determinations as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            exclusion,
            count(evidence_id) as piece_count,
            cast(
                count(evidence_id) filter (where is_performance_based)
                / nullif(count(evidence_id), 0) as decimal(18, 10)
            ) as share
        from {{ ref("int_determination_pieces") }}
        group by
            school_year,
            district_id,
            school_id,
            student_id,
            case when exclusion is null then determination_id end,
            exclusion
    ),

    students as (
        select
            policy.policy_id,
            school_year,
            policy.level,
            case
                policy.level when 'school' then school_id when 'district' then district_id else 'state'
            end as entity_id,
            'ALL' as subject,
            student_id,
            sum(share) filter (where piece_count >= minimum_pieces) as shares,
            count(*) filter (where piece_count >= minimum_pieces) as decisions,
            bool_or(
                exclusion is null or (policy.level = 'state' and exclusion = 'district_sent_no_evidence')
            ) as is_due,
            case when decisions = 0 then coalesce(min(exclusion), 'too_few_pieces_behind_the_decision') end as exclusion
        from determinations
        inner join policy on school_year between policy.first_school_year and policy.last_school_year
        where policy.level <> 'school' or school_id is not null
        group by policy.policy_id, school_year, policy.level, entity_id, student_id
    )

    {{ contributions("students", [["percent_performance_evidence", "shares", "decisions"]]) }}
