-- The numbers of each construct for each entity and student group: raw, weighted to those who were invited, and for a
-- school
-- drawn toward the state's mean by as much as the school's own mean is unreliable.
with
    policy as (select policy_id, level, first_school_year, last_school_year from {{ ref("policy_belonging") }}),

    counts as (
        select policy_id, school_year, district_id, school_id, grade, student_group, invited_count, complete_count
        from {{ ref("int_survey_counts") }}
    ),

    sums as (
        select
            policy_id,
            school_year,
            district_id,
            school_id,
            grade,
            student_group,
            construct,
            score_count,
            score_sum,
            score_squares,
            favorable_count
        from {{ ref("int_survey_strata") }}
    ),

    strata as (
        select
            policy_id,
            school_year,
            level,
            case level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
            school_id,
            student_group,
            construct,
            score_count,
            favorable_count,
            counts.invited_count,
            cast(score_sum as double) as score_sum,
            cast(score_squares as double) as score_squares
        from sums
        inner join counts using (policy_id, school_year, district_id, school_id, grade, student_group)
        inner join policy using (policy_id)
        where school_year between first_school_year and last_school_year
    ),

    responses as (
        select
            policy_id,
            school_year,
            level,
            case level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
            student_group,
            cast(sum(complete_count) as double) / sum(invited_count) as response_rate
        from counts
        inner join policy using (policy_id)
        where school_year between first_school_year and last_school_year
        group by policy_id, school_year, level, entity_id, student_group
    ),

    schools as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            school_id,
            cast(sum(score_count) as double) as n,
            {{ exact_sum("score_sum") }} as score_sum,
            {{ exact_sum("score_squares") }} as score_squares,
            cast(sum(favorable_count) as double) as favorable
        from strata
        group by policy_id, school_year, level, entity_id, student_group, construct, school_id
    ),

    entities as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            sum(n) as n,
            {{ exact_sum("score_sum") }} / sum(n) as mean,
            sum(favorable) / sum(n) as favorable_share,
            {{ exact_sum("score_squares") }} - {{ exact_sum("score_sum * score_sum / n") }} as variation_within,
            {{ exact_sum("score_sum * score_sum / n") }}
            - {{ exact_sum("score_sum") }} * {{ exact_sum("score_sum") }} / sum(n) as variation_between,
            count(*) as school_count,
            sum(n * n) as size_squares,
            case when level = 'school' or count(*) = 1 then sum(n) else count(*) end as cluster_count,
            case
                when level = 'school' or count(*) = 1
                then {{ exact_sum("score_squares") }}
                else {{ exact_sum("score_sum * score_sum") }}
            end as score_score,
            case
                when level = 'school' or count(*) = 1
                then {{ exact_sum("score_sum") }}
                else {{ exact_sum("score_sum * n") }}
            end as score_n,
            case
                when level = 'school' or count(*) = 1 then sum(favorable) else sum(favorable * favorable)
            end as favorable_favorable,
            case when level = 'school' or count(*) = 1 then sum(favorable) else sum(favorable * n) end as favorable_n,
            case when level = 'school' or count(*) = 1 then sum(n) else sum(n * n) end as n_n
        from schools
        group by policy_id, school_year, level, entity_id, student_group, construct
    ),

    weighted as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            {{ exact_sum("invited_count * score_sum / score_count") }} / sum(invited_count) as weighted_mean,
            sqrt(
                greatest(0, {{ exact_sum("score_squares") }} - {{ exact_sum("score_sum * score_sum / score_count") }})
                / nullif(sum(score_count) - count(*), 0)
                * {{ exact_sum("cast(invited_count as double) * invited_count / score_count") }}
            )
            / sum(invited_count) as weighted_error
        from strata
        group by policy_id, school_year, level, entity_id, student_group, construct
    ),

    -- Variance within and between the schools of the state (analysis of variance for groups of unequal size).
    components as (
        select
            policy_id,
            school_year,
            student_group,
            construct,
            mean as grand_mean,
            variation_within / nullif(n - school_count, 0) as within,
            -- greatest passes over nulls: one school tells nothing of how schools differ, and not that they do not.
            case
                when school_count > 1
                then
                    greatest(
                        0,
                        (variation_between / (school_count - 1) - variation_within / nullif(n - school_count, 0))
                        / ((n - size_squares / n) / (school_count - 1))
                    )
            end as between
        from entities
        where level = 'state'
    ),

    described as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            n,
            mean,
            favorable_share,
            weighted_mean,
            weighted_error,
            grand_mean,
            within,
            between,
            response_rate,
            cluster_count,
            {{ linearized_error("score_score", "score_n", "n_n", "mean") }} as error,
            {{ linearized_error("favorable_favorable", "favorable_n", "n_n", "favorable_share") }} as favorable_error,
            case when level = 'school' then {{ reliability_of_mean("between", "within", "n") }} end as reliability
        from entities
        inner join weighted using (policy_id, school_year, level, entity_id, student_group, construct)
        inner join components using (policy_id, school_year, student_group, construct)
        inner join responses using (policy_id, school_year, level, entity_id, student_group)
    ),

    numbers as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            n,
            cluster_count,
            response_rate,
            'percent_favorable' as number,
            favorable_share as value,
            favorable_error as error,
            case when level = 'school' then 'wilson' else 't_clustered' end as method
        from described
        union all
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            n,
            cluster_count,
            response_rate,
            'mean',
            mean,
            error,
            't_clustered'
        from described
        union all
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            n,
            cluster_count,
            response_rate,
            'weighted_mean',
            weighted_mean,
            weighted_error,
            'stratified'
        from described
        union all
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            n,
            cluster_count,
            response_rate,
            'shrunken_mean',
            reliability * mean + (1 - reliability) * grand_mean,
            sqrt(between * (1 - reliability)),
            'empirical_bayes'
        from described
        where level = 'school'
        union all
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            n,
            cluster_count,
            response_rate,
            'reliability',
            reliability,
            null,
            null
        from described
        where level = 'school'
    ),

    scales as (
        select policy_id, first_school_year, last_school_year, lowest_score, highest_score
        from {{ ref("policy_survey_quality") }}
        where level = 'state'
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_group,
    concat(number, '_', construct) as measure,
    cast(n as bigint) as student_count,
    cast(cluster_count as bigint) as cluster_count,
    cast(response_rate as decimal(9, 6)) as response_rate,
    cast(value as decimal(18, 10)) as value,
    error,
    method,
    case when number = 'percent_favorable' then 0 else scales.lowest_score end as least_possible,
    case when number = 'percent_favorable' then 1 else scales.highest_score end as greatest_possible
from numbers
inner join scales using (policy_id)
where school_year between scales.first_school_year and scales.last_school_year
