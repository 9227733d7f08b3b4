-- One row per measure, with the populations and subjects in which it is published, from the indicators' own folders.
{%- set rows = [] %}
{%- for indicator in all_indicator_meta() %}
    {%- for measure in indicator.measures %} {%- do rows.append((indicator, measure, loop.index)) %} {%- endfor %}
{%- endfor %}
{%- for indicator, measure, position in rows %}
    select
        '{{ indicator.id }}' as indicator,
        '{{ measure.id }}' as measure,
        {{ position }} as sort_order,
        {{ dbt.string_literal(dbt.escape_single_quotes(measure.label.en)) }} as label_en,
        {{ dbt.string_literal(dbt.escape_single_quotes(measure.label.es)) }} as label_es,
        '{{ measure.statistic }}' as statistic,
        '{{ measure.get("unit", indicator.unit) }}' as unit,
        {{ measure.get("decimals", indicator.decimals) }} as decimals,
        '{{ measure.get("better", indicator.better) }}' as better,
        '{{ indicator.use_class }}' as use_class,
        {{ position == 1 }} as is_headline,
        {{ indicator.get("is_by_unit", false) }} as is_by_unit,
        {{ measure.compared_with is defined }} as is_comparison,
        '{{ indicator.populations | join("|") }}' as populations,
        '{{ indicator.subjects | join("|") }}' as subjects,
        '{{ measure.get("levels", indicator.get("levels", ["school", "district", "state"])) | join("|") }}' as levels,
        '{{ indicator.get("grades", []) | join("|") }}' as grades,
        {{ indicator.grade_spans == "each_grade" }} as is_by_grade
        {{ "union all" if not loop.last }}
{%- else %} select null as indicator
{%- endfor %}
