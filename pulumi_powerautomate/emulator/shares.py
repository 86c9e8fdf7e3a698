"""
Sharing of rows.

Source: "Sharing and assigning" and the reference of GrantAccess, ModifyAccess, RevokeAccess,
RetrieveSharedPrincipalsAndAccess and RetrievePrincipalAccess.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from . import known_names, privileges
from .environment import Environment
from .keys import find_row, referenced
from .preferences import ok
from .query import is_guid
from .request import Request
from .responses import (
    Response,
    ServiceError,
    bad_argument,
    bad_payload,
    bad_syntax,
    does_not_exist,
    not_implemented,
)
from .store import Row
from .tables import BY_LOGICAL, Table


def grant(environment: Environment, request: Request) -> Response:
    """GrantAccess: adds rights."""
    table, target, principal, mask = _parsed(environment, request)
    share = _share(environment, target[table.key], principal)
    if share is not None and environment.switches["grant_existing"] == "or":
        mask |= share["accessrightsmask"]
    if mask:
        _store(environment, table, target, principal, share, mask, request)
    return Response(204)


def modify(environment: Environment, request: Request) -> Response:
    """ModifyAccess: replaces rights."""
    table, target, principal, mask = _parsed(environment, request)
    share = _share(environment, target[table.key], principal)
    if share is None and environment.switches["modify_without_share"] == "refuse":
        raise ServiceError(400, "0x80040217", "The principal has no access to modify.")
    if mask:
        _store(environment, table, target, principal, share, mask, request)
    elif share is not None:
        _remove(environment, share, request)
    return Response(204)


def revoke(environment: Environment, request: Request) -> Response:
    """RevokeAccess: takes every right of a share away."""
    body = request.json("RevokeAccess")
    table, target = _target(environment, body, "RevokeAccess")
    privileges.require(environment, request, "Share", table, target)
    principal = _principal(environment, body.get("Revokee"), unknown_is_fine=True)
    share = _share(environment, target[table.key], principal)
    if share is None and environment.switches["revoke_without_share"] == "refuse":
        raise ServiceError(400, "0x80040217", "The principal has no access to revoke.")
    if share is not None:
        _remove(environment, share, request)
    return Response(204)


def shared_principals(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveSharedPrincipalsAndAccess: explicit shares of a row."""
    table, target = _reference(environment, request, arguments)
    shares = [
        {
            "AccessMask": mask_text(share["accessrightsmask"]),
            "Principal": {
                "@odata.type": f"#Microsoft.Dynamics.CRM.{share['principaltypecode']}",
                "ownerid": share["principalid"],
            },
        }
        for share in environment.store.select("principalobjectaccess", objectid=target[table.key])
        if share["accessrightsmask"]
    ]
    return ok(
        200,
        {
            "@odata.context": f"{request.root}$metadata#Microsoft.Dynamics.CRM."
            "RetrieveSharedPrincipalsAndAccessResponse",
            "PrincipalAccesses": shares,
        },
        request,
    )


def principal_access(
    environment: Environment, request: Request, table: Table, key: str, arguments: Mapping[str, str]
) -> Response:
    """RetrievePrincipalAccess: what a user or team may do with a row, all sources together."""
    principal = find_row(environment, table, key, request)
    target_table, target = _reference(environment, request, arguments)
    mask = privileges.access_mask(environment, target_table, target, principal[table.key])
    return ok(
        200,
        {
            "@odata.context": f"{request.root}$metadata#Microsoft.Dynamics.CRM."
            "RetrievePrincipalAccessResponse",
            "AccessRights": mask_text(mask),
        },
        request,
    )


def mask_text(mask: int) -> str:
    """A mask as the service writes it: names in ascending order of their bits."""
    names = [name for name, bit in privileges.ACCESS_RIGHTS.items() if mask & bit]
    return ", ".join(names) or "None"


def _parsed(environment: Environment, request: Request) -> tuple[Table, Row, tuple[str, str], int]:
    body = request.json("GrantAccess")
    table, target = _target(environment, body, request.path)
    privileges.require(environment, request, "Share", table, target)
    access = body.get("PrincipalAccess")
    if not isinstance(access, dict):
        raise bad_payload("GrantAccess", "The parameter 'PrincipalAccess' is missing.")
    mask = _mask(access.get("AccessMask"))
    principal = _principal(environment, access.get("Principal"))
    if mask and not privileges.roles_of(environment, principal[1]):
        raise ServiceError(
            400, "0x80040231", "Target user or team does not hold required privileges."
        )
    return table, target, principal, mask


