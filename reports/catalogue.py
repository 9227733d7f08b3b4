"""The release for catalogues and search engines: DCAT-US 3.0 and 1.1, and schema.org.

Addresses, the name of the agency and whom to write to are the publisher's; until a state says its own, they are of
example.org, which leads nowhere. No day of publication is told, so that the same release is the same bytes.
"""

from dataclasses import dataclass
from typing import Any

from reports.descriptions import LICENSE, TITLE

PROFILE_3, PROFILE_1_1 = (
    "https://resources.data.gov/resources/dcat-us3/",
    "https://project-open-data.cio.gov/v1.1/schema",
)
KEYWORDS = ["education", "accountability", "schools", "school districts", "student groups"]


@dataclass(frozen=True)
class Publisher:
    """Who publishes the releases, whom to write to, and the address below which the pages stand."""

    name: str = "State education agency"
    contact: str = "Data office"
    email: str = "data@example.org"
    url: str = "https://example.org/"


def dcat_us_3(publisher: Publisher, package: dict[str, Any], first_year: int, last_year: int) -> dict[str, Any]:
    """Give the catalogue of this release, a member of the series of all releases."""
    agent = {"@type": "Organization", "name": publisher.name}
    contact = {"@type": "Kind", "fn": publisher.contact, "hasEmail": f"mailto:{publisher.email}"}
    series = {
        "@type": "DatasetSeries",
        "@id": f"{publisher.url}data/",
        "title": TITLE,
        "description": "Results of schools, districts and the state, one data set for each release.",
        "publisher": agent,
        "contactPoint": [contact],
        "accrualPeriodicity": "annually",
    }
    dataset = {
        "@type": "Dataset",
        "@id": f"{publisher.url}data/{package['version']}/",
        "identifier": f"{publisher.url}data/{package['version']}/",
        "title": f"{TITLE}, release {package['version']}",
        "description": package["description"],
        "version": package["version"],
        "publisher": agent,
        "contactPoint": contact,
        "keyword": KEYWORDS,
        "language": ["en", "es"],
        "temporal": [
            {"@type": "PeriodOfTime", "startDate": f"{first_year - 1}-07-01", "endDate": f"{last_year}-06-30"}
        ],
        "inSeries": [{**series}],
        "distribution": [
            {
                "@type": "Distribution",
                "title": one["title"],
                "description": one["description"],
                "downloadURL": f"{publisher.url}data/{one['path']}",
                "mediaType": one["mediatype"],
                "format": one["format"].upper(),
                "byteSize": str(one["bytes"]),
                "license": LICENSE["path"],
                "checksum": {
                    "@type": "Checksum",
                    "algorithm": "SHA-256",
                    "checksumValue": one["hash"].removeprefix("sha256:"),
                },
                "describedBy": {
                    "@type": "Distribution",
                    "title": "Dictionary of all files",
                    "downloadURL": f"{publisher.url}data/datapackage.json",
                    "mediaType": "application/json",
                },
            }
            for one in package["resources"]
        ],
    }
    return {
        "@type": "Catalog",
        "@id": f"{publisher.url}data.json",
        "title": TITLE,
        "description": package["description"],
        "publisher": agent,
        "license": LICENSE["path"],
        "language": ["en", "es"],
        "conformsTo": {"@type": "Standard", "@id": PROFILE_3, "title": "DCAT-US 3.0"},
        "dataset": [dataset],
        "datasetSeries": [series],
    }


def dcat_us_1_1(publisher: Publisher, package: dict[str, Any], first_year: int, last_year: int) -> dict[str, Any]:
    """Give the catalogue for harvesters that still read Project Open Data 1.1."""
    return {
        "@context": f"{PROFILE_1_1}/catalog.jsonld",
        "@id": f"{publisher.url}data-v1.1.json",
        "@type": "dcat:Catalog",
        "conformsTo": PROFILE_1_1,
        "describedBy": f"{PROFILE_1_1}/catalog.json",
        "dataset": [
            {
                "@type": "dcat:Dataset",
                "identifier": f"{publisher.url}data/{package['version']}/",
                "title": f"{TITLE}, release {package['version']}",
                "description": package["description"],
                "keyword": KEYWORDS,
                # An interval instead of a day, which the standard allows.
                "modified": "R/P1Y",
                "accrualPeriodicity": "R/P1Y",
                "publisher": {"@type": "org:Organization", "name": publisher.name},
                "contactPoint": {
                    "@type": "vcard:Contact",
                    "fn": publisher.contact,
                    "hasEmail": f"mailto:{publisher.email}",
                },
                "accessLevel": "public",
                "license": LICENSE["path"],
                "language": ["en", "es"],
                "temporal": f"{first_year - 1}-07-01/{last_year}-06-30",
                "describedBy": f"{publisher.url}data/datapackage.json",
                "describedByType": "application/json",
                "distribution": [
                    {
                        "@type": "dcat:Distribution",
                        "title": one["title"],
                        "description": one["description"],
                        "downloadURL": f"{publisher.url}data/{one['path']}",
                        "mediaType": one["mediatype"],
                        "format": one["format"].upper(),
                    }
                    for one in package["resources"]
                ],
            }
        ],
    }


def schema_org(publisher: Publisher, package: dict[str, Any], first_year: int, last_year: int) -> dict[str, Any]:
    """Give the data set for the page of the data, with the variables that it has and no cell of it."""
    variables = [field for one in package["resources"] if one["name"] == "values" for field in one["schema"]["fields"]]
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": f"{TITLE}, release {package['version']}",
        "description": package["description"],
        "version": package["version"],
        "license": LICENSE["path"],
        "isAccessibleForFree": True,
        "inLanguage": ["en", "es"],
        "keywords": KEYWORDS,
        "temporalCoverage": f"{first_year - 1}-07-01/{last_year}-06-30",
        "creator": {"@type": "Organization", "name": publisher.name},
        "variableMeasured": [
            {"@type": "PropertyValue", "name": field["name"], "description": field["description"]}
            for field in variables
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": one["title"],
                "contentUrl": f"{publisher.url}data/{one['path']}",
                "encodingFormat": one["mediatype"],
                "contentSize": str(one["bytes"]),
            }
            for one in package["resources"]
        ],
    }
