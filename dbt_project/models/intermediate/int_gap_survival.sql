-- Of known gaps, how many stayed open for how many days (Kaplan and Meier 1958): for each entity and group, by days
-- since
-- a gap opened. A gap that is still open on the last day there is censored, not dropped. One that was open on the first
-- day is watched from then on only, for those that had closed before are not in sight.
{%- set key = "policy_id, school_year, level, entity_id, subject, student_group" %}
with
    spells as (
        select school_year, student_id, grade_place, first_date, last_date, subject, opened_date, closed_date
        from {{ ref("int_gap_spells") }}
        where not is_retired
    ),

    learners as (
        select school_year, level, entity_id, student_id, grade_place, first_date, last_date
        from {{ ref("int_learners") }}
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    students as (
        select
            sets.policy_id,
            learners.school_year,
            learners.level,
            learners.entity_id,
            spells.subject,
            sets.group_set,
            learners.student_id,
            greatest(-1, datediff('day', spells.opened_date, spells.first_date) - 1) as watched_after,
            datediff('day', spells.opened_date, coalesce(spells.closed_date, spells.last_date)) as watched_until,
            cast(spells.closed_date is not null as integer) as is_closed
        from spells
        inner join learners using (school_year, student_id, grade_place, first_date, last_date)
        inner join sets using (school_year, student_id)
    ),

    by_set as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            group_set,
            watched_after,
            watched_until,
            count(*) as gaps,
            sum(is_closed) as closed
        from students
        group by all
    ),

    student_counts as (
        select {{ key }}, sum(student_count) as student_count
        from
            (
                select
                    policy_id,
                    school_year,
                    level,
                    entity_id,
                    subject,
                    group_set,
                    count(distinct student_id) as student_count
                from students
                group by all
            ) as counted
        inner join members using (group_set)
        group by {{ key }}
    ),

    changes as (
        select {{ key }}, watched_after as days, gaps as entered, 0 as gone, 0 as closed
        from by_set
        inner join members using (group_set)
        union all
        select {{ key }}, watched_until, 0, gaps, closed
        from by_set
        inner join members using (group_set)
    ),

    by_day as (
        select {{ key }}, days, sum(entered) as entered, sum(gone) as gone, sum(closed) as closed
        from changes
        group by {{ key }}, days
    ),

    watched as (
        select
            {{ key }},
            days,
            closed,
            sum(gone) over (partition by {{ key }}) as gap_count,
            coalesce(
                sum(entered - gone) over (
                    partition by {{ key }} order by days rows between unbounded preceding and 1 preceding
                ),
                0
            ) as at_risk
        from by_day
    ),

    -- The first day of each is kept though nothing closes on it, so that where no gap closed there is a row to say so.
    steps as (
        select
            {{ key }},
            days,
            cast(gap_count as bigint) as gap_count,
            cast(at_risk as double) as at_risk,
            cast(closed as double) as closed
        from watched
        qualify closed > 0 or row_number() over (partition by {{ key }} order by days) = 1
    )

select
    {{ key }},
    student_counts.student_count,
    gap_count,
    days,
    cast(
        exp(
            sum(case when closed = 0 then 0 when closed = at_risk then -1e9 else ln(1 - closed / at_risk) end) over (
                partition by {{ key }} order by days
            )
        ) as decimal(18, 12)
    ) as share_open,
    sum(case when closed > 0 and closed < at_risk then closed / (at_risk * (at_risk - closed)) else 0 end) over (
        partition by {{ key }} order by days
    ) as variance_of_log
from steps
inner join student_counts using ({{ key }})
