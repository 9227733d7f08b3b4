-- Upper and lower case, spaces, hyphens and apostrophes in a name make no difference.
with compared as (
    select
        student.row,
        case
            when
                replace(replace(replace(lower(student.last_name), '-', ''), ' ', ''), '''', '')
                <> replace(replace(replace(lower(registry.last_name), '-', ''), ' ', ''), '''', '')
            then 1
            else 0
        end as other_last_name,
        case
            when
                replace(replace(replace(lower(student.first_name), '-', ''), ' ', ''), '''', '')
                <> replace(replace(replace(lower(registry.first_name), '-', ''), ' ', ''), '''', '')
            then 1
            else 0
        end as other_first_name,
        case when student.birth_date <> registry.birth_date then 1 else 0 end as other_birth_date
    from student
    inner join student_registry_of_state as registry on registry.student_id = student.student_id
)
select
    compared.row as row,
    case when compared.other_last_name = 1 then 'last_name ' else '' end
    || case when compared.other_first_name = 1 then 'first_name ' else '' end
    || case when compared.other_birth_date = 1 then 'birth_date' else '' end as seen,
    null as expected
from compared
where compared.other_last_name + compared.other_first_name + compared.other_birth_date >= 2
