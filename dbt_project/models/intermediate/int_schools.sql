-- A school number may stand in two districts' files in one year; the school belongs to the district that enrolls more
-- of its students.
with
    schools as (
        select
            school_year,
            district_id,
            school_id,
            school_name,
            city,
            lowest_grade,
            highest_grade,
            prior_school_id,
            number_changed_date,
            record_line
        from {{ ref("stg_school") }}
    ),

    enrollments as (select school_year, district_id, school_id, student_id from {{ ref("stg_enrollment") }}),

    students_by_district as (
        select school_year, school_id, district_id, count(distinct student_id) as student_count
        from enrollments
        group by school_year, school_id, district_id
    ),

    ranked as (
        select
            schools.school_year,
            schools.school_id,
            schools.district_id,
            schools.school_name,
            schools.city,
            schools.lowest_grade,
            schools.highest_grade,
            schools.prior_school_id,
            schools.number_changed_date,
            row_number() over (
                partition by schools.school_year, schools.school_id
                order by
                    coalesce(students_by_district.student_count, 0) desc,
                    schools.district_id asc,
                    schools.record_line asc
            ) as choice
        from schools
        left join
            students_by_district
            on schools.school_year = students_by_district.school_year
            and schools.school_id = students_by_district.school_id
            and schools.district_id = students_by_district.district_id
    )

select
    school_year,
    school_id,
    district_id,
    school_name,
    city,
    lowest_grade,
    highest_grade,
    prior_school_id,
    number_changed_date
from ranked
where choice = 1
