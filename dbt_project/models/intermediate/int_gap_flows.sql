-- How many known gaps a student had on the first day in an entity, how many were found, opened again, closed and
-- retired
-- there, and how many were open on the last day; and of the gaps that were open in a semester, or were found in its
-- first
-- half, how many closed by its end. Only semesters that the student spent there from before the middle to the end
-- count.
with
    learning as (
        select
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            grade_place,
            first_date,
            last_date,
            is_reported,
            prerequisite_months,
            assessed_prerequisite_months
        from {{ ref("int_learning_in_entities") }}
    ),

    spells as (
        select
            school_year,
            student_id,
            grade_place,
            first_date,
            last_date,
            subject,
            prerequisite_steps,
            opened_date,
            opened_by,
            closed_date,
            is_retired
        from {{ ref("int_gap_spells") }}
    ),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            first_semester_middle,
            first_semester_end,
            second_semester_middle
        from {{ ref("policy_gaps_closed") }}
    ),

    years as (select distinct school_year from learning),

    semesters as (
        select
            policy.policy_id,
            policy.level,
            years.school_year,
            make_date(years.school_year - 1, 7, 1) as first_begins,
            {{ date_of_month_and_day("years.school_year", "policy.first_semester_middle") }} as first_middle,
            {{ date_of_month_and_day("years.school_year", "policy.first_semester_end") }} as first_ends,
            {{ date_of_month_and_day("years.school_year", "policy.second_semester_middle") }} as second_middle,
            make_date(years.school_year, 6, 30) as second_ends
        from policy
        inner join years on years.school_year between policy.first_school_year and policy.last_school_year
    ),

    dated as (
        select
            semesters.policy_id,
            semesters.level,
            spells.*,
            not spells.is_retired
            and spells.first_date <= semesters.first_middle
            and spells.last_date >= semesters.first_ends
            and spells.opened_date <= semesters.first_middle
            and (spells.closed_date is null or spells.closed_date >= semesters.first_begins) as is_at_risk_in_first,
            coalesce(spells.closed_date <= semesters.first_ends, false) as is_closed_in_first,
            not spells.is_retired
            and spells.first_date <= semesters.second_middle
            and spells.last_date >= semesters.second_ends
            and spells.opened_date <= semesters.second_middle
            and (spells.closed_date is null or spells.closed_date > semesters.first_ends) as is_at_risk_in_second,
            coalesce(spells.closed_date <= semesters.second_ends, false) as is_closed_in_second
        from spells
        inner join semesters on spells.school_year = semesters.school_year
    ),

    summed as (
        select
            policy_id,
            level,
            school_year,
            student_id,
            grade_place,
            first_date,
            last_date,
            subject,
            count(*) filter (where opened_date < first_date) as open_at_start,
            count(*) filter (where opened_date >= first_date and opened_by = 'assessed') as identified,
            count(*) filter (where opened_date >= first_date and opened_by = 'reopened') as reopened,
            count(*) filter (where closed_date is not null) as closed,
            count(*) filter (where is_retired) as retired,
            count(*) filter (where closed_date is null and not is_retired) as open_at_end,
            {%- for name, steps in {"": "> 0", "_direct": "= 1", "_deep": "> 1"}.items() %}
                count(*) filter (where is_at_risk_in_first and prerequisite_steps {{ steps }})
                + count(*) filter (where is_at_risk_in_second and prerequisite_steps {{ steps }}) as at_risk{{ name }},
                count(*) filter (where is_at_risk_in_first and is_closed_in_first and prerequisite_steps {{ steps }})
                + count(*) filter (
                    where is_at_risk_in_second and is_closed_in_second and prerequisite_steps {{ steps }}
                ) as closed_at_risk{{ name }}{{ "," if not loop.last }}
            {%- endfor %}
        from dated
        group by policy_id, level, school_year, student_id, grade_place, first_date, last_date, subject
    ),

    joined as (
        select
            semesters.policy_id,
            learning.school_year,
            learning.level,
            learning.entity_id,
            learning.subject,
            learning.student_id,
            case
                when not learning.is_reported
                then 'district_sent_no_determinations'
                when learning.prerequisite_months = 0 and coalesce(summed.open_at_start, 0) = 0
                then 'no_prerequisites'
                when learning.assessed_prerequisite_months = 0 and coalesce(summed.open_at_start, 0) = 0
                then 'prerequisites_never_assessed'
            end as exclusion,
            {% for column in [
                "open_at_start",
                "identified",
                "reopened",
                "closed",
                "retired",
                "open_at_end",
                "at_risk",
                "closed_at_risk",
                "at_risk_direct",
                "closed_at_risk_direct",
                "at_risk_deep",
                "closed_at_risk_deep",
            ] -%}
                coalesce(summed.{{ column }}, 0) as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from learning
        inner join semesters on learning.school_year = semesters.school_year and learning.level = semesters.level
        left join
            summed
            on semesters.policy_id = summed.policy_id
            and learning.level = summed.level
            and learning.school_year = summed.school_year
            and learning.student_id = summed.student_id
            and learning.grade_place = summed.grade_place
            and learning.first_date = summed.first_date
            and learning.last_date = summed.last_date
            and learning.subject = summed.subject
    )

select
    *,
    case
        when exclusion is null and at_risk = 0 and open_at_start + identified + reopened > 0
        then 'no_gap_in_a_whole_semester'
        when exclusion is null and at_risk = 0
        then 'no_known_gap'
        else exclusion
    end as rate_exclusion
from joined
