{#- The contributions of one indicator, summed once for every entity and student group.

    First by group set (few), then by group. Where a measure is a mean, or the unit is not the student, units nest in students and students
    in schools, and three sums over these clusters are kept from which a cluster-robust standard error follows without another pass. Within
    one school each student is a cluster, so the three sums are taken over students before anything else is. Other measures are spared them.
    `students` is the relation that has the group set and the primary school of each student under each policy. -#}
{% macro sum_contributions(slug, students) -%}
    {%- set key = "policy_id, school_year, level, entity_id, population, subject, grade_span, measure" -%}
    {%- set columns = indicator_columns(slug) -%}
    {%- set has_units = "unit_id" in columns -%}
    {%- set in_clusters = ["mean", "floored_mean"] + (["rate", "floored_rate", "share"] if has_units else []) -%}
    {%- set clustered = (
        indicator_meta(slug).get("measures", [])
        | selectattr("statistic", "in", in_clusters)
        | map(attribute="id")
        | list
    ) -%}
    {%- set is_clustered = "contributions.measure in ('" ~ clustered | join("', '") ~ "')" -%}
    {%- set reported = (
        "reported"
        if "reported" in columns
        else "least(expected, case when denominator > 0 then 1 else 0 end)"
    ) %}
    select
        '{{ slug }}' as indicator,
        {{ key }},
        student_group,
        cast(sum(student_count) as bigint) as student_count,
        cast(sum(numerator) as decimal(28, 4)) as numerator,
        cast(sum(denominator) as decimal(28, 4)) as denominator,
        cast(sum(expected) as decimal(28, 4)) as expected,
        cast(sum(reported) as decimal(28, 4)) as reported,
        cast(
            case when level = 'school' or count(*) = 1 then sum(student_count) else count(*) end as bigint
        ) as cluster_count,
        case
            when level = 'school' or count(*) = 1
            then sum(student_numerator_squares)
            else {{ sum_of_products("numerator", "numerator") }}
        end as cluster_numerator_squares,
        case
            when level = 'school' or count(*) = 1
            then sum(student_products)
            else {{ sum_of_products("numerator", "denominator") }}
        end as cluster_products,
        case
            when level = 'school' or count(*) = 1
            then sum(student_denominator_squares)
            else {{ sum_of_products("denominator", "denominator") }}
        end as cluster_denominator_squares
    from
        (
            select
                {{ key }},
                members.student_group,
                by_set.cluster_id,
                sum(by_set.student_count) as student_count,
                sum(by_set.numerator) as numerator,
                sum(by_set.denominator) as denominator,
                sum(by_set.expected) as expected,
                sum(by_set.reported) as reported,
                sum(by_set.student_numerator_squares) as student_numerator_squares,
                sum(by_set.student_products) as student_products,
                sum(by_set.student_denominator_squares) as student_denominator_squares
            from
                (
                    select
                        contributions.policy_id,
                        contributions.school_year,
                        contributions.level,
                        contributions.entity_id,
                        contributions.population,
                        contributions.subject,
                        contributions.grade_span,
                        contributions.measure,
                        students.group_set,
                        {% if clustered -%}
                            case
                                when contributions.level <> 'school' and {{ is_clustered }}
                                then students.primary_school_id
                            end as cluster_id,
                            {{ sum_of_products("contributions.numerator", "contributions.numerator") }} filter (
                                where {{ is_clustered }}
                            ) as student_numerator_squares,
                            {{ sum_of_products("contributions.numerator", "contributions.denominator") }} filter (
                                where {{ is_clustered }}
                            ) as student_products,
                            {{ sum_of_products("contributions.denominator", "contributions.denominator") }} filter (
                                where {{ is_clustered }}
                            ) as student_denominator_squares,
                        {%- else -%}
                            cast(null as varchar) as cluster_id,
                            cast(null as decimal(38, 8)) as student_numerator_squares,
                            cast(null as decimal(38, 8)) as student_products,
                            cast(null as decimal(38, 8)) as student_denominator_squares,
                        {%- endif %}
                        count(*) as student_count,
                        sum(contributions.numerator) as numerator,
                        sum(contributions.denominator) as denominator,
                        sum(contributions.expected) as expected,
                        sum(contributions.reported) as reported
                    from
                        (
                            {% if has_units -%}
                                select
                                    {{ key }},
                                    student_id,
                                    sum(numerator) as numerator,
                                    sum(denominator) as denominator,
                                    sum(expected) as expected,
                                    sum({{ reported }}) as reported
                                from {{ ref("ind_" ~ slug) }}
                                where denominator > 0 or expected > 0
                                group by all
                            {%- else -%}
                                select
                                    {{ key }}, student_id, numerator, denominator, expected, {{ reported }} as reported
                                from {{ ref("ind_" ~ slug) }}
                                where denominator > 0 or expected > 0
                            {%- endif %}
                        ) as contributions
                    inner join
                        {{ students }} as students
                        on contributions.policy_id = students.policy_id
                        and contributions.school_year = students.school_year
                        and contributions.student_id = students.student_id
                    group by all
                ) as by_set
            inner join {{ ref("int_group_set_members") }} as members on by_set.group_set = members.group_set
            group by {{ key }}, members.student_group, by_set.cluster_id
        ) as by_cluster
    group by {{ key }}, student_group
{%- endmacro %}


{#- The exact sum of a product of two decimals with four places; wide enough that a state's scores do not overflow. -#}
{% macro sum_of_products(left, right) -%}
    sum(cast({{ left }} as decimal(19, 4)) * cast({{ right }} as decimal(19, 4)))
{%- endmacro %}
