-- How many days a school had taught before a date that matters: a student's first day, the day after the last one, the
-- day of a test.
with
    days as (
        select distinct school_year, school_id, calendar_date
        from {{ ref("stg_calendar") }}
        where
            is_instructional
            and calendar_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
    ),

    dates as (
        select school_year, school_id, entry_date as asked_date
        from {{ ref("stg_enrollment") }}
        where entry_date is not null
        union
        select school_year, school_id, exit_date + 1 as asked_date
        from {{ ref("stg_enrollment") }}
        where exit_date is not null
        union
        select school_year, school_id, administration_date as asked_date
        from {{ ref("stg_assessment") }}
        where administration_date is not null and grade_level_equivalent is not null
    ),

    in_order as (
        select school_year, school_id, calendar_date as asked_date, 1 as is_day
        from days
        union all
        select school_year, school_id, asked_date, 0 as is_day
        from dates
    ),

    counted as (
        select
            school_year,
            school_id,
            asked_date,
            is_day,
            sum(is_day) over (
                partition by school_year, school_id
                order by asked_date asc, is_day asc
                rows between unbounded preceding and current row
            ) as days_before,
            sum(is_day) over (partition by school_year, school_id) as days_in_year
        from in_order
    )

select
    school_year,
    school_id,
    asked_date,
    cast(days_before as smallint) as days_before,
    cast(days_in_year as smallint) as days_in_year
from counted
where is_day = 0 and days_in_year > 0
