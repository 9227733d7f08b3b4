-- What each indicator says about itself, from its own folder.
{%- set indicators = all_indicator_meta() %}
{%- for indicator in indicators %}
    select
        '{{ indicator.id }}' as indicator,
        {{ indicator.sort_order }} as sort_order,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.label.en)) }} as label_en,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.label.es)) }} as label_es,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.question.en)) }} as question_en,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.question.es)) }} as question_es,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.in_short.en)) }} as in_short_en,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.in_short.es)) }} as in_short_es,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.misuse.en)) }} as misuse_en,
        {{ dbt.string_literal(dbt.escape_single_quotes(indicator.misuse.es)) }} as misuse_es,
        '{{ indicator.unit }}' as unit,
        {{ indicator.decimals }} as decimals,
        '{{ indicator.better }}' as better,
        '{{ indicator.use_class }}' as use_class,
        '{{ indicator.collections | join(";") }}' as collections,
        '{{ indicator.claims | join(";") }}' as claims,
        '{{ indicator.topic }}' as topic,
        {{ indicator.get("is_lead", false) }} as is_lead,
        '{{ indicator.get("chart", {}).get("kind", "bars") }}' as chart,
        '{{ indicator.get("chart", {}).get("measures", []) | join(";") }}' as chart_measures,
        cast({{ "'" ~ indicator.shown_with ~ "'" if indicator.shown_with else "null" }} as varchar) as shown_with,
        '{{ indicator.get("without_record", "no_record") }}' as without_record
        {{ "union all" if not loop.last }}
{%- else %} select null as indicator
{%- endfor %}
