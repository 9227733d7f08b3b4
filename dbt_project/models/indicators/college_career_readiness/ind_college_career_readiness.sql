{%- set pathways = ["advanced_exams", "college_credit", "entrance_exam", "career_credential", "portfolio"] %}
{%- set measures = [["percent_ready", "pathways is not null", "1"]] %}
{%- for pathway in pathways %}
    {%- set is_met = "coalesce(list_contains(pathways, '" ~ pathway ~ "'), false)" %}
    {%- do measures.append(["percent_ready_by_" ~ pathway, is_met, "1"]) %}
{%- endfor %}
with
    cohort as (
        select policy_id, school_year, level, entity_id, student_id, cohort_year, exclusion, is_due
        from {{ ref("int_readiness_in_entities") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, years_after_the_cohort
        from {{ ref("policy_college_career_readiness") }}
    ),

    met as (
        select policy_id, school_year, student_id, list(pathway) as pathways
        from {{ ref("int_readiness") }}
        group by policy_id, school_year, student_id
    ),

    judged as (
        select cohort.*, 'ALL' as subject, met.pathways
        from cohort
        inner join policy using (policy_id, level)
        left join met using (policy_id, school_year, student_id)
        where
            school_year between first_school_year and last_school_year
            and school_year - cohort_year = years_after_the_cohort
    )

    {{ contributions("judged", measures) }}