def _mask(text: Any) -> int:
    mask = 0
    for name in str(text or "").split(","):
        name = name.strip()
        if name == "None" and text.strip() == "None":
            return 0
        if name not in privileges.ACCESS_RIGHTS:
            raise bad_payload(
                "GrantAccess",
                f"The string '{text}' is not a valid enum type constant of "
                "'Microsoft.Dynamics.CRM.AccessRights'.",
            )
        mask |= privileges.ACCESS_RIGHTS[name]
    return mask


def _target(environment: Environment, body: dict[str, Any], action: str) -> tuple[Table, Row]:
    target = body.get("Target")
    if not isinstance(target, dict):
        raise bad_payload("GrantAccess", "The parameter 'Target' is missing.")
    logical = str(target.get("@odata.type", "")).rpartition(".")[2]
    table = BY_LOGICAL.get(logical)
    if table is None and known_names.is_table(logical):
        raise not_implemented(f"the table '{logical}'")
    if table is None:
        raise bad_payload("GrantAccess", f"A type named '{logical}' could not be resolved.")
    if not table.owned:
        raise ServiceError(
            405,
            "0x80040800",
            f"The '{action}' method does not support entities of type '{logical}'. "
            "MessageProcessorCache returned MessageProcessor.Empty.",
        )
    key = target.get(table.key)
    if not is_guid(key):
        raise bad_argument("Expected non-empty Guid.")
    return table, environment.require(table, str(key))


def _principal(
    environment: Environment, value: Any, *, unknown_is_fine: bool = False
) -> tuple[str, str]:
    if not isinstance(value, dict):
        raise bad_payload("GrantAccess", "The parameter 'Principal' is missing.")
    logical = str(value.get("@odata.type", "")).rpartition(".")[2]
    if logical == "organization":
        raise not_implemented("sharing with the organization")
    if logical not in ("systemuser", "team"):
        raise ServiceError(400, "0x80048346", "Invalid principal type.")
    key = value.get("ownerid") or value.get(BY_LOGICAL[logical].key)
    if not is_guid(key):
        raise ServiceError(400, "0x80048348", "Passed Guid is empty.")
    row = environment.store.get(logical, str(key).lower())
    if row is None and not unknown_is_fine:
        missing = does_not_exist(logical, str(key).lower())
        missing.status = environment.switches["unknown_principal"]
        raise missing
    if row is not None and row.get("isdisabled") and not unknown_is_fine:
        raise ServiceError(
            400,
            "0x80040225",
            "The specified user is either disabled or is not a member of any business unit.",
        )
    return logical, str(key).lower()


def _share(environment: Environment, object_id: str, principal: tuple[str, str]) -> Row | None:
    store = environment.store
    share = store.get("principalobjectaccess", _share_id(object_id, principal[1]))
    # A row that was made by hand has an id of its own.
    return share or store.find(
        "principalobjectaccess", objectid=object_id, principalid=principal[1]
    )


def _share_id(object_id: str, principal_id: str) -> str:
    return str(uuid.uuid5(uuid.UUID(object_id), principal_id))


def _store(
    environment: Environment,
    table: Table,
    target: Row,
    principal: tuple[str, str],
    share: Row | None,
    mask: int,
    request: Request,
) -> None:
    access_table = BY_LOGICAL["principalobjectaccess"]
    values = {"accessrightsmask": mask, "changedon": environment.clock.stamp()}
    if share is not None:
        environment.change(access_table, share, values, request.caller.user_id)
        return
    values.update(
        {
            "principalobjectaccessid": _share_id(target[table.key], principal[1]),
            "principalid": principal[1],
            "principaltypecode": principal[0],
            "objectid": target[table.key],
            "objecttypecode": table.logical,
            "inheritedaccessrightsmask": 0,
        }
    )
    environment.insert(access_table, values, request.caller.user_id)


def _remove(environment: Environment, share: Row, request: Request) -> None:
    environment.remove(BY_LOGICAL["principalobjectaccess"], share, request.caller.user_id)


def _reference(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> tuple[Table, Row]:
    """The row that a `Target` argument names: `{'@odata.id':'workflows(…)'}`."""
    text = unquote(arguments.get("Target", ""))
    try:
        url = json.loads(text.replace("'", '"'))["@odata.id"]
    except (ValueError, KeyError, TypeError):
        raise bad_syntax(f"The parameter value '{text}' could not be parsed.") from None
    return referenced(environment, str(url), request)
