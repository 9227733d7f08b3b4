"""One row is a district in a school year."""

from expectations.collections.columns import column
from expectations.collections.rules import contract

COLUMNS = (
    column(
        "district_id",
        "identifier",
        "District",
        "The state's number of the district, leading zeros kept.",
        required=True,
        ceds="001068",
        edfi="LocalEducationAgency.localEducationAgencyId",
    ),
    column(
        "district_name",
        "text",
        "District name",
        "The name as it is published.",
        required=True,
        edfi="LocalEducationAgency.nameOfInstitution",
    ),
    column(
        "district_type",
        "text",
        "District type",
        "What kind of agency the district is, in the state's own words.",
        ceds="000537",
        edfi="LocalEducationAgency.localEducationAgencyCategoryDescriptor",
    ),
    column(
        "information_system_vendor",
        "text",
        "Vendor of the information system",
        "Who makes the student information system that the district exports from.",
    ),
    column(
        "city",
        "text",
        "City",
        "The city or town in which the district has its office, by which readers look for it.",
        ceds="000040",
        edfi="LocalEducationAgency.addresses",
    ),
)

CONTRACT = contract(
    "district",
    "DIS",
    title="District",
    description="A district in a school year: its number, name and type.",
    record="district",
    records="districts",
    columns=COLUMNS,
    key=("district_id",),
)
