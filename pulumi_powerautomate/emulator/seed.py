"""
A new environment: an organization, its people and teams, a publisher and a solution.

The ids are fixed, so that examples and tests can name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ORGANIZATION = "0e6a3b61-0000-4000-8000-000000000001"
BUSINESS_UNIT = "0e6a3b61-0000-4000-8000-000000000002"
TENANT = "0e6a3b61-0000-4000-8000-0000000000aa"
TENANT_NAMES = (TENANT, "contoso.onmicrosoft.com", "contoso.com")

# The application that signs in by default, and the row it is mapped to.
CLIENT = "0e6a3b61-0000-4000-8000-0000000000c1"
CLIENT_SECRET = "emulator-secret"
APPLICATION_USER = "0e6a3b61-0000-4000-8000-000000000010"
DEVELOPER_TOKEN = "emulator"

ALICE = "0e6a3b61-0000-4000-8000-000000000011"
BOB = "0e6a3b61-0000-4000-8000-000000000012"
CAROL = "0e6a3b61-0000-4000-8000-000000000013"
DISABLED_USER = "0e6a3b61-0000-4000-8000-000000000014"

OPERATIONS_TEAM = "0e6a3b61-0000-4000-8000-000000000021"
ON_CALL_TEAM = "0e6a3b61-0000-4000-8000-000000000022"
ROLELESS_TEAM = "0e6a3b61-0000-4000-8000-000000000023"

PUBLISHER = "0e6a3b61-0000-4000-8000-000000000031"
SYSTEM_ADMINISTRATOR = "0e6a3b61-0000-4000-8000-000000000051"
ENVIRONMENT_MAKER = "0e6a3b61-0000-4000-8000-000000000052"

DEFAULT_SOLUTION = "fd140aaf-4df4-11dd-bd17-0019b9312238"
ACTIVE_SOLUTION = "fd140aae-4df4-11dd-bd17-0019b9312238"
SOLUTION = "0e6a3b61-0000-4000-8000-000000000041"
SOLUTION_NAME = "ContosoAutomation"
# Connection references have a number of their own in every organization.
CONNECTION_REFERENCE_DEFINITION = "0e6a3b61-0000-4000-8000-000000000061"
CONNECTION_REFERENCE_COMPONENT = 10162


def rows() -> Mapping[str, list[dict[str, Any]]]:
    """The rows of a new environment, by entity set."""
    return {
        "organizations": [{"organizationid": ORGANIZATION, "name": "contoso"}],
        "businessunits": [{"businessunitid": BUSINESS_UNIT, "name": "contoso"}],
        "roles": [
            _role(SYSTEM_ADMINISTRATOR, "System Administrator"),
            _role(ENVIRONMENT_MAKER, "Environment Maker"),
        ],
        "systemusers": [
            _person(APPLICATION_USER, "#", "pulumi-deploy", 90, applicationid=CLIENT),
            _person(ALICE, "Alice", "Archer", 91),
            _person(BOB, "Bob", "Baker", 92),
            _person(CAROL, "Carol", "Cook", 93),
            _person(DISABLED_USER, "Dan", "Drover", 94, isdisabled=True),
        ],
        "solutioncomponentdefinitions": [
            {
                "solutioncomponentdefinitionid": CONNECTION_REFERENCE_DEFINITION,
                "name": "ConnectionReference",
                "primaryentityname": "connectionreference",
                "solutioncomponenttype": CONNECTION_REFERENCE_COMPONENT,
                "objecttypecode": CONNECTION_REFERENCE_COMPONENT,
                "ismetadata": False,
            }
        ],
        "teams": [
            _team(OPERATIONS_TEAM, "Operations", 95),
            _team(ON_CALL_TEAM, "On-call", 96),
            _team(ROLELESS_TEAM, "Without a role", 97),
        ],
        "publishers": [
            {
                "publisherid": PUBLISHER,
                "uniquename": "contoso",
                "friendlyname": "Contoso",
                "customizationprefix": "contoso",
                "customizationoptionvalueprefix": 10001,
            }
        ],
        "solutions": [
            _solution(DEFAULT_SOLUTION, "Default", "Default Solution", "1.0"),
            _solution(ACTIVE_SOLUTION, "Active", "Active Solution", "1.0", isvisible=False),
            _solution(SOLUTION, SOLUTION_NAME, "Contoso Automation", "1.0.0.0"),
        ],
    }


def first_role(principal_id: str) -> str | None:
    """The role of a user or team of the environment from its start, or added by hand."""
    if principal_id == ROLELESS_TEAM:
        return None
    people = (ALICE, BOB, CAROL, DISABLED_USER, OPERATIONS_TEAM, ON_CALL_TEAM)
    return ENVIRONMENT_MAKER if principal_id in people else SYSTEM_ADMINISTRATOR


def _person(row_id: str, first: str, last: str, number: int, **more: Any) -> dict[str, Any]:
    address = f"{first.strip('# ').lower() or last}@contoso.com"
    return {
        "systemuserid": row_id,
        "ownerid": row_id,
        "firstname": first,
        "lastname": last,
        "fullname": f"{first} {last}",
        "internalemailaddress": address,
        "domainname": address,
        "azureactivedirectoryobjectid": f"0e6a3b61-0000-4000-9000-0000000000{number}",
        "_businessunitid_value": BUSINESS_UNIT,
        **more,
    }


def _team(row_id: str, name: str, number: int) -> dict[str, Any]:
    return {
        "teamid": row_id,
        "ownerid": row_id,
        "name": name,
        "azureactivedirectoryobjectid": f"0e6a3b61-0000-4000-9000-0000000000{number}",
        "_businessunitid_value": BUSINESS_UNIT,
    }


def _role(row_id: str, name: str) -> dict[str, Any]:
    return {
        "roleid": row_id,
        "roleidunique": row_id,
        "name": name,
        "organizationid": ORGANIZATION,
        "ismanaged": True,
        "_businessunitid_value": BUSINESS_UNIT,
        "_parentrootroleid_value": row_id,
    }


def _solution(
    row_id: str, unique_name: str, name: str, version: str, **more: Any
) -> dict[str, Any]:
    return {
        "solutionid": row_id,
        "uniquename": unique_name,
        "friendlyname": name,
        "version": version,
        "_publisherid_value": PUBLISHER,
        "_organizationid_value": ORGANIZATION,
        **more,
    }
