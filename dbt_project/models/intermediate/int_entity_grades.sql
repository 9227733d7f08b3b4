-- The grades in which an entity enrolled anyone in the year: rows by grade exist for these only.
with
    enrollments as (
        select distinct enrollment.school_year, enrollment.school_id, enrollment.district_id, enrollment.grade
        from {{ ref("stg_enrollment") }} as enrollment
        inner join {{ ref("code_grades") }} as grades on enrollment.grade = grades.code
    )

select distinct school_year, 'school' as level, school_id as entity_id, grade
from enrollments
union all
select distinct school_year, 'district' as level, district_id as entity_id, grade
from enrollments
union all
select distinct school_year, 'state' as level, 'state' as entity_id, grade
from enrollments
