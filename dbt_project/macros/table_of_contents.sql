{#- The table of contents: every indicator and the shapes in which it comes. An indicator is published when its name stands here.

    Contributions are in ind_<slug>, and in columns beside it, both by the macro `contributions`. Estimates are in ind_<slug> where there is
    nothing else, and in ind_<slug>_estimates where there is. `members` names the model that says who stands behind estimates. -#}
{% macro table_of_contents() -%}
    {{
        return(
            [
                {"slug": "academic_achievement", "shapes": ["contributions"]},
                {"slug": "test_participation", "shapes": ["contributions"]},
                {"slug": "average_score", "shapes": ["contributions"]},
                {"slug": "full_academic_year_coverage", "shapes": ["contributions"]},
                {"slug": "performance_index", "shapes": ["contributions"]},
                {"slug": "graduation_rate_four_year", "shapes": ["contributions"]},
                {"slug": "graduation_rate_extended", "shapes": ["contributions"]},
                {"slug": "english_learner_progress", "shapes": ["contributions"]},
                {"slug": "suspension_rate", "shapes": ["contributions"]},
                {"slug": "college_career_readiness", "shapes": ["contributions"]},
                {"slug": "chronic_absenteeism", "shapes": ["contributions"]},
                {
                    "slug": "growth_percentile",
                    "shapes": ["contributions", "estimates"],
                },
                {"slug": "growth_to_standard", "shapes": ["contributions"]},
                {"slug": "growth_value_table", "shapes": ["contributions"]},
                {"slug": "acceleration_access", "shapes": ["contributions"]},
                {
                    "slug": "access_gap_split",
                    "shapes": ["contributions", "estimates"],
                },
                {
                    "slug": "placement_at_equal_attainment",
                    "shapes": ["estimates"],
                    "members": "int_placement_candidates",
                },
                {"slug": "regrouping", "shapes": ["contributions"]},
                {"slug": "level_mobility", "shapes": ["contributions", "estimates"]},
                {
                    "slug": "class_sorting",
                    "shapes": ["estimates"],
                    "members": "int_class_members",
                },
                {
                    "slug": "support_targeting",
                    "shapes": ["contributions", "estimates"],
                },
                {"slug": "mastery_versus_expected", "shapes": ["contributions"]},
                {"slug": "pace", "shapes": ["contributions", "estimates"]},
                {"slug": "evidence_sufficiency", "shapes": ["contributions"]},
                {"slug": "performance_evidence_share", "shapes": ["contributions"]},
                {"slug": "assessed_when_ready", "shapes": ["contributions"]},
                {"slug": "retry_success", "shapes": ["contributions", "estimates"]},
                {"slug": "habits_of_work", "shapes": ["contributions", "estimates"]},
                {"slug": "growth_rate", "shapes": ["contributions"]},
                {"slug": "growth_rate_at_benchmark", "shapes": ["contributions"]},
                {"slug": "time_to_grade_level", "shapes": ["contributions"]},
                {
                    "slug": "calibration",
                    "shapes": ["estimates"],
                    "members": "int_calibration_members",
                },
                {
                    "slug": "belonging",
                    "shapes": ["estimates"],
                    "members": "int_survey_members",
                },
                {
                    "slug": "survey_quality",
                    "shapes": ["estimates"],
                    "members": "int_survey_members",
                },
                {"slug": "prerequisite_gaps", "shapes": ["contributions"]},
                {"slug": "gaps_closed", "shapes": ["contributions", "estimates"]},
                {"slug": "advanced_with_major_gaps", "shapes": ["contributions"]},
            ]
        )
    }}
{%- endmacro %}


{#- The indicators that come in one shape. -#}
{% macro indicators_with(shape) -%}
    {%- set found = [] -%}
    {%- for indicator in table_of_contents() if shape in indicator.shapes -%}
        {%- do found.append(indicator) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- The model that holds an indicator's estimates. -#}
{% macro estimates_of(indicator) -%}
    {{ return(ref("ind_" ~ indicator.slug ~ ("_estimates" if "contributions" in indicator.shapes else ""))) }}
{%- endmacro %}
