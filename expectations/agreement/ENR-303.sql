-- From the day on which the registry has the student in another district, the enrollment here should have ended.
select
    enrollment.row as row,
    cast(coalesce(enrollment.exit_date, submission.last_day) as varchar) as seen,
    cast(registry.enrolled_since_date as varchar) as expected
from enrollment
cross join submission
inner join student_registry_of_state as registry on registry.student_id = enrollment.student_id
where
    coalesce(enrollment.is_primary_school, true)
    and registry.enrolled_district_id <> submission.district_id
    and registry.enrolled_since_date >= coalesce(enrollment.entry_date, submission.first_day)
    and registry.enrolled_since_date < coalesce(enrollment.exit_date, submission.last_day)
