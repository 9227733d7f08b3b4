with both_years as (
    select 'now' as school_year, student.races, student.hispanic_latino_ethnicity
    from student
    union all
    select 'before' as school_year, before.races, before.hispanic_latino_ethnicity
    from student_last_year as before
),
groups as (
    select
        both_years.school_year,
        case
            when both_years.hispanic_latino_ethnicity then 'HI'
            when both_years.races like '%;%' then 'MR'
            else both_years.races
        end as race
    from both_years
),
counts as (
    select
        groups.race,
        count(*) filter (where groups.school_year = 'now') as now_count,
        count(*) filter (where groups.school_year = 'before') as before_count
    from groups
    group by groups.race
),
totals as (
    select sum(counts.now_count) as now_total, sum(counts.before_count) as before_total
    from counts
)
select
    null as row,
    counts.race || ': ' || cast(counts.now_count as varchar) || ' / ' || cast(cast(totals.now_total as bigint) as varchar)
        as seen,
    cast(counts.before_count as varchar) || ' / ' || cast(cast(totals.before_total as bigint) as varchar) as expected
from counts
cross join totals
where
    (counts.race in ('HI', 'MR') or exists (select 1 from code_races as known where known.code = counts.race))
    and totals.now_total >= 100
    and totals.before_total >= 100
    and abs(counts.now_count * totals.before_total - counts.before_count * totals.now_total) * 100
    >= 10 * totals.now_total * totals.before_total
