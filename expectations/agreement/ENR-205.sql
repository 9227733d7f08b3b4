-- The highest grade of the district goes on elsewhere, so its students are not looked for.
with open_spells as (
    select before.school_id, before.student_id, cast(grades.sort_order as integer) as grade_order
    from enrollment_last_year as before
    inner join code_grades as grades on grades.code = before.grade
    where before.exit_date is null and before.student_id is not null and coalesce(before.is_primary_school, true)
),
highest as (
    select max(open_spells.grade_order) as grade_order
    from open_spells
),
schools as (
    select
        open_spells.school_id,
        count(*) as students,
        count(*) filter (
            where
                not exists (select 1 from enrollment where enrollment.student_id = open_spells.student_id)
                and not exists (
                    select 1 from enrollment_set_aside as aside where aside.student_id = open_spells.student_id
                )
        ) as unaccounted
    from open_spells
    cross join highest
    where open_spells.grade_order < highest.grade_order
    group by open_spells.school_id
)
select
    null as row,
    schools.school_id || ': ' || cast(schools.unaccounted as varchar) || ' / ' || cast(schools.students as varchar) as seen,
    '10 %' as expected
from schools
where schools.students >= 20 and schools.unaccounted * 100 > schools.students * 10
