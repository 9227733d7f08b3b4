-- Only where the registry has been kept up for more than 45 days since the student left.
with last_known as (
    select max(registry.enrolled_since_date) as known_date
    from student_registry_of_state as registry
)
select
    enrollment.row as row,
    cast(enrollment.exit_date as varchar) as seen,
    cast(registry.enrolled_since_date as varchar) as expected
from enrollment
cross join submission
cross join last_known
inner join student_registry_of_state as registry on registry.student_id = enrollment.student_id
where
    enrollment.exit_type = '01908'
    and last_known.known_date > enrollment.exit_date + interval 45 day
    and not coalesce(
        registry.enrolled_district_id <> submission.district_id
        and registry.enrolled_since_date >= enrollment.exit_date
        and registry.enrolled_since_date <= enrollment.exit_date + interval 45 day,
        false
    )
    and not exists (
        select 1
        from enrollment as later
        where later.student_id = enrollment.student_id and later.entry_date >= enrollment.exit_date
    )
