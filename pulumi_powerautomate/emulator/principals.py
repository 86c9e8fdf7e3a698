"""
Functions and actions about users, teams and roles.

Source: RetrieveUserPrivileges, RetrieveTeamPrivileges, RetrieveUsersPrivilegesThroughTeams,
RetrieveRolePrivilegesRole, RetrieveAadUserRoles, AddMembersTeam and RemoveMembersTeam of the Web
API reference.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from . import privileges, seed
from .environment import Environment
from .organization import function_response
from .preferences import ok
from .query import is_guid, parse
from .request import Request, unquoted
from .responses import Response, bad_payload, bad_syntax, does_not_exist
from .row_json import RowWriter
from .scopes import scope_of
from .store import Row
from .tables import BY_LOGICAL, Table


def user_privileges(
    environment: Environment, request: Request, user: Row, arguments: Mapping[str, str]
) -> Response:
    """RetrieveUserPrivileges: through roles of the user's own; a switch adds those of his teams."""
    direct = environment.switches["user_privileges"] == "direct"
    held = privileges.depths_of(environment, user["systemuserid"], direct=direct)
    return _privileges(request, "RetrieveUserPrivileges", held)


def team_privileges(
    environment: Environment, request: Request, team: Row, arguments: Mapping[str, str]
) -> Response:
    """RetrieveTeamPrivileges."""
    held = privileges.depths_of(environment, team["teamid"])
    return _privileges(request, "RetrieveTeamPrivileges", held)


def privileges_through_teams(
    environment: Environment, request: Request, user: Row, arguments: Mapping[str, str]
) -> Response:
    """RetrieveUsersPrivilegesThroughTeams: those of the teams alone."""
    held: dict[str, int] = {}
    for team in privileges.teams_of(environment, user["systemuserid"]):
        for name, depth in privileges.depths_of(environment, team).items():
            held[name] = max(depth, held.get(name, 0))
    return _privileges(request, "RetrieveUsersPrivilegesThroughTeams", held)


def role_privileges(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveRolePrivilegesRole."""
    role_id = unquoted(arguments.get("RoleId", ""))
    if not is_guid(role_id):
        raise bad_syntax("The parameter 'RoleId' of 'RetrieveRolePrivilegesRole' is missing.")
    table = BY_LOGICAL["role"]
    privileges.require(environment, request, "Read", table)
    role = environment.require(table, role_id)
    held = privileges.ROLE_DEPTHS.get(role["roleid"], {})
    return _privileges(request, "RetrieveRolePrivilegesRole", held)


def _privileges(request: Request, name: str, held: Mapping[str, int]) -> Response:
    rows = [
        {
            "Depth": privileges.DEPTHS[depth],
            "PrivilegeId": privileges.privilege_id(privilege),
            "BusinessUnitId": seed.BUSINESS_UNIT,
            "PrivilegeName": privilege,
            "RecordFilterId": "00000000-0000-0000-0000-000000000000",
            "RecordFilterUniqueName": "",
        }
        for privilege, depth in held.items()
    ]
    return function_response(request, name, {"RolePrivileges": rows})


def aad_user_roles(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveAadUserRoles: the roles of a user by the directory's id."""
    object_id = unquoted(arguments.get("DirectoryObjectId", ""))
    user = environment.store.find("systemuser", azureactivedirectoryobjectid=object_id)
    if user is None:
        raise does_not_exist("systemuser", object_id)
    held = privileges.roles_of(environment, user["systemuserid"])
    rows = [row for row in environment.store.all("role") if row["roleid"] in held]
    scope = scope_of(environment, request)
    query = parse(BY_LOGICAL["role"], _options(request), scope)
    writer = RowWriter(request, scope)
    shown = [writer.row(BY_LOGICAL["role"], row, query) for row in rows]
    return ok(200, {"@odata.context": f"{request.root}$metadata#roles", "value": shown}, request)


def _options(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.options.items() if name == "$select"}


def add_members(environment: Environment, request: Request, team: Row) -> Response:
    """AddMembersTeam."""
    table = BY_LOGICAL["team"]
    privileges.require(environment, request, "Write", table, team)
    for user_id in _members(environment, table, request):
        columns = {"teamid": team["teamid"], "systemuserid": user_id}
        if environment.store.find("teammembership", **columns) is None:
            values = {"teammembershipid": str(uuid.uuid4()), **columns}
            links = BY_LOGICAL["teammembership"]
            environment.insert(links, values, request.caller.user_id)
    return Response(204)


def remove_members(environment: Environment, request: Request, team: Row) -> Response:
    """RemoveMembersTeam."""
    table = BY_LOGICAL["team"]
    privileges.require(environment, request, "Write", table, team)
    for user_id in _members(environment, table, request):
        row = environment.store.find("teammembership", teamid=team["teamid"], systemuserid=user_id)
        if row is not None:
            environment.remove(BY_LOGICAL["teammembership"], row, request.caller.user_id)
    return Response(204)


def _members(environment: Environment, table: Table, request: Request) -> list[str]:
    members: Any = request.json(table.entity_set).get("Members")
    if not isinstance(members, list):
        raise bad_payload(table.entity_set, "The parameter 'Members' is missing.")
    ids = []
    for member in members:
        item = member if isinstance(member, dict) else {}
        user_id = item.get("ownerid") or item.get("systemuserid")
        kind = str(item.get("@odata.type", "")).rpartition(".")[2]
        if kind != "systemuser" or not isinstance(user_id, str):
            # Users and teams share their key, so that the type decides.
            raise bad_syntax("EdmEntityObject passed should have the key property value set.")
        ids.append(environment.require(BY_LOGICAL["systemuser"], user_id)["systemuserid"])
    return ids
