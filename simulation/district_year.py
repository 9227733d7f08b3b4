"""What is true of one district in one school year: the frames that every collection of the district is made from.

Only the shape lives here. How students come to be where they are stands in `state`, their days in `calendars`.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl


@dataclass(frozen=True)
class DistrictYear:
    """One district in one school year.

    `schools`: one row per school, in the order in which `school` columns of the other frames point to rows (0, 1, …).
      number (Int32, of the school in the state, the key of its own random numbers), school_id, school_name,
      school_level, lowest_place and highest_place (Int8), lowest_grade, highest_grade, is_charter, is_title_one,
      hardship (Float32, the mean of its neighborhoods, standard normal over the state), students (Int32, in the fall).
    `days`: for each school the instructional days of the year as datetime64[D], in order.
    `students`: one row per student of the district in the year; `student` columns point to rows of this frame.
      number (Int64, of the student in the state, the key of `uniforms` and `normals`), student_id, place (Int8, of the
      grade: 0 PK, 1 KG, 2 grade 1, … 13 grade 12), grade (its code), last_place (Int8 of the year before, -1 where not
      in the state), first_year (Int16, school year of the first grade in the state), race (AI AS AA HI PI WH MR), sex,
      birth_date, hardship (Float32, of the family, standard normal), school (Int32, the primary school, the last of
      the year), fall_school (Int32, the first of the year), entry and exit (Date, first and last day in the district
      in the year, both always filled), is_here_at_end, days_enrolled (Int16, instructional days in primary schools),
      and one Boolean for each status held on any day in the district: economic_disadvantage, english_learner,
      disability, gifted, section_504, homeless, foster, migrant, military, former_english_learner,
      recently_arrived_english_learner. Sorted by number.
    `statuses`: student, status, begin_date (Date, may be null), end_date (Date, may be null), primary_disability.
    `enrollments`: student, school (both Int32), first_day, last_day (Date, always filled), is_primary (Boolean),
      entry_date, exit_date (Date, as the district reports them: null exit = still enrolled), grade, entry_code,
      exit_code, exit_type.
    """

    seed: int
    school_year: int
    district: int
    district_id: str
    district_name: str
    district_type: str
    vendor: str
    schools: pl.DataFrame
    days: tuple[np.ndarray, ...]
    students: pl.DataFrame
    statuses: pl.DataFrame
    enrollments: pl.DataFrame
    members: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def student_ids(self) -> pl.Series:
        """The numbers as districts write them, to be gathered by row."""
        return self.students["student_id"]

    @cached_property
    def school_ids(self) -> pl.Series:
        """The numbers of the schools as districts write them, to be gathered by row."""
        return self.schools["school_id"]
