"""
Permissions of callers: the privileges of their roles, and rows that they own or have been given.

A privilege is held for the whole organization or for one's own rows; of those of others, a share
opens what it names. An impersonated request may do what both users may.

Source: "Security roles and privileges" and "How access to a record is determined".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from . import seed
from .environment import Environment
from .request import Caller, Request
from .responses import ServiceError, missing_privilege
from .store import Row
from .tables import BY_LOGICAL, TABLES, Table

OWN, ALL = 1, 8
DEPTHS = {OWN: "Basic", ALL: "Global"}
RIGHTS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
ACCESS_RIGHTS = {
    "ReadAccess": 1,
    "WriteAccess": 2,
    "AppendAccess": 4,
    "AppendToAccess": 16,
    "CreateAccess": 32,
    "DeleteAccess": 65536,
    "ShareAccess": 262144,
    "AssignAccess": 524288,
}
# Privileges that belong to no table.
_GENERAL = (
    "prvImportCustomization",
    "prvExportCustomization",
    "prvPublishCustomization",
    "prvActOnBehalfOfAnotherUser",
)
# Tables whose privileges do not bear their logical name ("User entity privileges").
_NAMED_OTHERWISE = {"systemuser": "User"}
_BY_RIGHT = {name.removesuffix("Access"): bit for name, bit in ACCESS_RIGHTS.items()}


def privilege_id(name: str) -> str:
    """The id of a privilege."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def names() -> list[str]:
    """Every privilege there is."""
    tables = [_NAMED_OTHERWISE.get(table, table) for table in sorted(BY_LOGICAL)]
    return [*(f"prv{right}{name}" for name in tables for right in RIGHTS), *_GENERAL]


def _maker_depths() -> dict[str, int]:
    """A maker builds for himself, and sees people, teams and solutions."""
    found = {}
    for table in TABLES:
        name = _NAMED_OTHERWISE.get(table.logical, table.logical)
        for right in RIGHTS:
            if table.owned or right == "Read" or table.logical in ("solution", "publisher"):
                found[f"prv{right}{name}"] = OWN if table.owned else ALL
    found.update(dict.fromkeys(_GENERAL[:3], ALL))
    return found


# The roles of a new environment: depth by privilege.
ROLE_DEPTHS: dict[str, dict[str, int]] = {
    seed.SYSTEM_ADMINISTRATOR: dict.fromkeys(names(), ALL),
    seed.ENVIRONMENT_MAKER: _maker_depths(),
}
_LOWER = {
    role: {name.lower(): depth for name, depth in depths.items()}
    for role, depths in ROLE_DEPTHS.items()
}


def teams_of(environment: Environment, user_id: str) -> frozenset[str]:
    """The teams that a user is a member of."""
    rows = environment.store.select("teammembership", systemuserid=user_id)
    return frozenset(row["teamid"] for row in rows)


def roles_of(environment: Environment, principal_id: str, *, direct: bool = False) -> set[str]:
    """The roles of a user, those of his teams included unless only the direct ones are meant."""
    store = environment.store
    found = {row["roleid"] for row in store.select("systemuserroles", systemuserid=principal_id)}
    found |= {row["roleid"] for row in store.select("teamroles", teamid=principal_id)}
    if not direct:
        for team in teams_of(environment, principal_id):
            found |= {row["roleid"] for row in store.select("teamroles", teamid=team)}
    return found


def depths_of(
    environment: Environment, principal_id: str, *, direct: bool = False
) -> dict[str, int]:
    """Depth by privilege of a user or team, less what a test has taken away."""
    found: dict[str, int] = {}
    for role in roles_of(environment, principal_id, direct=direct):
        for name, depth in ROLE_DEPTHS.get(role, {}).items():
            if name.lower() not in environment.denied_privileges:
                found[name] = max(depth, found.get(name, 0))
    return found


