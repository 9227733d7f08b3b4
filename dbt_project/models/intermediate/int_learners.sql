-- A student in each school, district and the state of a year: the grade, from when to when, and the days of
-- instruction.
-- One who was there on the first day that was taught was there from July 1, one who was there on the last until June
-- 30,
-- so that what is decided in the summer counts. Judged in each entity on the time there.
with
    grades as (select code, cast(sort_order as tinyint) as grade_place from {{ ref("code_grades") }}),

    enrollments as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            grade,
            coalesce(entry_date, make_date(school_year - 1, 7, 1)) as entry_date,
            coalesce(exit_date, make_date(school_year, 6, 30)) as exit_date,
            entry_date is null as is_from_the_start,
            exit_date is null as is_to_the_end
        from {{ ref("stg_enrollment") }}
        where student_id is not null
    ),

    day_counts as (
        select school_year, school_id, asked_date, days_before, days_in_year from {{ ref("int_day_counts") }}
    ),

    calendars as (
        select school_year, school_id, cast(count(distinct calendar_date) as smallint) as days_in_year
        from {{ ref("stg_calendar") }}
        where
            is_instructional
            and calendar_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
        group by school_year, school_id
    ),

    counted as (
        select
            enrollments.school_year,
            enrollments.district_id,
            enrollments.school_id,
            enrollments.student_id,
            grades.grade_place,
            enrollments.entry_date,
            enrollments.exit_date,
            calendars.days_in_year,
            case when is_from_the_start then 0 else at_entry.days_before end as days_before_entry,
            case when is_to_the_end then calendars.days_in_year else after_exit.days_before end as days_to_exit
        from enrollments
        left join grades on enrollments.grade = grades.code
        left join
            calendars on enrollments.school_year = calendars.school_year and enrollments.school_id = calendars.school_id
        left join
            day_counts as at_entry
            on enrollments.school_year = at_entry.school_year
            and enrollments.school_id = at_entry.school_id
            and enrollments.entry_date = at_entry.asked_date
        left join
            day_counts as after_exit
            on enrollments.school_year = after_exit.school_year
            and enrollments.school_id = after_exit.school_id
            and enrollments.exit_date + 1 = after_exit.asked_date
        where enrollments.entry_date <= enrollments.exit_date
    ),

    stays as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            grade_place,
            days_in_year,
            days_before_entry,
            days_to_exit,
            case when days_before_entry = 0 then make_date(school_year - 1, 7, 1) else entry_date end as first_date,
            case when days_to_exit = days_in_year then make_date(school_year, 6, 30) else exit_date end as last_date,
            concat(exit_date, entry_date, school_id) as place_in_time
        from counted
    ),

    placed as (
        select 'school' as level, school_id as entity_id, *
        from stays
        where school_id is not null
        union all
        select 'district' as level, district_id as entity_id, *
        from stays
        union all
        select 'state' as level, 'state' as entity_id, *
        from stays
    ),

    combined as (
        select
            school_year,
            level,
            entity_id,
            student_id,
            max_by(district_id, place_in_time) as district_id,
            max_by(grade_place, place_in_time) as grade_place,
            min(first_date) as first_date,
            max(last_date) as last_date,
            least(
                sum(days_to_exit - days_before_entry), max(days_to_exit) - min(days_before_entry)
            ) as instructional_days,
            max_by(days_to_exit, place_in_time) as elapsed_days,
            max_by(days_in_year, place_in_time) as days_in_year
        from placed
        group by school_year, level, entity_id, student_id
    )

select
    school_year,
    level,
    entity_id,
    student_id,
    district_id,
    grade_place,
    first_date,
    last_date,
    cast(instructional_days as smallint) as instructional_days,
    cast(elapsed_days as smallint) as elapsed_days,
    cast(days_in_year as smallint) as days_in_year
from combined
