"""
An environment's word about itself and its callers.

Source: WhoAmI, RetrieveVersion, RetrieveCurrentOrganization, RetrieveOrganizationInfo,
RetrieveTotalRecordCount, RetrieveAvailableLanguages and RetrieveProvisionedLanguages, and the
OrganizationType enumeration, of the Web API reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import known_names, privileges, seed
from .environment import Environment
from .preferences import ok
from .request import Request
from .responses import Response, ServiceError, bad_syntax, not_implemented
from .scopes import visible
from .tables import BY_LOGICAL

VERSION = "9.2.26081.00140"
ENVIRONMENT_ID = "0e6a3b61-0000-4000-8000-0000000000f1"
_ENGLISH = 1033
# The members of OrganizationType; an environment says of itself which it is.
KINDS = (
    "Customer", "Monitoring", "Support", "BackEnd", "Secondary", "CustomerTest",
    "CustomerFreeTest", "CustomerPreview", "Placeholder", "TestDrive", "MsftInvestigation",
    "EmailTrial", "Default", "Developer", "Trial", "Teams", "Platform",
)  # fmt: skip


def function_response(request: Request, name: str, values: Mapping[str, Any]) -> Response:
    """The response of a function or action with a complex result."""
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.{name}Response"
    return ok(200, {"@odata.context": context, **values}, request)


def who_am_i(environment: Environment, request: Request, arguments: Mapping[str, str]) -> Response:
    """WhoAmI."""
    ids = {
        "BusinessUnitId": seed.BUSINESS_UNIT,
        "UserId": request.caller.user_id,
        "OrganizationId": seed.ORGANIZATION,
    }
    return function_response(request, "WhoAmI", ids)


def version(environment: Environment, request: Request, arguments: Mapping[str, str]) -> Response:
    """RetrieveVersion."""
    return function_response(request, "RetrieveVersion", {"Version": VERSION})


def languages(environment: Environment, request: Request, arguments: Mapping[str, str]) -> Response:
    """RetrieveAvailableLanguages: English alone."""
    values = {"LocaleIds": [_ENGLISH]}
    return function_response(request, "RetrieveAvailableLanguages", values)


def provisioned_languages(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveProvisionedLanguages: English alone."""
    values = {"RetrieveProvisionedLanguages": [_ENGLISH]}
    return function_response(request, "RetrieveProvisionedLanguages", values)


def current_organization(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveCurrentOrganization."""
    if "AccessType" not in arguments:
        raise bad_syntax("The parameter 'AccessType' of 'RetrieveCurrentOrganization' is missing.")
    row = environment.require(environment.table("organization"), seed.ORGANIZATION)
    endpoints = {
        "WebApplication": request.base + "/",
        "OrganizationService": f"{request.base}/XRMServices/2011/Organization.svc",
        "OrganizationDataService": f"{request.base}/XRMServices/2011/OrganizationData.svc",
    }
    detail = {
        "OrganizationId": seed.ORGANIZATION,
        "FriendlyName": row["name"],
        "OrganizationVersion": VERSION,
        "EnvironmentId": ENVIRONMENT_ID,
        "DatacenterId": "695c8dd1-7d51-4d36-8a89-0d2d4d1f5f4e",
        "Geo": "NA",
        "TenantId": seed.TENANT,
        "UrlName": row["name"],
        "UniqueName": f"unq{row['name']}",
        "State": "Enabled",
        "OrganizationType": environment.kind,
        "Endpoints": {
            "Count": len(endpoints),
            "IsReadOnly": False,
            "Keys": list(endpoints),
            "Values": list(endpoints.values()),
        },
    }
    return function_response(request, "RetrieveCurrentOrganization", {"Detail": detail})


def organization_info(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveOrganizationInfo: which kind of environment, and the solutions in it."""
    publishers = {row["publisherid"]: row for row in environment.store.all("publisher")}
    solutions = []
    for row in environment.store.all("solution"):
        publisher = publishers.get(row["_publisherid_value"], {})
        solutions.append(
            {
                "Id": row["solutionid"],
                "FriendlyName": row["friendlyname"],
                "SolutionUniqueName": row["uniquename"],
                "VersionNumber": row["version"],
                "PublisherId": row["_publisherid_value"],
                "PublisherIdName": publisher.get("friendlyname"),
                "PublisherUniqueName": publisher.get("uniquename"),
            }
        )
    info = {"InstanceType": environment.kind, "Solutions": solutions}
    return function_response(request, "RetrieveOrganizationInfo", {"organizationInfo": info})


def total_record_count(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveTotalRecordCount: a snapshot for the service, the very number here."""
    try:
        names = json.loads(arguments.get("EntityNames", "").replace("'", '"'))
        known = [str(name) for name in names]
    except (ValueError, TypeError):
        raise bad_syntax("The parameter 'EntityNames' is a list of logical names.") from None
    counts = {}
    for name in known:
        table = BY_LOGICAL.get(name)
        if table is None and known_names.is_table(name):
            raise not_implemented(f"the table '{name}'")
        if table is None:
            raise ServiceError(
                400,
                "0x80041102",
                f"The entity with a name = '{name}' with namemapping = 'Logical' was not found in "
                "the MetadataCache.",
            )
        privileges.require(environment, request, "Read", table)
        counts[name] = len(visible(environment, table))
    collection = {
        "Count": len(counts),
        "IsReadOnly": False,
        "Keys": list(counts),
        "Values": list(counts.values()),
    }
    return function_response(
        request, "RetrieveTotalRecordCount", {"EntityRecordCountCollection": collection}
    )
