-- How far scores of pieces whose right score is known lie above it on average, in the entities of the raters: of the
-- first rater and of the second. The standard error takes the pieces of one student as alike.
with
    scores as (
        select school_year, district_id, evidence_id, school_id, rater_school_id, score, first_score, benchmark_score
        from {{ ref("stg_moderation_score") }}
        where is_benchmark and benchmark_score is not null
    ),

    evidence as (
        select school_year, district_id, evidence_id, student_id, framework_version, competency_id, school_id, score
        from {{ ref("stg_evidence") }}
        qualify row_number() over (partition by school_year, district_id, evidence_id order by record_line asc) = 1
    ),

    competencies as (
        select school_year, framework_version, competency_id, subject
        from {{ ref("int_competencies") }}
        where subject is not null
    ),

    schools as (select school_year, school_id, district_id from {{ ref("int_schools") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_pairs from {{ ref("policy_calibration") }}
    ),

    t_quantiles as (select degrees_of_freedom, quantile_975 from {{ ref("ref_t_quantiles") }}),

    described as (
        select
            scores.school_year,
            scores.district_id,
            scores.evidence_id,
            evidence.student_id,
            competencies.subject,
            coalesce(scores.school_id, evidence.school_id) as school_id,
            scores.rater_school_id,
            coalesce(scores.first_score, evidence.score) - scores.benchmark_score as first_difference,
            scores.score - scores.benchmark_score as second_difference
        from scores
        inner join evidence using (school_year, district_id, evidence_id)
        inner join competencies using (school_year, framework_version, competency_id)
    ),

    -- A first score stands in every row in which the piece was scored again, and counts once.
    differences as (
        select
            school_year, district_id, school_id, subject, student_id, evidence_id, min(first_difference) as difference
        from described
        group by school_year, district_id, school_id, subject, student_id, evidence_id
        union all
        select
            described.school_year,
            schools.district_id,
            schools.school_id,
            subject,
            student_id,
            evidence_id,
            second_difference
        from described
        inner join
            schools on described.school_year = schools.school_year and described.rater_school_id = schools.school_id
    ),

    students as (
        select
            policy.policy_id,
            school_year,
            policy.level,
            case
                policy.level when 'school' then school_id when 'district' then district_id else 'state'
            end as entity_id,
            subject,
            student_id,
            policy.minimum_pairs,
            count(*) as score_count,
            sum(difference) as difference
        from differences
        inner join policy on school_year between policy.first_school_year and policy.last_school_year
        where difference is not null
        group by policy.policy_id, school_year, policy.level, entity_id, subject, student_id, policy.minimum_pairs
    ),

    sums as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            minimum_pairs,
            cast(sum(score_count) as bigint) as unit_count,
            count(*) as student_count,
            cast(sum(difference) as double) as difference,
            cast(sum(difference * difference) as double) as squares,
            cast(sum(difference * score_count) as double) as products,
            cast(sum(score_count * score_count) as double) as count_squares
        from students
        where entity_id is not null
        group by policy_id, school_year, level, entity_id, subject, minimum_pairs
    ),

    means as (
        select
            *,
            difference / unit_count as mean,
            sqrt(
                greatest(
                    0,
                    squares
                    - 2 * difference / unit_count * products
                    + difference * difference / unit_count / unit_count * count_squares
                )
                * student_count
                / nullif(student_count - 1, 0)
            )
            / unit_count as error
        from sums
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    subject,
    'ALL' as student_group,
    unit_count,
    student_count,
    cast(case when unit_count >= minimum_pairs then mean end as decimal(18, 10)) as value,
    cast(case when unit_count >= minimum_pairs then error end as decimal(18, 10)) as standard_error,
    cast(case when unit_count >= minimum_pairs then mean - quantile_975 * error end as decimal(18, 10)) as interval_low,
    cast(case when unit_count >= minimum_pairs then mean + quantile_975 * error end as decimal(18, 10)) as interval_high
from means
left join t_quantiles on least(student_count - 1, 1000) = degrees_of_freedom
