-- The lowest score that earned each performance level in a grade and year. Where a lower level was earned with as high
-- a score, levels do not follow from scores and there is no cut score.
with
    records as (
        select school_year, subject, grade, grade_number, scale_score, performance_level
        from {{ ref("int_growth_records") }}
        where performance_level is not null
    ),

    levels as (select distinct school_year, subject, performance_level from records),

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
    )

select school_year, subject, grade, grade_number, performance_level, cut_score
from by_level
where highest_below is not null and cut_score > highest_below
