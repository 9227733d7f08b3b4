-- A student once per school, district and state in which he or she was enrolled in the year: districts are not sums
-- of schools.
-- A record without a student's number is kept and belongs to nobody; one without a school belongs to the district.
with
    enrollments as (
        select distinct school_year, student_id, school_id, district_id
        from {{ ref("stg_enrollment") }}
        where student_id is not null
    )

select distinct school_year, 'school' as level, school_id as entity_id, student_id
from enrollments
where school_id is not null
union all
select distinct school_year, 'district' as level, district_id as entity_id, student_id
from enrollments
union all
select distinct school_year, 'state' as level, 'state' as entity_id, student_id
from enrollments
