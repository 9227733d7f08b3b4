-- What each indicator says about itself, from its own folder.
{%- set indicators = all_indicator_meta() %}
{%- for indicator in indicators %}
    select
        '{{ indicator.id }}' as indicator,
        {{ indicator.sort_order }} as sort_order,
        '{{ indicator.label.en | replace("' ", " '' ") }}' as label_en,
    '{{ indicator.label.es | replace(" '", "''") }}' as label_es,
        '{{ indicator.question.en | replace("' ", " '' ") }}' as question_en,
    '{{ indicator.question.es | replace(" '", "''") }}' as question_es,
        '{{ indicator.unit }}' as unit,
        {{ indicator.decimals }} as decimals,
        '{{ indicator.better }}' as better,
        '{{ indicator.use_class }}' as use_class,
        '{{ indicator.collections | join(";") }}' as collections,
        '{{ indicator.claims | join(";") }}' as claims
        {{ "union all" if not loop.last }}
{%- else %} select null as indicator
{%- endfor %}
