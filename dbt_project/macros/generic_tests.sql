{#- The few generic data tests the project needs; no package is installed. A test returns the rows that break its promise, never a student's values. -#}
{#- Rows are first told apart by a hash of the key, which is many times faster; only keys whose hash repeats are compared in full.
    Contributions have all measures of a student in one row of columns, which is looked at once. -#}
{% test one_row_per(model, columns) %}
    {%- if "student_id" in columns and "measure" in columns -%}
        {%- set model, columns = beside(model), columns | reject("equalto", "measure") | list -%}
    {%- endif -%}
    {%- set key = columns | join(", ") %}
    with repeated as (select hash({{ key }}) as key_hash from {{ model }} group by key_hash having count(*) > 1)

    select {{ columns | reject("equalto", "student_id") | join(", ") }}, count(*) as row_count
    from {{ model }}
    where hash({{ key }}) in (select key_hash from repeated)
    group by {{ key }}
    having count(*) > 1
{% endtest %}


{% test no_blanks(model, columns) %}
    select {% for column in columns %} count({{ column }}) as {{ column }}, {% endfor %} count(*) as row_count
    from {{ model }}
    having {%- for column in columns %} count({{ column }}) < count(*) {{ "or" if not loop.last }} {%- endfor %}
{% endtest %}


{#- Finds a year of enrollment in which an indicator has no policy. Resolve it by a row in the csv of its folder. -#}
{% test every_year_has_a_policy(model) %}
    with
        indicators(indicator) as (
            values
                {%- for indicator in table_of_contents() %}
                    ('{{ indicator.slug }}'){{ "," if not loop.last }}
                {%- endfor %}
        )

    select indicators.indicator, years.school_year
    from indicators
    cross join (select distinct school_year from {{ ref("stg_enrollment") }}) as years
    left join
        {{ model }} as policies
        on indicators.indicator = policies.indicator
        and years.school_year between policies.first_school_year and policies.last_school_year
    where policies.policy_id is null
{% endtest %}


{#- Finds two rows of a policy for one level in one year. Resolve it by ending the earlier before the later begins. -#}
{% test one_policy_at_a_time(model) %}
    select distinct earlier.indicator, earlier.policy_id, earlier.level, later.first_school_year
    from {{ model }} as earlier
    inner join
        {{ model }} as later
        on earlier.indicator = later.indicator
        and earlier.parameter = later.parameter
        and earlier.policy_id = later.policy_id
        and earlier.level = later.level
        and earlier.first_school_year < later.first_school_year
        and earlier.last_school_year >= later.first_school_year
{% endtest %}


{% test same_row_count(model, other) %}
    select mine.row_count, theirs.row_count as expected_row_count
    from (select count(*) as row_count from {{ model }}) as mine
    cross join (select count(*) as row_count from {{ other }}) as theirs
    where mine.row_count <> theirs.row_count
{% endtest %}


{% test hidden_rows_carry_nothing(model) %}
    select level, entity_id, indicator, value_status
    from {{ model }}
    where
        value_status not in ('ok', 'range', 'incomplete', 'under_review', 'not_comparable')
        and (value is not null or student_count is not null or interval_low is not null or interval_high is not null)
{% endtest %}


{#- Published vectors of a rate under the 95 % rule, worked with the same macros as the results. Runs with the indicator's own folder. -#}
{% test golden_rates(model, floor, vectors) %}
    with
        vectors(numerator, tested, expected, rate, low, high) as (
            values
                {%- for vector in vectors %}
                    (
                        cast({{ vector.numerator }} as decimal(28, 4)),
                        cast({{ vector.tested }} as decimal(28, 4)),
                        cast({{ vector.expected }} as decimal(28, 4)),
                        cast({{ vector.rate }} as double),
                        cast({{ vector.get("low", "null") }} as double),
                        cast({{ vector.get("high", "null") }} as double)
                    ){{ "," if not loop.last }}
                {%- endfor %}
        ),

        worked as (
            select
                *,
                cast(numerator as double) as x,
                cast({{ floored_denominator("tested", "expected", floor) }} as double) as n
            from vectors
        )

    select numerator, tested, expected, x / n as rate
    from worked
    where
        abs(x / n - rate) > 0.0001
        or abs({{ wilson_bound("x", "n", "-") }} - low) > 0.0001
        or abs({{ wilson_bound("x", "n", "+") }} - high) > 0.0001
{% endtest %}


{#- Counted and excluded students of an indicator must be the students enrolled: none lost, none twice, and none out of nowhere. -#}
{% test adds_up_to_enrollment(model) %}
    with
        summed as (
            select
                indicator,
                policy_id,
                school_year,
                level,
                entity_id,
                population,
                subject,
                sum(student_count) as student_count,
                min(student_count) as least_count
            from {{ model }}
            where is_enrolled
            group by indicator, policy_id, school_year, level, entity_id, population, subject
        ),

        enrolled as (
            select school_year, level, entity_id, count(*) as enrolled_count
            from {{ ref("int_students_in_entities") }}
            group by school_year, level, entity_id
        )

    select
        summed.indicator,
        summed.school_year,
        summed.level,
        summed.entity_id,
        summed.student_count,
        enrolled.enrolled_count
    from summed
    left join enrolled using (school_year, level, entity_id)
    where summed.least_count < 0 or summed.student_count is distinct from enrolled.enrolled_count
{% endtest %}


{#- A contribution without a number would be lost in a sum, and one over nothing has no denominator to stand in. Most
    contributions are views, whose columns no database guards. -#}
{% test no_contribution_is_missing(model) %}
    {%- for indicator in indicators_with("contributions") %}
        select '{{ indicator.slug }}' as indicator, count(*) as row_count
        from {{ in_columns(indicator.slug) }}
        where
            policy_id is null or entity_id is null or student_id is null
            {%- for measure in asked_like(indicator.slug) %}
                or (
                    is_asked_of_{{ measure }}
                    and (
                        is_due_of_{{ measure }} is null
                        or (
                            exclusion_of_{{ measure }} is null
                            and (numerator_of_{{ measure }} is null or denominator_of_{{ measure }} is null)
                        )
                    )
                )
                or (denominator_of_{{ measure }} = 0 and numerator_of_{{ measure }} <> 0)
            {%- endfor %}
        having count(*) > 0 {{ "union all" if not loop.last }}
    {%- endfor %}
{% endtest %}


{#- Finds an indicator whose formula leaves a student out and does not say by which rule. Resolve it by naming the rule in `exclusion`. -#}
{% test every_exclusion_is_named(model) %}
    {%- set named = [] -%}
    {%- for indicator in all_indicator_meta() -%}
        {%- for exclusion in indicator.get("exclusions", []) -%}
            {%- do named.append(indicator.id ~ "/" ~ exclusion.id) -%}
        {%- endfor -%}
    {%- endfor %}
    select distinct indicator, outcome
    from {{ model }}
    where outcome <> 'counted' and concat(indicator, '/', outcome) not in ('{{ named | join("', '") }}')
{% endtest %}


{#- A comparison with others tells as much of them as of its own, so it must say how many they are. Resolve it by giving the estimate an `other_count`, or its measure `compared_with`. -#}
{% test comparisons_say_with_how_many(model) %}
    select indicator, measure, level, entity_id, student_group
    from {{ model }}
    inner join {{ ref("dim_measure") }} using (indicator, measure)
    where is_comparison <> (other_count is not null)
{% endtest %}


{#- An access gap is the sum of what comes from between and from within schools, whichever side's rate is taken first. -#}
{% test gap_parts_add_up(model) %}
    select level, entity_id, student_group
    from
        (
            select
                level,
                entity_id,
                student_group,
                cast(member_place_count as double) / member_count
                - cast(other_place_count as double) / other_count as gap,
                between_schools + within_schools as parts,
                between_schools_mirror + within_schools_mirror as mirrored_parts
            from {{ model }}
            where member_count > 0 and other_count > 0
        ) as split
    where abs(gap - parts) > 1e-9 or abs(gap - mirrored_parts) > 1e-9
{% endtest %}
