-- The spells of a student in one school, made disjoint: a spell that begins within an earlier one begins after it.
-- A blank entry is July 1 and a blank exit June 30, so that a date outside the school year changes nothing.
with
    enrollments as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            coalesce(entry_date, make_date(school_year - 1, 7, 1)) as entry_date,
            coalesce(exit_date, make_date(school_year, 6, 30)) as exit_date,
            accountable_school_id
        from {{ ref("stg_enrollment") }}
    ),

    repeated as (
        select school_year, district_id, school_id, student_id
        from enrollments
        group by school_year, district_id, school_id, student_id
        having count(*) > 1
    ),

    disjoint as (
        select
            enrollments.school_year,
            enrollments.district_id,
            enrollments.school_id,
            enrollments.student_id,
            greatest(
                enrollments.entry_date,
                coalesce(
                    max(enrollments.exit_date) over (
                        partition by
                            enrollments.school_year,
                            enrollments.district_id,
                            enrollments.school_id,
                            enrollments.student_id
                        order by enrollments.entry_date asc, enrollments.exit_date asc
                        rows between unbounded preceding and 1 preceding
                    )
                    + 1,
                    enrollments.entry_date
                )
            ) as entry_date,
            enrollments.exit_date,
            enrollments.accountable_school_id
        from enrollments
        inner join repeated using (school_year, district_id, school_id, student_id)
    )

select
    enrollments.school_year,
    enrollments.district_id,
    enrollments.school_id,
    enrollments.student_id,
    enrollments.entry_date,
    enrollments.exit_date,
    enrollments.accountable_school_id
from enrollments
left join repeated using (school_year, district_id, school_id, student_id)
where repeated.student_id is null
union all
select school_year, district_id, school_id, student_id, entry_date, exit_date, accountable_school_id
from disjoint
