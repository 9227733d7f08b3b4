{#- What was open, found and opened again must be what was closed, retired or still open; and what is open must be what the sums over competencies call a known gap. -#}
{% test gaps_flow_in_and_out(model, learning) %}
    select gaps.school_year, gaps.level, gaps.entity_id, gaps.subject, gaps.open_at_end, learning.known_gap_count
    from {{ model }} as gaps
    inner join {{ learning }} as learning using (school_year, level, entity_id, subject, student_id)
    where
        gaps.open_at_start + gaps.identified + gaps.reopened <> gaps.closed + gaps.retired + gaps.open_at_end
        or gaps.open_at_end <> learning.known_gap_count
{% endtest %}
