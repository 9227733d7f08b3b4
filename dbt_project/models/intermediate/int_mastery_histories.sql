-- What became of each competency for each student, as a row for every time it was open: known and not mastered from
-- opened_date, mastered from mastered_date, open again from revoked_date. Mastery lasts until another decision
-- supersedes
-- the one it rests on; a later "not yet" that supersedes nothing takes nothing away. A decision is known from its
-- day, but
-- not before the school year whose submission brought it, so next year's data leave this year as it was.
with
    decisions as (
        select
            district_id,
            determination_id,
            student_id,
            framework_version,
            competency_id,
            decided_date,
            greatest(decided_date, make_date(school_year - 1, 7, 1)) as known_date,
            is_mastery,
            origin = 'instruction' as is_from_instruction,
            supersedes_determination_id
        from {{ ref("stg_determination") }}
        where
            student_id is not null
            and framework_version is not null
            and competency_id is not null
            and decided_date is not null
            and is_mastery is not null
    ),

    superseded as (
        select district_id, supersedes_determination_id as determination_id, min(known_date) as superseded_date
        from decisions
        where supersedes_determination_id is not null
        group by district_id, supersedes_determination_id
    ),

    touched as (
        select distinct decisions.student_id, decisions.framework_version, decisions.competency_id
        from decisions
        inner join superseded using (district_id, determination_id)
        where decisions.is_mastery
    ),

    -- Nearly all: never superseded, so one grouping decides.
    untouched as (
        select
            student_id,
            framework_version,
            competency_id,
            min(known_date) as opened_date,
            min(known_date) filter (where is_mastery) as mastered_date,
            min(decided_date) filter (where is_mastery) as decided_date,
            min(known_date) filter (where is_mastery and is_from_instruction) as taught_date,
            min(known_date) filter (where is_mastery and not is_from_instruction) as found_date
        from decisions
        left join
            (select student_id, framework_version, competency_id, true as is_touched from touched) as touched using (
                student_id, framework_version, competency_id
            )
        where is_touched is null
        group by student_id, framework_version, competency_id
    ),

    first_assessed as (
        select student_id, framework_version, competency_id, min(known_date) as opened_date
        from decisions
        inner join touched using (student_id, framework_version, competency_id)
        group by student_id, framework_version, competency_id
    ),

    in_force as (
        select
            decisions.student_id,
            decisions.framework_version,
            decisions.competency_id,
            decisions.decided_date,
            decisions.known_date as begin_date,
            coalesce(superseded.superseded_date, date '9999-12-31') as end_date,
            decisions.is_from_instruction
        from decisions
        inner join touched using (student_id, framework_version, competency_id)
        left join superseded using (district_id, determination_id)
        where decisions.is_mastery and decisions.known_date < coalesce(superseded.superseded_date, date '9999-12-31')
    ),

    islands_marked as (
        select
            *,
            coalesce(
                begin_date > max(end_date) over (
                    partition by student_id, framework_version, competency_id
                    order by begin_date asc, end_date asc
                    rows between unbounded preceding and 1 preceding
                ),
                true
            ) as begins_island
        from in_force
    ),

    islands_numbered as (
        select
            *,
            sum(case when begins_island then 1 else 0 end) over (
                partition by student_id, framework_version, competency_id
                order by begin_date asc, end_date asc
                rows between unbounded preceding and current row
            ) as island
        from islands_marked
    ),

    islands as (
        select
            student_id,
            framework_version,
            competency_id,
            island,
            min(begin_date) as mastered_date,
            min(decided_date) as decided_date,
            nullif(max(end_date), date '9999-12-31') as revoked_date,
            min(begin_date) filter (where is_from_instruction) as taught_date,
            min(begin_date) filter (where not is_from_instruction) as found_date
        from islands_numbered
        group by student_id, framework_version, competency_id, island
    ),

    -- A competency opens when it is first assessed, and again each time that mastery is taken back.
    openings as (
        select student_id, framework_version, competency_id, 0 as island, opened_date, 'assessed' as opened_by
        from first_assessed
        union all
        select student_id, framework_version, competency_id, island, revoked_date, 'reopened'
        from islands
        where revoked_date is not null
    ),

    cycles as (
        select
            openings.student_id,
            openings.framework_version,
            openings.competency_id,
            openings.opened_date,
            openings.opened_by,
            first_assessed.opened_date as first_assessed_date,
            islands.mastered_date,
            islands.decided_date,
            islands.revoked_date,
            islands.taught_date,
            islands.found_date,
            before.mastered_date as mastered_before_date
        from openings
        inner join
            first_assessed
            on openings.student_id = first_assessed.student_id
            and openings.framework_version = first_assessed.framework_version
            and openings.competency_id = first_assessed.competency_id
        left join
            islands
            on openings.student_id = islands.student_id
            and openings.framework_version = islands.framework_version
            and openings.competency_id = islands.competency_id
            and openings.island + 1 = islands.island
        left join
            islands as before
            on openings.student_id = before.student_id
            and openings.framework_version = before.framework_version
            and openings.competency_id = before.competency_id
            and openings.island = before.island
    ),

    all_cycles as (
        select
            student_id,
            framework_version,
            competency_id,
            opened_date,
            'assessed' as opened_by,
            opened_date as first_assessed_date,
            mastered_date,
            decided_date,
            cast(null as date) as revoked_date,
            taught_date,
            found_date,
            cast(null as date) as mastered_before_date
        from untouched
        union all
        select
            student_id,
            framework_version,
            competency_id,
            opened_date,
            opened_by,
            first_assessed_date,
            mastered_date,
            decided_date,
            revoked_date,
            taught_date,
            found_date,
            mastered_before_date
        from cycles
    )

select
    student_id,
    framework_version,
    competency_id,
    opened_date,
    opened_by,
    first_assessed_date,
    mastered_date,
    decided_date,
    coalesce(taught_date < coalesce(found_date, date '9999-12-31'), false) as is_from_instruction,
    mastered_before_date,
    revoked_date
from all_cycles
