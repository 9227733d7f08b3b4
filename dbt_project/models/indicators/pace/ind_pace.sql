with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            exclusion,
            is_due,
            instructional_months,
            learned_months,
            learned_count,
            learned_earlier_months,
            learned_on_grade_months,
            learned_later_months,
            net_learned_months,
            is_dated_in_bulk
        from {{ ref("int_paces") }}
    )

    {{
        contributions(
            "students",
            [
                ["pace", "learned_months", "instructional_months"],
                ["net_pace", "net_learned_months", "instructional_months"],
                ["competencies_a_month", "learned_count", "instructional_months"],
                ["mean_pace", "learned_months", "instructional_months"],
                ["pace_in_earlier_grades", "learned_earlier_months", "instructional_months"],
                ["pace_on_grade", "learned_on_grade_months", "instructional_months"],
                ["pace_in_later_grades", "learned_later_months", "instructional_months"],
                ["percent_dated_in_bulk", "is_dated_in_bulk", "1", "learned_count > 0"],
            ],
        )
    }}
