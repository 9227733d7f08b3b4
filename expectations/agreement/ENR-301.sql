with owners as (
    select
        listed.school_id,
        min(listed.district_id) as district_id,
        max(case when listed.district_id = submission.district_id then 1 else 0 end) as is_ours
    from school_of_state as listed
    cross join submission
    where listed.district_id is not null
    group by listed.school_id
)
select enrollment.row as row, enrollment.school_id as seen, owners.district_id as expected
from enrollment
inner join owners on owners.school_id = enrollment.school_id
where owners.is_ours = 0
