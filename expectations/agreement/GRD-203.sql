with now_schools as (
    select
        member.school_id,
        count(*) as members,
        count(*) filter (where member.outcome = 'graduated') as graduates
    from graduation_cohort as member
    cross join submission
    where member.cohort_year = submission.school_year and member.outcome <> 'removed'
    group by member.school_id
),
before_schools as (
    select
        member.school_id,
        count(*) as members,
        count(*) filter (where member.outcome = 'graduated') as graduates
    from graduation_cohort_last_year as member
    cross join submission
    where member.cohort_year = submission.school_year - 1 and member.outcome <> 'removed'
    group by member.school_id
)
select
    null as row,
    now_schools.school_id || ': ' || cast(now_schools.graduates as varchar) || ' / '
    || cast(now_schools.members as varchar) as seen,
    cast(before_schools.graduates as varchar) || ' / ' || cast(before_schools.members as varchar) as expected
from now_schools
inner join before_schools on before_schools.school_id = now_schools.school_id
where
    now_schools.members >= 30
    and before_schools.members >= 30
    and abs(now_schools.graduates * before_schools.members - before_schools.graduates * now_schools.members) * 100
    >= 25 * now_schools.members * before_schools.members
