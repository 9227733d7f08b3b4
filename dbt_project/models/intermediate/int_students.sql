-- One row per student and school year, whatever the number of districts that sent the student.
with
    students as (
        select school_year, district_id, student_id, sex, hispanic_latino_ethnicity, races, record_line
        from {{ ref("stg_student") }}
    ),

    enrollments as (
        select school_year, student_id, school_id, is_primary_school, record_line from {{ ref("stg_enrollment") }}
    ),

    one_record as (
        select
            school_year,
            student_id,
            sex,
            hispanic_latino_ethnicity,
            races,
            row_number() over (partition by school_year, student_id order by district_id asc, record_line asc) as choice
        from students
    ),

    one_school as (
        select
            school_year,
            student_id,
            school_id,
            row_number() over (
                partition by school_year, student_id
                order by coalesce(is_primary_school, false) desc, school_id asc, record_line asc
            ) as choice
        from enrollments
    )

select
    one_record.school_year,
    one_record.student_id,
    one_record.sex,
    case
        when one_record.hispanic_latino_ethnicity
        then 'HI'
        when one_record.races like '%;%'
        then 'MR'
        else one_record.races
    end as race_ethnicity,
    one_school.school_id as primary_school_id
from one_record
left join
    one_school
    on one_record.school_year = one_school.school_year
    and one_record.student_id = one_school.student_id
    and one_school.choice = 1
where one_record.choice = 1
