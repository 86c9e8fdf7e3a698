"""
What an environment says about itself and its callers: version, and privileges of a user.

Sources: "RetrieveVersion function", "RetrieveUserPrivileges function" and "RolePrivilege
ComplexType" of the Web API reference.
"""

from __future__ import annotations

import uuid

from . import seed
from .environment import Environment
from .request import Request
from .responses import Response
from .tables import BY_LOGICAL, BY_SET

VERSION = "9.2.26081.00140"

_RIGHTS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
# Tables whose privileges do not bear their logical name ("User entity privileges").
_NAMED_OTHERWISE = {"systemuser": "User"}
# Privileges that belong to no table.
_GENERAL = (
    "prvImportCustomization",
    "prvExportCustomization",
    "prvPublishCustomization",
    "prvActOnBehalfOfAnotherUser",
)


def version(request: Request) -> Response:
    """The version of the service."""
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.RetrieveVersionResponse"
    return Response(200, {"@odata.context": context, "Version": VERSION})


def user_privileges(environment: Environment, request: Request, key: str) -> Response:
    """All privileges that a user holds through roles, less those that were taken away."""
    user = environment.require(BY_SET["systemusers"], key)
    held = [] if user["systemuserid"] in seed.WITHOUT_ROLE else _all_privileges()
    denied = environment.denied_privileges
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.RetrieveUserPrivilegesResponse"
    return Response(
        200,
        {
            "@odata.context": context,
            "RolePrivileges": [
                {
                    "Depth": "Global",
                    "PrivilegeId": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
                    "BusinessUnitId": seed.BUSINESS_UNIT,
                    "PrivilegeName": name,
                    "RecordFilterId": "00000000-0000-0000-0000-000000000000",
                    "RecordFilterUniqueName": "",
                }
                for name in held
                if name.lower() not in denied
            ],
        },
    )


def _all_privileges() -> list[str]:
    names = [_NAMED_OTHERWISE.get(table, table) for table in sorted(BY_LOGICAL)]
    tables = [f"prv{right}{name}" for name in names for right in _RIGHTS]
    return [*tables, *_GENERAL]
