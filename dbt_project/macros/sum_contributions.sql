{#- The contributions of one indicator, summed once for every entity and student group.

    First by group set (few), then by group. Where a measure is a mean, students nest in schools, and three sums over these clusters are
    kept from which a cluster-robust standard error follows without another pass. Within one school each student is a cluster, so the three
    sums are taken over students before anything else is. -#}
{% macro sum_contributions(slug) -%}
    {%- set key = "policy_id, school_year, level, entity_id, population, subject, grade_span, measure" -%}
    {%- set meta = indicator_meta(slug) -%}
    {%- set statistics = meta.get("measures", []) | map(attribute="statistic") | list %}
    select
        '{{ slug }}' as indicator,
        {{ key }},
        student_group,
        cast(sum(student_count) as bigint) as student_count,
        cast(sum(numerator) as decimal(28, 4)) as numerator,
        cast(sum(denominator) as decimal(28, 4)) as denominator,
        cast(sum(expected) as decimal(28, 4)) as expected,
        cast(sum(case when level = 'school' then student_count else 1 end) as bigint) as cluster_count,
        sum(
            case when level = 'school' then student_numerator_squares else numerator * numerator end
        ) as cluster_numerator_squares,
        sum(case when level = 'school' then student_products else numerator * denominator end) as cluster_products,
        sum(
            case when level = 'school' then student_denominator_squares else denominator * denominator end
        ) as cluster_denominator_squares
    from
        (
            select
                {{ key }},
                members.student_group,
                by_set.cluster_id,
                sum(by_set.student_count) as student_count,
                cast(sum(by_set.numerator) as decimal(19, 4)) as numerator,
                cast(sum(by_set.denominator) as decimal(19, 4)) as denominator,
                cast(sum(by_set.expected) as decimal(19, 4)) as expected,
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
                        sets.group_set,
                        {% if "mean" in statistics -%}
                            case when contributions.level <> 'school' then students.primary_school_id end as cluster_id,
                            {{ sum_of_products("contributions.numerator", "contributions.numerator") }}
                            as student_numerator_squares,
                            {{ sum_of_products("contributions.numerator", "contributions.denominator") }}
                            as student_products,
                            {{ sum_of_products("contributions.denominator", "contributions.denominator") }}
                            as student_denominator_squares,
                        {%- else -%}
                            cast(null as varchar) as cluster_id,
                            cast(null as decimal(38, 8)) as student_numerator_squares,
                            cast(null as decimal(38, 8)) as student_products,
                            cast(null as decimal(38, 8)) as student_denominator_squares,
                        {%- endif %}
                        count(*) as student_count,
                        sum(contributions.numerator) as numerator,
                        sum(contributions.denominator) as denominator,
                        sum(contributions.expected) as expected
                    from {{ ref("ind_" ~ slug) }} as contributions
                    inner join
                        {{ ref("int_student_group_sets") }} as sets
                        on contributions.policy_id = sets.policy_id
                        and contributions.school_year = sets.school_year
                        and contributions.student_id = sets.student_id
                    {% if "mean" in statistics -%}
                        inner join
                            {{ ref("int_students") }} as students
                            on contributions.school_year = students.school_year
                            and contributions.student_id = students.student_id
                    {% endif -%}
                    where contributions.denominator > 0 or contributions.expected > 0
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
