"""
The global discovery service: which environments a person may use.

It is an OData service of its own, at the origin of the sign-in host here, and knows less than the
Web API: one entity set, `$select` and `$filter`, keys whose response is a list. Texts compare with
case. Source: "Discover user organizations".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from . import seed
from .authentication import good_token
from .entra import Entra
from .entra.directory import known
from .environment import Environment
from .query import Scope, is_guid, parse
from .request import Request, arguments, segments, unquoted
from .responses import Response, ServiceError, bad_syntax, no_such_segment
from .tables import Column, Table

PATH = re.compile(r"^/api/discovery/v2\.0(?:/(?P<rest>.*))?$", re.DOTALL)
_ENVIRONMENT_ID = "0e6a3b61-0000-4000-8000-0000000000f1"
_KEYS = frozenset({"UniqueName", "Region", "State", "Version"})

_INSTANCE = Table(
    "Instance",
    "Instances",
    "Id",
    (
        Column("ApiUrl"),
        Column("DatacenterId"),
        Column("DatacenterName"),
        Column("EnvironmentId"),
        Column("FriendlyName"),
        Column("Id", "guid"),
        Column("IsUserSysAdmin", "bool"),
        Column("LastUpdated", "date"),
        Column("OrganizationType", "int"),
        Column("Purpose"),
        Column("Region"),
        Column("SchemaType"),
        Column("State", "int"),
        Column("StatusMessage", "int"),
        Column("TenantId", "guid"),
        Column("TrialExpirationDate", "date"),
        Column("UniqueName"),
        Column("UrlName"),
        Column("Version"),
        Column("Url"),
    ),
    case_sensitive=True,
)


class Discovery:
    """The environments of the tenant, the emulator's own first."""

    def __init__(self, environment: Environment, entra: Entra) -> None:
        self._service = environment
        self._entra = entra
        self._others: list[dict[str, Any]] = []
        # Who may use an environment, by its id; everybody where there is no entry.
        self._people: dict[str, set[str]] = {}

    def reset(self) -> None:
        """Only the emulator's own."""
        self._others.clear()
        self._people.clear()

    def add(self, item: Mapping[str, Any]) -> None:
        """
        Register an environment: properties of an Instance, of which `Url` and `UniqueName` are
        needed, and `people`, the user names of those who may use it.
        """
        known(item, [*_INSTANCE.by_name, "people"])
        for name in ("Url", "UniqueName"):
            if not item.get(name):
                raise ServiceError(400, "", f"An environment needs {name}.")
        given = {name: value for name, value in item.items() if name != "people"}
        row = _completed({"Url": str(item["Url"]).rstrip("/"), **given})
        self._others.append(row)
        if "people" in item:
            self._people[row["Id"]] = {str(name).lower() for name in item["people"]}
        self._entra.directory.register({"resources": [row["Url"]]})

    def response(self, request: Request, own_url: str) -> Response:
        """Answer one request."""
        if request.base != self._entra.base:
            raise no_such_segment("discovery")
        token = good_token(self._service, self._entra, request)
        if request.method != "GET":
            raise ServiceError(405, "0x80060888", "The requested resource supports GET only.")
        if token is None or token.user_id is None:
            if self._service.switches["discovery_for_applications"] == "refuse":
                raise ServiceError(
                    403, "0x80072560", "The user is not a member of the organization."
                )
            visible: list[dict[str, Any]] = []
        else:
            visible = self._visible(token.user_id, own_url)
        parts = segments(request.path)
        if not parts:
            entry = {"name": "Instances", "kind": "EntitySet", "url": "Instances"}
            return _ok(request, "", [entry])
        if len(parts) > 1 or parts[0].name != "Instances":
            raise no_such_segment(parts[-1].name)
        if parts[0].arguments is not None:
            visible = _by_key(parts[0].arguments, visible)
        return _queried(request, visible)

    def _visible(self, user_id: str, own_url: str) -> list[dict[str, Any]]:
        """Environments that a person may use; disabled accounts and those left out see nothing."""
        found = []
        row = self._service.store.find("systemuser", azureactivedirectoryobjectid=user_id)
        if row is not None and not row["isdisabled"]:
            found.append(_own(own_url))
        user = self._entra.directory.users.get(user_id)
        name = user.username.lower() if user else ""
        found += [item for item in self._others if name in self._people.get(item["Id"], {name})]
        return found


def _own(url: str) -> dict[str, Any]:
    return _completed(
        {
            "Id": seed.ORGANIZATION,
            "EnvironmentId": _ENVIRONMENT_ID,
            "UniqueName": "unqcontoso",
            "UrlName": "contoso",
            "FriendlyName": "Contoso",
            "Region": "EMEA",
            "Url": url,
            "IsUserSysAdmin": True,
        }
    )


def _completed(given: Mapping[str, Any]) -> dict[str, Any]:
    unknown_id = str(uuid.uuid5(uuid.UUID(seed.TENANT), f"environment {given['UniqueName']}"))
    defaults = {
        "ApiUrl": _api_url(given["Url"]),
        "DatacenterId": "695c8dd1-7d51-4d36-8a89-0d2d4d1f5f4e",
        "DatacenterName": None,
        "EnvironmentId": unknown_id,
        "FriendlyName": given["UniqueName"],
        "Id": unknown_id,
        "IsUserSysAdmin": False,
        "LastUpdated": "2024-05-01T08:00:00Z",
        "OrganizationType": 0,
        "Purpose": None,
        "Region": "NA",
        "SchemaType": "Full",
        "State": 0,
        "StatusMessage": 0,
        "TenantId": seed.TENANT,
        "TrialExpirationDate": None,
        "UrlName": given["UniqueName"],
        "Version": "9.2.24044.196",
    }
    row = {**defaults, **given}
    return {column.name: row[column.name] for column in _INSTANCE.columns}


def _api_url(url: str) -> str:
    """`https://contoso.api.crm4.dynamics.com` for an address of that shape, else the same."""
    return re.sub(r"^(https://[^.]+)\.(crm\d*\.)", r"\1.api.\2", url)


def _by_key(text: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A key filters; the response is a list even then."""
    if is_guid(text):
        return [row for row in rows if row["Id"] == text.lower()]
    given = arguments(text, {})
    if len(given) != 1 or not set(given) <= _KEYS:
        raise bad_syntax(f"The key '{text}' does not match a key of 'Instance'.")
    ((name, value),) = given.items()
    return [row for row in rows if str(row[name]) == unquoted(value)]


def _queried(request: Request, rows: list[dict[str, Any]]) -> Response:
    options = request.options
    unknown = sorted(set(options) - {"$select", "$filter"})
    if unknown:
        raise bad_syntax(f"The query parameter {unknown[0]} is not supported")
    query = parse(_INSTANCE, options, Scope())
    kept = [row for row in rows if query.passes(row)]
    if query.select is None:
        return _ok(request, "#Instances", kept)
    shown = [{name: row[name] for name in query.select or ()} for row in kept]
    return _ok(request, f"#Instances({','.join(query.select)})", shown)


def _ok(request: Request, context: str, value: list[dict[str, Any]]) -> Response:
    root = f"{request.base}/api/discovery/v2.0/$metadata{quote(context, safe='#(),')}"
    headers = {"Content-Type": "application/json; odata.metadata=minimal", "OData-Version": "4.0"}
    return Response(200, {"@odata.context": root, "value": value}, headers)
