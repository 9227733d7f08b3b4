-- Where two policies have a median, a district has to stand out under both.
with cohorts as (
    select
        graduation_cohort.cohort_year,
        count(*) as members,
        count(*) filter (where graduation_cohort.outcome = 'removed') as removed
    from graduation_cohort
    where graduation_cohort.cohort_year is not null
    group by graduation_cohort.cohort_year
),
medians as (
    select max(policy_removal_rates.state_median_percent) as state_median_percent from policy_removal_rates
)
select
    null as row,
    cast(cohorts.cohort_year as varchar) || ': ' || cast(cohorts.removed as varchar) || ' / '
    || cast(cohorts.members as varchar) as seen,
    cast(2 * medians.state_median_percent as double) || ' %' as expected
from cohorts
cross join medians
where cohorts.members >= 30 and cohorts.removed * 100 > cohorts.members * 2 * medians.state_median_percent
