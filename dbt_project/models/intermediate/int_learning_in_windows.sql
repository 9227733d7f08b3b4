-- What a student knew and learned in a subject from a first to a last day: the sums over competencies from which
-- mastery, pace and gaps follow. A student who was all year in one school is here once, whatever the number of
-- entities. Sums have the digits they need and no more: what has more than 18 is read many times slower.
with
    windows as (
        select distinct school_year, student_id, grade_place, first_date, last_date
        from {{ ref("int_learners") }}
        where grade_place is not null
    ),

    histories as (
        select
            student_id,
            framework_version,
            competency_id,
            opened_date,
            opened_by,
            first_assessed_date,
            mastered_date,
            decided_date,
            is_from_instruction,
            mastered_before_date,
            revoked_date
        from {{ ref("int_mastery_histories") }}
    ),

    frameworks as (select school_year, subject, framework_version from {{ ref("int_frameworks") }}),

    own_frameworks as (
        select school_year, subject, student_id, framework_version from {{ ref("int_student_frameworks") }}
    ),

    competencies as (
        select
            school_year,
            framework_version,
            subject,
            student_grade_place,
            competency_id,
            grade_place as competency_grade_place,
            nominal_months,
            is_essential,
            prerequisite_steps
        from {{ ref("int_competencies_by_grade") }}
    ),

    described as (
        select
            windows.school_year,
            windows.student_id,
            windows.grade_place,
            windows.first_date,
            windows.last_date,
            competencies.subject,
            competencies.nominal_months as months,
            competencies.competency_grade_place,
            competencies.is_essential,
            competencies.prerequisite_steps,
            histories.opened_by = 'assessed' and histories.opened_date <= windows.last_date as is_assessed,
            histories.mastered_date <= windows.last_date
            and (histories.revoked_date is null or histories.revoked_date > windows.last_date) as is_mastered,
            histories.mastered_date < windows.first_date
            and (histories.revoked_date is null or histories.revoked_date >= windows.first_date) as was_mastered,
            histories.opened_date <= windows.last_date
            and (histories.mastered_date is null or histories.mastered_date > windows.last_date) as is_open,
            histories.first_assessed_date < make_date(windows.school_year - 1, 7, 1) as was_assessed,
            histories.is_from_instruction
            and histories.decided_date between windows.first_date and windows.last_date
            and histories.mastered_date between windows.first_date and windows.last_date as is_learned,
            coalesce(histories.mastered_before_date < windows.first_date, true) as is_first_here,
            histories.revoked_date between windows.first_date and windows.last_date as is_revoked,
            histories.decided_date
        from windows
        inner join histories on windows.student_id = histories.student_id
        inner join
            competencies
            on windows.school_year = competencies.school_year
            and windows.grade_place = competencies.student_grade_place
            and histories.framework_version = competencies.framework_version
            and histories.competency_id = competencies.competency_id
        inner join
            frameworks
            on competencies.school_year = frameworks.school_year
            and competencies.subject = frameworks.subject
        left join
            own_frameworks
            on windows.school_year = own_frameworks.school_year
            and windows.student_id = own_frameworks.student_id
            and competencies.subject = own_frameworks.subject
        where
            histories.opened_date <= windows.last_date
            and histories.framework_version = coalesce(own_frameworks.framework_version, frameworks.framework_version)
    ),

    summed as (
        select
            school_year,
            student_id,
            grade_place,
            first_date,
            last_date,
            subject,
            count(*) filter (where is_assessed) as assessed_count,
            sum(months) filter (
                where is_assessed and competency_grade_place <= grade_place
            ) as assessed_expected_months,
            sum(months) filter (where is_mastered) as mastered_months,
            count(*) filter (where is_mastered) as mastered_count,
            sum(months) filter (where was_mastered) as mastered_months_at_start,
            sum(months) filter (where is_learned and is_first_here) as learned_months,
            count(*) filter (where is_learned and is_first_here) as learned_count,
            sum(months) filter (
                where is_learned and is_first_here and competency_grade_place < grade_place
            ) as learned_earlier_months,
            sum(months) filter (
                where is_learned and is_first_here and competency_grade_place = grade_place
            ) as learned_on_grade_months,
            sum(months) filter (where is_learned) as learned_again_months,
            sum(months) filter (where is_revoked) as revoked_months,
            min(decided_date) filter (where is_learned and is_first_here) as first_learned_date,
            max(decided_date) filter (where is_learned and is_first_here) as last_learned_date,
            sum(months) filter (where prerequisite_steps is not null and is_assessed) as assessed_prerequisite_months,
            sum(months) filter (where prerequisite_steps is not null and is_open) as known_gap_months,
            count(*) filter (where prerequisite_steps is not null and is_open) as known_gap_count,
            count(*) filter (where prerequisite_steps is not null and is_open and is_essential) as essential_gap_count,
            count(*) filter (where prerequisite_steps = 1 and is_open) as direct_gap_count,
            sum(months) filter (
                where prerequisite_steps is not null and is_open and was_assessed
            ) as known_gap_months_seen_before,
            count(*) filter (
                where prerequisite_steps is not null and is_open and is_essential and was_assessed
            ) as essential_gap_count_seen_before,
            count(*) filter (where prerequisite_steps = 1 and is_open and was_assessed) as direct_gap_count_seen_before
        from described
        group by school_year, student_id, grade_place, first_date, last_date, subject
    ),

    -- What the framework holds for a student of the grade, whoever the student is.
    frameworks_by_grade as (
        select
            school_year,
            framework_version,
            subject,
            student_grade_place as grade_place,
            sum(nominal_months) as framework_months,
            coalesce(
                sum(nominal_months) filter (where competency_grade_place < student_grade_place), 0
            ) as months_before_grade,
            coalesce(
                sum(nominal_months) filter (where competency_grade_place = student_grade_place), 0
            ) as months_of_grade,
            count(*) filter (where competency_grade_place < student_grade_place) as count_before_grade,
            count(*) filter (where competency_grade_place = student_grade_place) as count_of_grade,
            coalesce(sum(nominal_months) filter (where prerequisite_steps is not null), 0) as prerequisite_months,
            min(competency_grade_place) as first_grade_place
        from competencies
        group by school_year, framework_version, subject, student_grade_place
    )

