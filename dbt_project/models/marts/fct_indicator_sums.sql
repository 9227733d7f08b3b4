-- Contributions of every indicator, summed for every entity and student group.
with
    groups_and_clusters as (
        select sets.policy_id, sets.school_year, sets.student_id, sets.group_set, students.primary_school_id
        from {{ ref("int_student_group_sets") }} as sets
        left join
            {{ ref("int_students") }} as students
            on sets.school_year = students.school_year
            and sets.student_id = students.student_id
    )
    {% for indicator in indicators_with("contributions") %}
        {{ sum_contributions(indicator.slug, "groups_and_clusters") }} {{ "union all" if not loop.last }}
    {% endfor %}
