-- Students by section and group, in every cell (school, grade and subject) and for every partition: a group against
-- all others, and under
-- ALL the groups of race and ethnicity against one another. With it, whether the cell is large enough to say anything.
with
    seats as (
        select policy_id, school_year, district_id, school_id, subject, student_id, section_id, grade
        from {{ ref("int_class_seats") }}
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (
        select members.group_set, members.student_group, groups.group_kind, groups.is_unspecified
        from {{ ref("int_group_set_members") }} as members
        inner join {{ ref("code_student_groups") }} as groups on members.student_group = groups.code
    ),

    policy as (
        select policy_id, first_school_year, last_school_year, minimum_sections, minimum_students, minimum_group, draws
        from {{ ref("policy_class_sorting") }}
        where level = 'school'
    ),

    by_set as (
        select
            seats.policy_id,
            seats.school_year,
            seats.subject,
            seats.district_id,
            seats.school_id,
            seats.grade,
            seats.section_id,
            sets.group_set,
            count(*) as student_count
        from seats
        inner join sets using (policy_id, school_year, student_id)
        group by all
    ),

    in_sections as (
        select
            policy_id,
            school_year,
            subject,
            district_id,
            school_id,
            grade,
            section_id,
            cast(sum(student_count) as bigint) as section_count
        from by_set
        group by all
    ),

    in_groups as (
        select
            by_set.policy_id,
            by_set.school_year,
            by_set.subject,
            by_set.district_id,
            by_set.school_id,
            by_set.grade,
            by_set.section_id,
            members.group_kind,
            members.is_unspecified,
            members.student_group,
            cast(sum(by_set.student_count) as bigint) as student_count
        from by_set
        inner join members using (group_set)
        where members.group_kind <> 'all'
        group by all
    ),

    asked as (
        select distinct policy_id, school_year, subject, district_id, school_id, grade, student_group from in_groups
    ),

    against_others as (
        select
            asked.student_group,
            in_sections.* exclude (section_count),
            unnest(['members', 'others']) as category,
            unnest(
                [coalesce(in_groups.student_count, 0), in_sections.section_count - coalesce(in_groups.student_count, 0)]
            ) as student_count
        from in_sections
        inner join asked using (policy_id, school_year, subject, district_id, school_id, grade)
        left join
            in_groups using (policy_id, school_year, subject, district_id, school_id, grade, section_id, student_group)
    ),

    counted as (
        select
            policy_id,
            school_year,
            subject,
            student_group,
            district_id,
            school_id,
            grade,
            section_id,
            category,
            student_count
        from against_others
        where student_count > 0
        union all
        select
            policy_id,
            school_year,
            subject,
            'ALL' as student_group,
            district_id,
            school_id,
            grade,
            section_id,
            student_group as category,
            student_count
        from in_groups
        where group_kind = 'race_ethnicity' and not is_unspecified
    ),

    categories as (
        select
            policy_id,
            school_year,
            subject,
            student_group,
            district_id,
            school_id,
            grade,
            category,
            sum(student_count) as student_count
        from counted
        group by all
    ),

    cells as (
        select
            categories.policy_id,
            categories.school_year,
            categories.subject,
            categories.student_group,
            categories.district_id,
            categories.school_id,
            categories.grade,
            sum(categories.student_count) >= any_value(policy.minimum_students)
            and count(*) filter (where categories.student_count >= policy.minimum_group) >= 2 as has_enough_students,
            any_value(policy.minimum_sections) as minimum_sections,
            any_value(policy.draws) as draws
        from categories
        inner join
            policy
            on categories.policy_id = policy.policy_id
            and categories.school_year between policy.first_school_year and policy.last_school_year
        group by all
    ),

    sections as (
        select
            policy_id,
            school_year,
            subject,
            student_group,
            district_id,
            school_id,
            grade,
            count(distinct section_id) as section_count
        from counted
        group by all
    )

select
    counted.policy_id,
    counted.school_year,
    counted.subject,
    counted.student_group,
    counted.district_id,
    counted.school_id,
    counted.grade,
    counted.section_id,
    counted.category,
    cast(counted.student_count as bigint) as student_count,
    cells.draws,
    cells.has_enough_students and sections.section_count >= cells.minimum_sections as is_judged
from counted
inner join cells using (policy_id, school_year, subject, student_group, district_id, school_id, grade)
inner join sections using (policy_id, school_year, subject, student_group, district_id, school_id, grade)
