select indicator, policy_id, level, first_school_year, last_school_year, parameter, value, authority
from {{ ref("dim_policy") }}
