-- The lowest score of each performance level in a grade and year. From the state's table of cut scores where the policy
-- says so; else the lowest score that earned the level, as far as levels follow from scores: where a lower level was
-- earned with as high a score, there is no cut score.
with
    policy as (
        select policy_id, first_school_year, last_school_year, cut_score_source
        from {{ ref("policy_growth_percentile") }}
        where level = 'state'
    ),

    records as (
        select
            records.policy_id,
            records.school_year,
            records.subject,
            records.grade,
            records.grade_number,
            records.scale_score,
            records.performance_level,
            policy.cut_score_source
        from {{ ref("int_growth_records") }} as records
        inner join
            policy
            on records.policy_id = policy.policy_id
            and records.school_year between policy.first_school_year and policy.last_school_year
    ),

    levels as (
        select distinct school_year, subject, performance_level
        from records
        where performance_level is not null and cut_score_source = 'results'
    ),

    by_level as (
        select
            records.school_year,
            records.subject,
            records.grade,
            records.grade_number,
            levels.performance_level,
            min(records.scale_score) filter (records.performance_level >= levels.performance_level) as cut_score,
            max(records.scale_score) filter (records.performance_level < levels.performance_level) as highest_below
        from records
        inner join levels on records.school_year = levels.school_year and records.subject = levels.subject
        group by records.school_year, records.subject, records.grade, records.grade_number, levels.performance_level
    ),

    tabled_years as (select distinct policy_id, school_year from records where cut_score_source = 'table'),

    cut_scores as (
        select policy_id, first_school_year, last_school_year, subject, grade, performance_level, cut_score
        from {{ ref("policy_cut_scores") }}
    ),

    grades as (select code, cast(sort_order - 1 as smallint) as grade_number from {{ ref("code_grades") }})

select school_year, subject, grade, grade_number, performance_level, cut_score, 'results' as cut_score_source
from by_level
where highest_below is not null and cut_score > highest_below
union all
select
    tabled_years.school_year,
    cut_scores.subject,
    cut_scores.grade,
    grades.grade_number,
    cut_scores.performance_level,
    cut_scores.cut_score,
    'table' as cut_score_source
from tabled_years
inner join
    cut_scores
    on tabled_years.policy_id = cut_scores.policy_id
    and tabled_years.school_year between cut_scores.first_school_year and cut_scores.last_school_year
inner join grades on cut_scores.grade = grades.code
