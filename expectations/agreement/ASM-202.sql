with now_results as (
    select assessment.school_id, assessment.subject, assessment.performance_level
    from assessment
    where
        assessment.performance_level is not null
        and assessment.subject <> 'ELP'
        and coalesce(assessment.assessment_form, 'regular') in ('regular', 'accommodated')
),
before_results as (
    select before.school_id, before.subject, before.performance_level
    from assessment_last_year as before
    where
        before.performance_level is not null
        and coalesce(before.assessment_form, 'regular') in ('regular', 'accommodated')
),
levels as (
    select distinct now_results.performance_level
    from now_results
),
now_shares as (
    select
        now_results.school_id,
        now_results.subject,
        levels.performance_level,
        count(*) as students,
        count(*) filter (where now_results.performance_level >= levels.performance_level) as reached
    from now_results
    cross join levels
    group by now_results.school_id, now_results.subject, levels.performance_level
),
before_shares as (
    select
        before_results.school_id,
        before_results.subject,
        levels.performance_level,
        count(*) as students,
        count(*) filter (where before_results.performance_level >= levels.performance_level) as reached
    from before_results
    cross join levels
    group by before_results.school_id, before_results.subject, levels.performance_level
),
moved as (
    select
        now_shares.school_id || ', ' || now_shares.subject || ', ' || cast(now_shares.performance_level as varchar)
        || ': ' || cast(now_shares.reached as varchar) || ' / ' || cast(now_shares.students as varchar) as seen,
        cast(before_shares.reached as varchar) || ' / ' || cast(before_shares.students as varchar) as expected,
        row_number() over (
            partition by now_shares.school_id, now_shares.subject
            order by
                abs(now_shares.reached * before_shares.students - before_shares.reached * now_shares.students) desc,
                now_shares.performance_level
        ) as place
    from now_shares
    inner join
        before_shares
        on before_shares.school_id = now_shares.school_id
        and before_shares.subject = now_shares.subject
        and before_shares.performance_level = now_shares.performance_level
    where
        now_shares.students >= 30
        and before_shares.students >= 30
        and abs(now_shares.reached * before_shares.students - before_shares.reached * now_shares.students) * 100
        >= 20 * now_shares.students * before_shares.students
)
select null as row, moved.seen as seen, moved.expected as expected
from moved
where moved.place = 1
