{%- set conditions = {
    "percent_sufficient": "sufficient",
    "percent_with_enough_pieces": "with_enough_pieces",
    "percent_with_recent_evidence": "with_recent_evidence",
    "percent_with_enough_forms": "with_enough_forms",
    "percent_with_performance_evidence": "with_performance_evidence",
    "percent_with_second_judge": "with_second_judge",
} %}
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            exclusion,
            without_evidence_sent,
            determination_count,
            {{ conditions.values() | join(", ") }}
        from {{ ref("int_sufficient_determinations") }}
    ),

    measures as (
        {% for measure in conditions %}select '{{ measure }}' as measure {{ "union all" if not loop.last }} {% endfor %}
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    'reporting' as population,
    'ALL' as subject,
    'all' as grade_span,
    measure,
    student_id,
    cast(null as varchar) as unit_id,
    cast(
        case
            measure {% for measure, met in conditions.items() %} when '{{ measure }}' then {{ met }} {% endfor %}
        end as decimal(18, 4)
    ) as numerator,
    cast(determination_count as decimal(18, 4)) as denominator,
    cast(determination_count > 0 or (level = 'state' and without_evidence_sent > 0) as decimal(18, 4)) as expected,
    case when determination_count = 0 then exclusion end as exclusion
from students
cross join measures
