with
    flows as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            exclusion,
            coalesce(exclusion = 'prerequisites_never_assessed', true) as is_due,
            rate_exclusion,
            open_at_start,
            identified,
            reopened,
            closed,
            retired,
            open_at_end,
            at_risk,
            closed_at_risk,
            at_risk_direct,
            closed_at_risk_direct,
            at_risk_deep,
            closed_at_risk_deep
        from {{ ref("int_gap_flows") }}
    )

    {%- set of_rates = ["rate_exclusion", "rate_exclusion is null"] %}
    {{
        contributions(
            "flows",
            [
                ["percent_closed", "closed_at_risk", "at_risk", none] + of_rates,
                ["percent_closed_one_step_away", "closed_at_risk_direct", "at_risk_direct", "at_risk_direct > 0"]
                + of_rates,
                ["percent_closed_further_away", "closed_at_risk_deep", "at_risk_deep", "at_risk_deep > 0"] + of_rates,
                ["gaps_open_at_start", "open_at_start", "1"],
                ["gaps_identified", "identified", "1"],
                ["gaps_reopened", "reopened", "1"],
                ["gaps_closed", "closed", "1"],
                ["gaps_retired", "retired", "1"],
                ["gaps_open_at_end", "open_at_end", "1"],
            ],
        )
    }}
