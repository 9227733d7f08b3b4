with spells as (
    select
        enrollment.student_id,
        enrollment.school_id,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
)
select section_enrollment.row as row, cast(section_enrollment.begin_date as varchar) as seen, null as expected
from section_enrollment
inner join course_section on course_section.section_id = section_enrollment.section_id
cross join submission
where
    section_enrollment.student_id is not null
    and not exists (
        select 1
        from spells
        where
            spells.student_id = section_enrollment.student_id
            and spells.school_id = course_section.school_id
            and coalesce(section_enrollment.begin_date, submission.first_day) <= spells.ends
            and coalesce(section_enrollment.end_date, submission.last_day) >= spells.begins
    )
    and not exists (select 1 from enrollment_set_aside as aside where aside.student_id = section_enrollment.student_id)