def require(
    environment: Environment, request: Request, right: str, table: Table, row: Row | None = None
) -> None:
    """Reject what the caller's roles do not cover; with a row, what they do not cover of it."""
    named = f"prv{right}{_NAMED_OTHERWISE.get(table.logical, table.logical)}".lower()
    spelled = f"prv{right}{table.logical}".lower()
    general = f"prv{right}".lower()
    denied = environment.denied_privileges
    for user in _users(request.caller):
        depth = _depth(environment, user, (named, general))
        if not depth or not denied.isdisjoint((named, spelled, general)):
            raise missing_privilege(user, right, table.logical)
        if row is not None and depth < ALL and not _reaches(environment, user, right, row, table):
            raise _no_access(user, right, row[table.key])


def require_general(environment: Environment, user_id: str, name: str) -> None:
    """Reject a user without a privilege that belongs to no table."""
    if name.lower() in environment.denied_privileges or not _depth(
        environment, user_id, (name.lower(),)
    ):
        raise missing_privilege(user_id, name.removeprefix("prv"), "")


def readable(
    environment: Environment, request: Request, table: Table, rows: Iterable[Row]
) -> list[Row]:
    """The rows of a table that the caller may read."""
    found = list(rows)
    if not table.owned:
        return found
    named = f"prvread{table.logical}"
    for user in _users(request.caller):
        if _depth(environment, user, (named,)) < ALL:
            own = {user, *teams_of(environment, user)}
            shared = _shared_with(environment, own, 1)
            found = [
                row for row in found if row["_ownerid_value"] in own or row[table.key] in shared
            ]
    return found


def access_mask(environment: Environment, table: Table, row: Row, principal_id: str) -> int:
    """Rights of a user or team on a row, from roles, ownership and shares together."""
    own = {principal_id, *teams_of(environment, principal_id)}
    depths = {name.lower(): depth for name, depth in depths_of(environment, principal_id).items()}
    name = _NAMED_OTHERWISE.get(table.logical, table.logical)
    owns = row.get("_ownerid_value") in own
    shared = shared_mask(environment, row[table.key], own)
    mask = 0
    for right, bit in _BY_RIGHT.items():
        depth = depths.get(f"prv{right}{name}".lower(), 0)
        if depth >= ALL or (depth and (owns or shared & bit)):
            mask |= bit
    return mask


def shared_mask(environment: Environment, object_id: str, principals: Iterable[str]) -> int:
    """Rights on a row that have been shared with any of these."""
    wanted = set(principals)
    mask = 0
    for share in environment.store.select("principalobjectaccess", objectid=object_id):
        if share["principalid"] in wanted:
            mask |= share["accessrightsmask"]
    return mask


def _users(caller: Caller) -> tuple[str, ...]:
    return (caller.user_id, caller.impersonator) if caller.impersonator else (caller.user_id,)


def _depth(environment: Environment, user_id: str, privileges: tuple[str, ...]) -> int:
    found = 0
    for role in roles_of(environment, user_id):
        depths = _LOWER.get(role, {})
        for name in privileges:
            found = max(found, depths.get(name, 0))
    return found


def _reaches(environment: Environment, user: str, right: str, row: Row, table: Table) -> bool:
    own = {user, *teams_of(environment, user)}
    if row.get("_ownerid_value") in own:
        return True
    return bool(shared_mask(environment, row[table.key], own) & _BY_RIGHT.get(right, 0))


def _shared_with(environment: Environment, principals: set[str], bit: int) -> set[str]:
    return {
        share["objectid"]
        for share in environment.store.all("principalobjectaccess")
        if share["principalid"] in principals and share["accessrightsmask"] & bit
    }


def _no_access(user: str, right: str, row_id: str) -> ServiceError:
    return ServiceError(
        403,
        "0x80048306",
        "SecLib::AccessCheckEx failed. Returned hr = -2147187962, ObjectID: "
        f"{row_id}, OwnerId: , OwnerIdType: 8 and CallingUser: {user}. "
        f"accessRights: {right}Access",
    )
