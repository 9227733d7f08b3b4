select
    level,
    entity_id,
    entity_name,
    district_id,
    district_name,
    city,
    lowest_grade,
    highest_grade,
    first_school_year,
    last_school_year
from {{ ref("dim_entity") }}
