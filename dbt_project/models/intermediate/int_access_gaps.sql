-- The gap in access between a group and all others, split exactly: where the groups go to school, and who gets in
-- within the
-- schools. A school without others (or without members) lends its own rate.
{%- set key = "policy_id, school_year, level, entity_id, student_group" %}
with
    schools as (
        select
            {{ key }},
            cast(is_offered as integer) as offers,
            cast(member_count as double) as members,
            cast(other_count as double) as others,
            cast(member_place_count as double) / nullif(member_count, 0) as member_rate,
            cast(other_place_count as double) / nullif(other_count, 0) as other_rate,
            sum(member_count) over (partition by {{ key }}) as all_members,
            sum(other_count) over (partition by {{ key }}) as all_others,
            member_place_count,
            other_place_count
        from {{ ref("int_access_by_school") }}
    ),

    shares as (
        select
            *,
            members / nullif(all_members, 0) as member_share,
            others / nullif(all_others, 0) as other_share,
            coalesce(member_rate, other_rate) as member_rate_or_lent,
            coalesce(other_rate, member_rate) as other_rate_or_lent,
            coalesce(member_rate * (1 - member_rate) / nullif(members, 0), 0) as member_variance,
            coalesce(other_rate * (1 - other_rate) / nullif(others, 0), 0) as other_variance
        from schools
    )

select
    {{ key }},
    cast(any_value(all_members) as bigint) as member_count,
    cast(any_value(all_others) as bigint) as other_count,
    cast(sum(member_place_count) as bigint) as member_place_count,
    cast(sum(other_place_count) as bigint) as other_place_count,
    cast(sum((member_share - other_share) * offers) as decimal(18, 12)) as offering_gap,
    cast(sum((member_share - other_share) * other_rate_or_lent) as decimal(18, 12)) as between_schools,
    cast(sqrt(sum(pow(member_share - other_share, 2) * other_variance)) as decimal(18, 12)) as between_schools_error,
    cast(sum(member_share * (member_rate_or_lent - other_rate_or_lent)) as decimal(18, 12)) as within_schools,
    cast(
        sqrt(sum(pow(member_share, 2) * (member_variance + other_variance))) as decimal(18, 12)
    ) as within_schools_error,
    cast(sum((member_share - other_share) * member_rate_or_lent) as decimal(18, 12)) as between_schools_mirror,
    cast(
        sqrt(sum(pow(member_share - other_share, 2) * member_variance)) as decimal(18, 12)
    ) as between_schools_mirror_error,
    cast(sum(other_share * (member_rate_or_lent - other_rate_or_lent)) as decimal(18, 12)) as within_schools_mirror,
    cast(
        sqrt(sum(pow(other_share, 2) * (member_variance + other_variance))) as decimal(18, 12)
    ) as within_schools_mirror_error,
    cast(
        coalesce(sum(member_share * member_rate) filter (where others = 0), 0) as decimal(18, 12)
    ) as in_schools_without_others
from shares
group by {{ key }}