select
    windows.school_year,
    windows.student_id,
    windows.grade_place,
    windows.first_date,
    windows.last_date,
    frameworks.subject,
    frameworks_by_grade.framework_version,
    cast(frameworks_by_grade.framework_months as decimal(18, 3)) as framework_months,
    cast(frameworks_by_grade.months_before_grade as decimal(18, 3)) as months_before_grade,
    cast(frameworks_by_grade.months_of_grade as decimal(18, 3)) as months_of_grade,
    frameworks_by_grade.count_before_grade,
    frameworks_by_grade.count_of_grade,
    cast(frameworks_by_grade.prerequisite_months as decimal(18, 3)) as prerequisite_months,
    frameworks_by_grade.first_grade_place,
    coalesce(summed.assessed_count, 0) as assessed_count,
    {% for column in [
        "assessed_expected_months",
        "mastered_months",
        "mastered_count",
        "mastered_months_at_start",
        "learned_months",
        "learned_count",
        "learned_earlier_months",
        "learned_on_grade_months",
        "learned_again_months",
        "revoked_months",
        "assessed_prerequisite_months",
        "known_gap_months",
        "known_gap_count",
        "essential_gap_count",
        "direct_gap_count",
        "known_gap_months_seen_before",
        "essential_gap_count_seen_before",
        "direct_gap_count_seen_before",
    ] -%}
        {%- set type = "decimal(18, 3)" if "_months" in column else "bigint" %}
        cast(coalesce(summed.{{ column }}, 0) as {{ type }}) as {{ column }},
    {% endfor -%}
    summed.first_learned_date,
    summed.last_learned_date
from windows
inner join frameworks on windows.school_year = frameworks.school_year
left join
    own_frameworks
    on windows.school_year = own_frameworks.school_year
    and windows.student_id = own_frameworks.student_id
    and frameworks.subject = own_frameworks.subject
inner join
    frameworks_by_grade
    on windows.school_year = frameworks_by_grade.school_year
    and windows.grade_place = frameworks_by_grade.grade_place
    and frameworks.subject = frameworks_by_grade.subject
    and coalesce(own_frameworks.framework_version, frameworks.framework_version) = frameworks_by_grade.framework_version
left join
    summed
    on windows.school_year = summed.school_year
    and windows.student_id = summed.student_id
    and windows.grade_place = summed.grade_place
    and windows.first_date = summed.first_date
    and windows.last_date = summed.last_date
    and frameworks.subject = summed.subject
