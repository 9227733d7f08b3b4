with
    assessments as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            coalesce(assessment_form = 'alternate', false) as is_alternate,
            is_expected,
            is_participant,
            coalesce(is_recently_arrived and took_english_language_test, false) as took_english_language_test_instead
        from {{ ref("int_assessments_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, english_language_test_counts_for
        from {{ ref("policy_test_participation") }}
    ),

    judged as (
        select
            assessments.*,
            is_expected
            and (
                is_participant
                or (took_english_language_test_instead and coalesce(subject = english_language_test_counts_for, false))
            ) as is_tested
        from assessments
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    population,
    subject,
    'all' as grade_span,
    measures.measure,
    student_id,
    cast(
        is_tested and (measure = 'percent_tested' or (is_participant and is_alternate)) as decimal(18, 4)
    ) as numerator,
    cast(case measure when 'percent_tested' then is_expected else is_tested end as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected,
    case
        when not is_expected
        then 'medical_emergency'
        when measure = 'percent_alternate' and not is_tested
        then 'not_tested'
    end as exclusion
from judged
cross join (values ('percent_tested'), ('percent_alternate')) as measures(measure)
