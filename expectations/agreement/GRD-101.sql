with cohorts as (
    select
        graduation_cohort.cohort_year,
        count(*) as members,
        count(*) filter (where graduation_cohort.outcome = 'removed') as removed
    from graduation_cohort
    where graduation_cohort.cohort_year is not null
    group by graduation_cohort.cohort_year
)
select
    null as row,
    cast(cohorts.cohort_year as varchar) || ': ' || cast(cohorts.removed as varchar) || ' / '
    || cast(cohorts.members as varchar) as seen,
    '15 %' as expected
from cohorts
where cohorts.members >= 30 and cohorts.removed * 100 > cohorts.members * 15
