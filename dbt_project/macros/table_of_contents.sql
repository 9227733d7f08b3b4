{#- The table of contents: every indicator and the shapes in which it comes. An indicator is published when its name stands here.

    Contributions are in ind_<slug>, and in columns beside it, both by the macro `contributions`. Estimates are in ind_<slug> where there is
    nothing else, and in ind_<slug>_estimates where there is. `medians` says that a measure asks for the median of contributions. `members` names
    the model that says who stands behind estimates, and `sums` the model in which contributions are summed: several of these are made side by
    side, and only one of them waits for what methods find. -#}
{% macro table_of_contents() -%}
    {{
        return(
            [
                {"slug": "academic_achievement", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "test_participation", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "average_score", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "full_academic_year_coverage", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "performance_index", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "graduation_rate_four_year", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "graduation_rate_extended", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "english_learner_progress", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "suspension_rate", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "college_career_readiness", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {"slug": "chronic_absenteeism", "shapes": ["contributions"], "sums": "fct_sums_of_state"},
                {
                    "slug": "growth_percentile",
                    "shapes": ["contributions", "estimates"],
                    "sums": "fct_sums_of_percentiles",
                },
                {"slug": "growth_to_standard", "shapes": ["contributions"], "sums": "fct_sums_of_percentiles"},
                {"slug": "growth_value_table", "shapes": ["contributions"], "sums": "fct_sums_of_percentiles"},
                {"slug": "acceleration_access", "shapes": ["contributions"], "sums": "fct_sums_of_access"},
                {"slug": "access_gap_split", "shapes": ["contributions", "estimates"], "sums": "fct_sums_of_access"},
                {
                    "slug": "placement_at_equal_attainment",
                    "shapes": ["estimates"],
                    "members": "int_placement_candidates",
                },
                {"slug": "regrouping", "shapes": ["contributions"], "sums": "fct_sums_of_access"},
                {"slug": "level_mobility", "shapes": ["contributions", "estimates"], "sums": "fct_sums_of_access"},
                {
                    "slug": "class_sorting",
                    "shapes": ["estimates"],
                    "members": "int_class_members",
                },
                {"slug": "support_targeting", "shapes": ["contributions", "estimates"], "sums": "fct_sums_of_access"},
                {"slug": "mastery_versus_expected", "shapes": ["contributions"], "sums": "fct_sums_of_progress"},
                {"slug": "pace", "shapes": ["contributions", "medians", "estimates"], "sums": "fct_sums_of_progress"},
                {"slug": "evidence_sufficiency", "shapes": ["contributions"], "sums": "fct_sums_of_judgments"},
                {"slug": "performance_evidence_share", "shapes": ["contributions"], "sums": "fct_sums_of_judgments"},
                {
                    "slug": "assessed_when_ready",
                    "shapes": ["contributions", "medians"],
                    "sums": "fct_sums_of_judgments",
                },
                {"slug": "retry_success", "shapes": ["contributions", "estimates"], "sums": "fct_sums_of_judgments"},
                {"slug": "habits_of_work", "shapes": ["contributions", "estimates"], "sums": "fct_sums_of_judgments"},
                {"slug": "growth_rate", "shapes": ["contributions", "medians"], "sums": "fct_sums_of_progress"},
                {"slug": "growth_rate_at_benchmark", "shapes": ["contributions"], "sums": "fct_sums_of_progress"},
                {"slug": "time_to_grade_level", "shapes": ["contributions"], "sums": "fct_sums_of_progress"},
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
                {"slug": "prerequisite_gaps", "shapes": ["contributions"], "sums": "fct_sums_of_gaps"},
                {"slug": "gaps_closed", "shapes": ["contributions", "estimates"], "sums": "fct_sums_of_gaps"},
                {"slug": "advanced_with_major_gaps", "shapes": ["contributions"], "sums": "fct_sums_of_gaps"},
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
