-- The pieces of evidence behind each decision of mastery that was made in the school year and is in force at its end.
-- A decision without a piece has one row without one; a decision that is not asked about has one row that says why.
with
    determinations as (
        select
            school_year,
            district_id,
            determination_id,
            student_id,
            school_id,
            decided_date,
            decided_by,
            audit_level is not null as is_audited,
            case
                when decided_date not between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
                then 'decided_in_another_year'
                when not is_mastery
                then 'not_yet_mastered'
                when origin <> 'instruction'
                then 'not_from_instruction'
            end as exclusion
        from {{ ref("stg_determination") }}
        qualify row_number() over (partition by school_year, district_id, determination_id order by record_line asc) = 1
    ),

    superseded as (
        select distinct school_year, district_id, supersedes_determination_id as determination_id
        from {{ ref("stg_determination") }}
        where decided_date <= make_date(school_year, 6, 30)
    ),

    evidence as (
        select
            school_year, district_id, evidence_id, student_id, determination_id, evidence_date, evidence_form, rater_id
        from {{ ref("stg_evidence") }}
        where determination_id is not null
        qualify row_number() over (partition by school_year, district_id, evidence_id order by record_line asc) = 1
    ),

    moderated as (select distinct school_year, district_id, evidence_id from {{ ref("stg_moderation_score") }}),

    sending as (select distinct school_year, district_id, true as sends_evidence from evidence),

    forms as (select code, is_performance_based from {{ ref("code_evidence_forms") }}),

    primary_schools as (select school_year, student_id, district_id, school_id from {{ ref("int_primary_schools") }}),

    pieces as (
        select
            evidence.school_year,
            evidence.district_id,
            evidence.evidence_id,
            evidence.student_id,
            evidence.determination_id,
            evidence.evidence_date,
            evidence.evidence_form,
            evidence.rater_id,
            forms.is_performance_based,
            moderated.evidence_id is not null as is_moderated
        from evidence
        inner join forms on evidence.evidence_form = forms.code
        left join
            moderated
            on evidence.school_year = moderated.school_year
            and evidence.district_id = moderated.district_id
            and evidence.evidence_id = moderated.evidence_id
    ),

    described as (
        select
            determinations.school_year,
            determinations.district_id,
            determinations.determination_id,
            determinations.student_id,
            determinations.decided_date,
            determinations.decided_by,
            determinations.is_audited,
            coalesce(determinations.school_id, primary_schools.school_id) as school_id,
            coalesce(
                determinations.exclusion,
                case
                    when superseded.determination_id is not null
                    then 'superseded'
                    when sending.sends_evidence is null
                    then 'district_sent_no_evidence'
                end
            ) as exclusion
        from determinations
        left join
            superseded
            on determinations.school_year = superseded.school_year
            and determinations.district_id = superseded.district_id
            and determinations.determination_id = superseded.determination_id
        left join
            sending
            on determinations.school_year = sending.school_year
            and determinations.district_id = sending.district_id
        left join
            primary_schools
            on determinations.school_year = primary_schools.school_year
            and determinations.student_id = primary_schools.student_id
            and determinations.district_id = primary_schools.district_id
    )

select
    described.school_year,
    described.district_id,
    described.school_id,
    described.student_id,
    described.determination_id,
    described.decided_date,
    described.exclusion,
    described.is_audited,
    pieces.school_year as evidence_school_year,
    pieces.evidence_id,
    pieces.evidence_date,
    pieces.evidence_form,
    pieces.is_performance_based,
    coalesce(pieces.is_moderated or pieces.rater_id <> described.decided_by, false) as has_second_judge
from described
left join
    pieces
    on described.district_id = pieces.district_id
    and case when described.exclusion is null then described.determination_id end = pieces.determination_id
    and described.student_id = pieces.student_id
    and pieces.evidence_date <= described.decided_date
