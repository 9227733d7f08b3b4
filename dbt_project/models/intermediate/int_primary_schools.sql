-- The primary school of each student with its district: it stands in where a record does not name the school.
with
    students as (
        select school_year, student_id, primary_school_id
        from {{ ref("int_students") }}
        where primary_school_id is not null
    ),

    schools as (select school_year, school_id, district_id from {{ ref("int_schools") }})

select students.school_year, students.student_id, schools.district_id, schools.school_id
from students
inner join schools on students.school_year = schools.school_year and students.primary_school_id = schools.school_id
