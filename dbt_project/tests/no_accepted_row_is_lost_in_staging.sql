-- Every row that was accepted stands in staging. One test for all collections, since each test costs dbt more than
-- the counting.
{%- set collections = [
    "assessment",
    "attendance",
    "calendar",
    "competency",
    "competency_edge",
    "course_section",
    "determination",
    "discipline",
    "district",
    "enrollment",
    "evidence",
    "grade_component",
    "graduation_cohort",
    "habit_rating",
    "instructional_group",
    "moderation_score",
    "placement_decision",
    "postsecondary",
    "school",
    "section_enrollment",
    "staff_assignment",
    "student",
    "student_registry",
    "student_status",
    "support_service",
    "survey_response",
    "survey_roster",
] %}
{%- for collection in collections %}
    select '{{ collection }}' as collection, mine.row_count, theirs.row_count as accepted_row_count
    from (select count(*) as row_count from {{ ref("stg_" ~ collection) }}) as mine
    cross join (select count(*) as row_count from {{ source("accepted", collection) }}) as theirs
    where mine.row_count <> theirs.row_count {{ "union all" if not loop.last }}
{%- endfor %}
