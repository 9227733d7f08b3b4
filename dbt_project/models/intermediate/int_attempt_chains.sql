-- The attempts of a student at a competency in one form, from the first that did not succeed: when the next one came
-- and
-- how it went, when the student first succeeded, and for how long he or she could be seen. A later attempt succeeds
-- only
-- if it was as demanding as the first.
with
    evidence as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            competency_id,
            framework_version,
            evidence_form,
            evidence_date,
            attempt_number,
            is_successful,
            is_equivalent_form,
            record_line
        from {{ ref("stg_evidence") }}
        where
            is_summative
            and attempt_number is not null
            and is_successful is not null
            and not coalesce(is_recheck, false)
            and evidence_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
        qualify row_number() over (partition by school_year, district_id, evidence_id order by record_line asc) = 1
    ),

    primary_schools as (select school_year, student_id, district_id, school_id from {{ ref("int_primary_schools") }}),

    last_days as (
        select school_year, district_id, max(calendar_date) as last_day
        from {{ ref("stg_calendar") }}
        where is_instructional and calendar_date <= make_date(school_year, 6, 30)
        group by school_year, district_id
    ),

    stays as (
        select school_year, district_id, student_id, max(coalesce(exit_date, make_date(school_year, 6, 30))) as last_day
        from {{ ref("stg_enrollment") }}
        group by school_year, district_id, student_id
    ),

    ordered as (
        select
            *,
            row_number() over (
                partition by school_year, district_id, student_id, framework_version, competency_id, evidence_form
                order by attempt_number asc, evidence_date asc, record_line asc
            ) as place
        from evidence
    ),

    chains as (
        select
            school_year,
            district_id,
            student_id,
            framework_version,
            competency_id,
            evidence_form,
            min(attempt_number) as first_attempt_number,
            min(school_id) filter (where place = 1) as school_id,
            min(evidence_date) filter (where place = 1) as first_date,
            bool_or(is_successful) filter (where place = 1) as is_first_successful,
            min(evidence_date) filter (where place = 2) as second_date,
            bool_or(is_successful) filter (where place = 2) as is_second_successful,
            bool_or(is_equivalent_form) filter (where place = 2) as is_second_equivalent,
            min(evidence_date) filter (where place > 1 and is_successful and is_equivalent_form) as success_date,
            min(evidence_date) filter (where place > 1 and is_successful and is_equivalent_form is null) as unclear_date
        from ordered
        group by school_year, district_id, student_id, framework_version, competency_id, evidence_form
    )

select
    chains.school_year,
    chains.district_id,
    coalesce(chains.school_id, primary_schools.school_id) as school_id,
    chains.student_id,
    chains.framework_version,
    chains.competency_id,
    chains.evidence_form,
    chains.first_date,
    chains.second_date,
    chains.is_second_successful,
    chains.is_second_equivalent,
    chains.success_date,
    greatest(
        chains.first_date,
        least(
            coalesce(stays.last_day, make_date(chains.school_year, 6, 30)),
            coalesce(last_days.last_day, make_date(chains.school_year, 6, 30)),
            coalesce(chains.unclear_date, make_date(chains.school_year, 6, 30))
        )
    ) as seen_until,
    case
        when chains.first_attempt_number > 1
        then 'first_attempt_not_seen'
        when chains.is_first_successful
        then 'successful_at_first'
    end as exclusion
from chains
left join last_days on chains.school_year = last_days.school_year and chains.district_id = last_days.district_id
left join
    stays
    on chains.school_year = stays.school_year
    and chains.district_id = stays.district_id
    and chains.student_id = stays.student_id
left join
    primary_schools
    on chains.school_year = primary_schools.school_year
    and chains.student_id = primary_schools.student_id
    and chains.district_id = primary_schools.district_id
