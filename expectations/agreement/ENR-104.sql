select enrollment.row as row, enrollment.grade as seen, school.lowest_grade || '-' || school.highest_grade as expected
from enrollment
inner join school on school.school_id = enrollment.school_id
inner join code_grades as enrolled on enrolled.code = enrollment.grade
inner join code_grades as lowest on lowest.code = school.lowest_grade
inner join code_grades as highest on highest.code = school.highest_grade
where
    cast(enrolled.sort_order as integer) < cast(lowest.sort_order as integer)
    or cast(enrolled.sort_order as integer) > cast(highest.sort_order as integer)
