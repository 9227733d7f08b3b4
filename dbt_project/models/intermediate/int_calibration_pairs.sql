-- Two scores of one piece of evidence, in the entities of the first rater, with why a pair does not count. Pieces of a
-- subject that is not reported by itself are not here.
with
    scores as (
        select
            school_year,
            district_id,
            evidence_id,
            rater_id,
            moderation_round,
            score,
            is_blind,
            first_rater_id,
            first_score,
            school_id,
            rater_school_id
        from {{ ref("stg_moderation_score") }}
        where score is not null
        qualify
            row_number() over (
                partition by school_year, district_id, evidence_id, rater_id, moderation_round order by record_line asc
            )
            = 1
    ),

    evidence as (
        select
            school_year,
            district_id,
            evidence_id,
            student_id,
            framework_version,
            competency_id,
            school_id,
            rater_id,
            score
        from {{ ref("stg_evidence") }}
        qualify row_number() over (partition by school_year, district_id, evidence_id order by record_line asc) = 1
    ),

    competencies as (
        select school_year, framework_version, competency_id, subject
        from {{ ref("int_competencies") }}
        where subject is not null
    ),

    primary_schools as (select school_year, student_id, district_id, school_id from {{ ref("int_primary_schools") }}),

    schools as (select school_year, school_id, district_id from {{ ref("int_schools") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, moderation_round
        from {{ ref("policy_calibration") }}
    ),

    pairs as (
        select
            scores.school_year,
            scores.district_id,
            coalesce(scores.school_id, evidence.school_id, primary_schools.school_id) as school_id,
            evidence.student_id,
            competencies.subject,
            coalesce(scores.first_score, evidence.score) as first_score,
            scores.score as second_score,
            coalesce(scores.first_rater_id, evidence.rater_id) as first_rater_id,
            scores.rater_id,
            scores.rater_school_id,
            rater_schools.district_id as rater_district_id,
            scores.moderation_round,
            coalesce(scores.is_blind, false) as is_blind
        from scores
        inner join
            evidence
            on scores.school_year = evidence.school_year
            and scores.district_id = evidence.district_id
            and scores.evidence_id = evidence.evidence_id
        inner join
            competencies
            on evidence.school_year = competencies.school_year
            and evidence.framework_version = competencies.framework_version
            and evidence.competency_id = competencies.competency_id
        left join
            primary_schools
            on evidence.school_year = primary_schools.school_year
            and evidence.student_id = primary_schools.student_id
            and evidence.district_id = primary_schools.district_id
        left join
            schools as rater_schools
            on scores.school_year = rater_schools.school_year
            and scores.rater_school_id = rater_schools.school_id
    )

select
    policy.policy_id,
    pairs.school_year,
    policy.level,
    case
        policy.level when 'school' then pairs.school_id when 'district' then pairs.district_id else 'state'
    end as entity_id,
    pairs.subject,
    pairs.student_id,
    pairs.district_id,
    pairs.rater_district_id,
    pairs.first_score,
    pairs.second_score,
    case
        when pairs.moderation_round <> policy.moderation_round
        then 'scored_in_another_round'
        when not pairs.is_blind
        then 'not_blind'
        when pairs.rater_id = pairs.first_rater_id
        then 'scored_by_one_person'
        when pairs.rater_school_id = pairs.school_id
        then 'scored_in_the_same_school'
        when pairs.first_score is null
        then 'no_first_score'
    end as exclusion
from pairs
inner join policy on pairs.school_year between policy.first_school_year and policy.last_school_year
where policy.level <> 'school' or pairs.school_id is not null
