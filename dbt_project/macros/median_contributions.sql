{#- The median over students of numerator ÷ denominator, for the measures of one indicator whose statistic is the median.

    Values are counted first (by group set, then by group), so that the cost grows with distinct values and not with students. The interval is
    the distribution-free one between two order statistics, whose ranks are n/2 ∓ 1.96·√n/2 rounded outwards (Conover 1999, Practical
    Nonparametric Statistics, §3.2); below six students there is none. -#}
{% macro median_contributions(slug) -%}
    {%- set key = "policy_id, school_year, level, entity_id, population, subject, grade_span, measure" -%}
    {%- set measures = measures_with("median", slug) -%}
    select
        '{{ slug }}' as indicator,
        {{ key }},
        student_group,
        (
            min(student_value) filter (counted_up_to * 2 >= counted)
            + min(student_value) filter (counted_up_to * 2 > counted)
        )
        / 2 as value,
        min(student_value) filter (counted >= 6 and counted_up_to >= lower_rank) as interval_low,
        min(student_value) filter (counted >= 6 and counted_up_to >= upper_rank) as interval_high
    from
        (
            select
                *,
                greatest(1, cast(floor(counted / 2.0 - 0.9799819925 * sqrt(counted)) as bigint)) as lower_rank,
                least(counted, 1 + cast(ceil(counted / 2.0 + 0.9799819925 * sqrt(counted)) as bigint)) as upper_rank
            from
                (
                    select
                        *,
                        cast(
                            sum(student_count) over (
                                partition by {{ key }}, student_group order by student_value
                            ) as bigint
                        ) as counted_up_to,
                        cast(sum(student_count) over (partition by {{ key }}, student_group) as bigint) as counted
                    from
                        (
                            select
                                {{ key }},
                                members.student_group,
                                student_value,
                                sum(by_set.student_count) as student_count
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
                                        cast(numerator / denominator as decimal(18, 6)) as student_value,
                                        count(*) as student_count
                                    from
                                        (
                                            {% for measure in measures %}
                                                {{ contributions_of(slug, measure) }} {{ "union all" if not loop.last }}
                                            {% endfor %}
                                        ) as contributions
                                    inner join
                                        {{ ref("int_student_group_sets") }} as sets
                                        on contributions.policy_id = sets.policy_id
                                        and contributions.school_year = sets.school_year
                                        and contributions.student_id = sets.student_id
                                    where contributions.denominator > 0
                                    group by all
                                ) as by_set
                            inner join
                                {{ ref("int_group_set_members") }} as members on by_set.group_set = members.group_set
                            group by {{ key }}, members.student_group, student_value
                        ) as by_group
                ) as ranked
        ) as bounded
    group by {{ key }}, student_group
{%- endmacro %}
