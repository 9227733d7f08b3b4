{#- The contributions of one indicator, summed for every entity and student group: by group set (few) first, then by group. They are summed in
    columns, which become rows when they are few. What measures share is added up once, under the name of the first of them. Who is neither
    counted nor due in any measure is left out first, and numbers are null where they do not count: to ask again for each number whether it
    counts costs more than to add it up.

    Where a measure is a mean, or the unit is not the student, units nest in students and students in schools, and three sums over these
    clusters are kept from which a cluster-robust standard error follows without another pass. Within one school each student is a cluster, so
    the three sums are taken over students before anything else is. Other measures are spared them. -#}
{% macro sum_contributions(slug) -%}
    {%- set key = "policy_id, school_year, level, entity_id, population, subject, grade_span" -%}
    {%- set sum = "sum" if "unit_id" in indicator_columns(slug) -%}
    {%- set first_of = asked_like(slug) -%}
    {%- set firsts = first_of.values() | unique | list -%}
    {%- set clustered = first_of.keys() | select("in", clustered_measures(slug)) | list -%}
    {%- set squared, seen = [], [] -%}
    {%- for id in clustered -%}
        {%- set first = first_of[id] -%}
        {%- set denominator = "denominator_of_" ~ first -%}
        {%- if first not in seen -%}
            {%- do seen.append(first) -%}
            {%- do squared.append(["denominator_squares_of_" ~ first, denominator, denominator]) -%}
        {%- endif -%}
        {%- do squared.append(["numerator_squares_of_" ~ id, "numerator_of_" ~ id, "numerator_of_" ~ id]) -%}
        {%- do squared.append(["products_of_" ~ id, "numerator_of_" ~ id, "denominator_of_" ~ first]) -%}
    {%- endfor -%}
    {%- set added = [] -%}
    {%- for id in first_of -%} {%- do added.append("numerator_of_" ~ id) -%} {%- endfor -%}
    {%- for first in firsts -%}
        {%- do added.extend(["denominator_of_" ~ first, "expected_of_" ~ first, "reported_of_" ~ first]) -%}
    {%- endfor %}
    select *
    from
        (
            with
                by_student as (
                    select
                        {{ key }},
                        student_id
                        {%- for id in first_of %}
                            , {{ sum }} (numerator_of_{{ id }}) as numerator_of_{{ id }}
                        {%- endfor %}
                        {%- for first in firsts %}
                            {%- set denominator, is_due = "denominator_of_" ~ first, "is_due_of_" ~ first %},
                            {{ sum }} ({{ denominator }}) as {{ denominator }},
                            {{ sum }} (cast({{ is_due }} as integer)) as expected_of_{{ first }},
                            {{ sum }} (
                                cast({{ is_due }} and {{ denominator }} > 0 as integer)
                            ) as reported_of_{{ first }}
                        {%- endfor %}
                    from {{ in_columns(slug) }}
                    where
                        {%- for first in firsts %}
                            {{ "or" if not loop.first }} denominator_of_{{ first }} > 0 or is_due_of_{{ first }}
                        {%- endfor %}
                    {% if sum -%} group by {{ key }}, student_id {%- endif %}
                ),

                by_set as (
                    select
                        {% for column in key.split(", ") %} by_student.{{ column }}, {% endfor %}
                        students.group_set,
                        {% if clustered -%} case when level <> 'school' then students.primary_school_id end
                        {%- else -%} null
                        {%- endif %} as cluster_id
                        {%- for first in firsts %}
                            ,
                            count(
                                case when denominator_of_{{ first }} > 0 or expected_of_{{ first }} > 0 then 1 end
                            ) as students_of_{{ first }}
                        {%- endfor %}
                        {%- for name in added %}, sum({{ name }}) as {{ name }} {%- endfor %}
                        {%- for name, left, right in squared %}
                            , {{ sum_of_products(left, right) }} as {{ name }}
                        {%- endfor %}
                    from by_student
                    inner join
                        {{ ref("int_student_group_sets") }} as students
                        on by_student.policy_id = students.policy_id
                        and by_student.school_year = students.school_year
                        and by_student.student_id = students.student_id
                    group by all
                ),

                by_cluster as (
                    select
                        {{ key }},
                        members.student_group,
                        cluster_id
                        {%- for first in firsts %}
                            , sum(students_of_{{ first }}) as students_of_{{ first }}
                        {%- endfor %}
                        {%- for name in added %}, sum({{ name }}) as {{ name }} {%- endfor %}
                        {%- for name, left, right in squared %}, sum({{ name }}) as {{ name }} {%- endfor %}
                    from by_set
                    inner join {{ ref("int_group_set_members") }} as members on by_set.group_set = members.group_set
                    group by {{ key }}, members.student_group, cluster_id
                ),

                by_group as (
                    select
                        {{ key }},
                        student_group
                        {%- for first in firsts %}
                            ,
                            count(*) filter (where students_of_{{ first }} > 0) as clusters_of_{{ first }},
                            sum(students_of_{{ first }}) as students_of_{{ first }}
                        {%- endfor %}
                        {%- for name in added %}, sum({{ name }}) as {{ name }} {%- endfor %}
                        {%- for name, left, right in squared %}
                            , sum({{ name }}) as student_{{ name }}, {{ sum_of_products(left, right) }} as {{ name }}
                        {%- endfor %}
                    from by_cluster
                    group by {{ key }}, student_group
                )

            {% for id, first in first_of.items() %}
                    {%- set is_within = "level = 'school' or clusters_of_" ~ first ~ " = 1" %}
                    {%- set squares = {
                        "numerator_squares": "numerator_squares_of_" ~ id,
                        "products": "products_of_" ~ id,
                        "denominator_squares": "denominator_squares_of_" ~ first,
                    } %}
                select
                    '{{ slug }}' as indicator,
                    {{ key }},
                    '{{ id }}' as measure,
                    student_group,
                    cast(students_of_{{ first }} as bigint) as student_count,
                    cast(coalesce(numerator_of_{{ id }}, 0) as decimal(28, 4)) as numerator,
                    cast(coalesce(denominator_of_{{ first }}, 0) as decimal(28, 4)) as denominator,
                    cast(coalesce(expected_of_{{ first }}, 0) as decimal(28, 4)) as expected,
                    cast(coalesce(reported_of_{{ first }}, 0) as decimal(28, 4)) as reported,
                    {% if id in clustered -%}
                        cast(
                            case
                                when {{ is_within }} then students_of_{{ first }} else clusters_of_{{ first }}
                            end as bigint
                        ) as cluster_count
                        {%- for name, square in squares.items() %}
                            ,
                            coalesce(
                                case when {{ is_within }} then student_{{ square }} else {{ square }} end, 0
                            ) as cluster_{{ name }}
                        {%- endfor %}
                    {%- else -%}
                        cast(students_of_{{ first }} as bigint) as cluster_count
                        {%- for name in squares %}, cast(null as decimal(38, 8)) as cluster_{{ name }}
                        {%- endfor %}
                    {%- endif %}
                from by_group
                where students_of_{{ first }} > 0 {{ "union all" if not loop.last }}
            {% endfor %}
        )
{%- endmacro %}


{#- The measures of an indicator whose error follows from clusters: means, and rates whose unit is not the student. -#}
{% macro clustered_measures(slug) -%}
    {%- set indicator = indicator_meta(slug) -%}
    {%- set shares = ["rate", "floored_rate", "share"] if indicator.get("is_by_unit") else [] -%}
    {%- set statistics = ["mean", "floored_mean"] + shares -%}
    {{
        return(
            indicator.get("measures", []) | selectattr("statistic", "in", statistics) | map(attribute="id") | list
        )
    }}
{%- endmacro %}


{#- The exact sum of a product of two decimals with four places; wide enough that a state's scores do not overflow. -#}
{% macro sum_of_products(left, right) -%}
    sum(cast({{ left }} as decimal(19, 4)) * cast({{ right }} as decimal(19, 4)))
{%- endmacro %}
