"""One contract per collection, under the collection's name: its columns, types, code sets, key and rules.

Whatever types, screens, stores or describes a collection derives it from here. Rules that need a second file live in
`expectations/agreement`.
"""

import pandera.polars as pa

from expectations.collections import assessment, district, enrollment, school, student, student_status
from expectations.collections.rules import Rule

CONTRACTS: dict[str, pa.DataFrameSchema] = {
    module.CONTRACT.name: module.CONTRACT
    for module in (district, school, student, student_status, enrollment, assessment)
}
"""The contract of every collection, in the order in which a state is described."""

RULES: dict[str, Rule] = {
    code: rule for contract in CONTRACTS.values() for code, rule in contract.metadata["rules"].items()
}
"""Every rule by its code."""
