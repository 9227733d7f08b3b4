-- One row per measure, population and subject in which an indicator is published, from the indicators' own folders.
{%- set rows = [] %}
{%- for indicator in all_indicator_meta() %}
    {%- for measure in indicator.measures %} {%- do rows.append((indicator, measure, loop.index)) %} {%- endfor %}
{%- endfor %}
{%- for indicator, measure, position in rows %}
    select
        '{{ indicator.id }}' as indicator,
        '{{ measure.id }}' as measure,
        {{ position }} as sort_order,
        '{{ measure.label.en | replace("' ", " '' ") }}' as label_en,
    '{{ measure.label.es | replace(" '", "''") }}' as label_es,
        '{{ measure.statistic }}' as statistic,
        '{{ indicator.unit }}' as unit,
        '{{ indicator.use_class }}' as use_class,
        {{ position == 1 }} as is_headline,
        '{{ indicator.populations | join("|") }}' as populations,
        '{{ indicator.subjects | join("|") }}' as subjects,
        {{ indicator.grade_spans == "each_grade" }} as is_by_grade
        {{ "union all" if not loop.last }}
{%- else %} select null as indicator
{%- endfor %}
