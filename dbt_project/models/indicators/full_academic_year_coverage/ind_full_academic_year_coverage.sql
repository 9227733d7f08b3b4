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
            is_full_academic_year,
            full_academic_year_basis,
            case
                when not is_expected
                then 'medical_emergency'
                when not is_participant
                then 'not_tested'
                when is_full_academic_year is null
                then 'full_academic_year_unknown'
            end as exclusion
        from {{ ref("int_assessments_in_entities") }}
        where population = 'reporting'
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year
        from {{ ref("policy_full_academic_year_coverage") }}
    )

select
    policy.policy_id,
    assessments.school_year,
    assessments.level,
    assessments.entity_id,
    assessments.population,
    assessments.subject,
    'all' as grade_span,
    measures.measure,
    assessments.student_id,
    cast(
        assessments.exclusion is null
        and case
            when measures.measure = 'percent_full_academic_year'
            then assessments.is_full_academic_year
            else assessments.full_academic_year_basis = 'computed'
        end as decimal(18, 4)
    ) as numerator,
    cast(assessments.exclusion is null as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected,
    assessments.exclusion
from assessments
inner join
    policy
    on assessments.policy_id = policy.policy_id
    and assessments.level = policy.level
    and assessments.school_year between policy.first_school_year and policy.last_school_year
cross join (values ('percent_full_academic_year'), ('percent_computed_from_calendars')) as measures(measure)
