with counts as (
    select
        (
            select count(distinct graduation_cohort.student_id)
            from graduation_cohort
            cross join submission
            where
                graduation_cohort.outcome = 'graduated'
                and graduation_cohort.outcome_date >= submission.first_day
                and graduation_cohort.outcome_date <= submission.last_day
        ) as graduates,
        (
            select count(distinct before.student_id) from enrollment_last_year as before where before.grade = '12'
        ) as seniors
)
select null as row, cast(counts.graduates as varchar) as seen, cast(counts.seniors as varchar) as expected
from counts
where counts.seniors >= 30 and counts.graduates * 100 > counts.seniors * 120
