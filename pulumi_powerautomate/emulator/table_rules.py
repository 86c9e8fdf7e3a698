"""Rules of single tables around a generic write."""

from __future__ import annotations

import re
import uuid
from typing import Any

from . import cascade, privileges, seed
from .environment import Environment
from .flows import drafts, rules, runs
from .request import Request
from .responses import ALREADY_EXISTS, ServiceError, not_implemented
from .solutions import jobs
from .solutions.components import add_component, unmanaged_solution
from .store import Row
from .tables import Table

_SOLUTION_HEADER = "mscrm.solutionuniquename"
_RESTRICTED_SOLUTIONS = (seed.DEFAULT_SOLUTION, seed.ACTIVE_SOLUTION)
_UNIQUE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_VERSION = re.compile(r"\d{1,9}(\.\d{1,9}){1,3}", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}", re.ASCII)
_DEFINITION = "_environmentvariabledefinitionid_value"


def complete(environment: Environment, table: Table, row: Row, caller: str) -> None:
    """Fill in what a new row takes from others."""
    runs.complete(environment, table, row)
    logical = table.logical
    if logical in ("systemuser", "team"):
        row["ownerid"] = row[table.key]
        if not row.get("_businessunitid_value"):
            row["_businessunitid_value"] = seed.BUSINESS_UNIT
        if caller in ("seed", "by hand"):
            give_first_role(environment, logical, row[table.key])
    if logical == "systemuser" and not row["fullname"]:
        parts = (row["firstname"], row["lastname"])
        row["fullname"] = " ".join(part for part in parts if part) or None
    if logical == "role":
        row["roleidunique"] = row["roleidunique"] or str(uuid.uuid4())
        row["organizationid"] = seed.ORGANIZATION
        row["_businessunitid_value"] = row["_businessunitid_value"] or seed.BUSINESS_UNIT
    if logical in ("solution", "publisher"):
        row["_organizationid_value"] = row["_organizationid_value"] or seed.ORGANIZATION
    if table.solution_component and not row["solutionid"]:
        row["solutionid"] = seed.ACTIVE_SOLUTION
    if logical == "solution" and not row["installedon"]:
        row["installedon"] = environment.clock.stamp()
    if logical == "environmentvariablevalue" and not row["schemaname"]:
        row["schemaname"] = str(uuid.uuid4())


def give_first_role(environment: Environment, logical: str, principal_id: str) -> None:
    """Give a user or team the role that it has from the start."""
    role = seed.first_role(principal_id)
    if role is None:
        return
    key = "systemuserroleid" if logical == "systemuser" else "teamroleid"
    holder = "systemuserid" if logical == "systemuser" else "teamid"
    links = environment.table("systemuserroles" if logical == "systemuser" else "teamroles")
    row_id = str(uuid.uuid5(uuid.UUID(role), principal_id))
    environment.insert(links, {key: row_id, holder: principal_id, "roleid": role}, "seed")


def before_create(
    environment: Environment, table: Table, values: dict[str, Any], request: Request
) -> None:
    """Check a row that is about to be created."""
    solution = request.headers.get(_SOLUTION_HEADER)
    if solution is not None:
        unmanaged_solution(environment, solution)
    if values.get("_ownerid_value"):
        check_owner(environment, values["_ownerid_value"])
    if table.logical == "workflow":
        drafts.before_create(environment, values[table.key], request.method)
        rules.before_create(environment, values)
    if table.logical == "environmentvariablevalue":
        _one_value(environment, values)
    _check_names(table, values)
    _check_state(table, values)


def after_create(environment: Environment, table: Table, row: Row, request: Request) -> None:
    """Add a created component to the solution the caller named."""
    _join_solution(environment, table, row, request)
    _note_lag(environment, row)


def _join_solution(environment: Environment, table: Table, row: Row, request: Request) -> None:
    name = request.headers.get(_SOLUTION_HEADER)
    if name is not None and table.solution_component:
        solution = unmanaged_solution(environment, name)
        caller = request.caller.user_id
        add_component(environment, solution, row[table.key], table.solution_component, caller)


def before_update(
    environment: Environment, table: Table, row: Row, values: dict[str, Any], request: Request
) -> dict[str, Any]:
    """Check a change; returns what is stored."""
    if "_ownerid_value" in values:
        if values["_ownerid_value"] is None:
            raise ServiceError(400, "0x80040203", "Attribute 'ownerid' cannot be NULL")
        check_owner(environment, values["_ownerid_value"])
    if table.logical == "solution" and row["ismanaged"]:
        name = row["uniquename"]
        raise ServiceError(
            400, "0x8004F009", f"The solution {name} is managed and cannot be changed."
        )
    if table.logical == "team" and values.get("teamtype", row["teamtype"]) != row["teamtype"]:
        raise not_implemented("changing the type of a team")
    _check_names(table, values)
    if table.logical == "workflow":
        drafts.before_update(environment, row[table.key], values)
        return rules.before_update(environment, row, values, request.caller)
    _check_state(table, values)
    if table.logical == "environmentvariablevalue" and _DEFINITION in values:
        _one_value(environment, {**values, table.key: row[table.key]})
    if table.logical == "systemuser" and {"firstname", "lastname"} & set(values):
        whole = {**row, **values}
        parts = (whole["firstname"], whole["lastname"])
        return {**values, "fullname": " ".join(part for part in parts if part) or None}
    return values


def after_update(
    environment: Environment, table: Table, before: Row, after: Row, request: Request
) -> None:
    """Apply the consequences of a change that was made."""
    _join_solution(environment, table, after, request)
    if table.logical == "workflow":
        rules.after_update(environment, before, after)
        if before["statecode"] == 1 and after["statecode"] == 0:
            drafts.after_turned_off(environment, after[table.key])
    _note_lag(environment, after)


def before_delete(environment: Environment, table: Table, row: Row, request: Request) -> None:
    """Check that a row may be deleted, and do to others what the service does with it."""
    if table.logical == "workflow":
        rules.before_delete(environment, row)
    if table.logical == "connectionreference":
        _unused(environment, row)
    if table.logical == "solution":
        if row["solutionid"] in _RESTRICTED_SOLUTIONS:
            raise ServiceError(
                400,
                "0x8004F005",
                f"Attempting to delete a restricted solution {row['uniquename']}.",
            )
        jobs.before_delete(environment, row, request.caller)
    if row[table.key] == seed.SYSTEM_ADMINISTRATOR:
        raise ServiceError(400, "0x80041d2e", "The System Administrator Role cannot be deleted.")
    if table.logical == "businessunit" and row["_parentbusinessunitid_value"] is None:
        raise cascade.associated()
    cascade.let_go(environment, table, row, request.caller.user_id)


def check_owner(environment: Environment, owner_id: str) -> None:
    """An owner exists, is enabled and holds a role."""
    user = environment.store.get("systemuser", owner_id)
    team = environment.store.get("team", owner_id)
    if user is None and team is None:
        raise ServiceError(404, "0x80040217", f"systemuser With Id = {owner_id} Does Not Exist")
    if user is not None and user["isdisabled"]:
        raise ServiceError(
            400, "0x80041D4F", "Invalid assignee: records cannot be assigned to a disabled user."
        )
    if not privileges.roles_of(environment, owner_id):
        what = "user" if user is not None else "team"
        raise ServiceError(400, "0x80042F0A", f"The {what} has not been assigned any roles.")


def _check_names(table: Table, values: dict[str, Any]) -> None:
    if table.logical == "solution":
        name, version = values.get("uniquename"), values.get("version")
        if name is not None and not _UNIQUE_NAME.fullmatch(name):
            raise ServiceError(400, "0x8004F002", f"The solution unique name '{name}' is invalid.")
        if version is not None and not _VERSION.fullmatch(version):
            raise ServiceError(400, "0x8004F01E", f"The solution version '{version}' is invalid.")
    if table.logical == "publisher":
        prefix = values.get("customizationprefix")
        if prefix is not None and (
            not _PREFIX.fullmatch(prefix) or prefix.lower().startswith("mscrm")
        ):
            raise ServiceError(
                400,
                "0x8004F00B",
                f"The customization prefix '{prefix}' is invalid: 2 to 8 letters and digits, a "
                "letter first, not beginning with 'mscrm'.",
            )


def _check_state(table: Table, values: dict[str, Any]) -> None:
    """State and status of tables with two states belong together."""
    if table.logical == "workflow" or "statecode" not in table.by_name or table.read_only:
        return
    state, status = values.get("statecode"), values.get("statuscode")
    if state is not None and status is None:
        values["statuscode"] = state + 1
    elif status is not None and state is not None and status != state + 1:
        raise ServiceError(
            400,
            "0x80048408",
            f"{status} is not a valid status code for state code "
            f"{table.schema_name}State.{table.by_name['statecode'].labels.get(state, state)}",
        )


def _one_value(environment: Environment, values: dict[str, Any]) -> None:
    found = environment.store.select(
        "environmentvariablevalue", **{_DEFINITION: values.get(_DEFINITION)}
    )
    mine = values.get("environmentvariablevalueid")
    if values.get(_DEFINITION) and any(row["environmentvariablevalueid"] != mine for row in found):
        raise ServiceError(*ALREADY_EXISTS)


def _unused(environment: Environment, reference: Row) -> None:
    name = reference["connectionreferencelogicalname"]
    users = [
        row for row in environment.store.all("workflow") if f'"{name}"' in (row["clientdata"] or "")
    ]
    if users:
        raise ServiceError(
            400,
            "0x8004F01F",
            f"The connectionreference({name}) component cannot be deleted because it is "
            f"referenced by {len(users)} other components. For a list of referenced components, "
            "use the RetrieveDependenciesForDeleteRequest.",
        )


def _note_lag(environment: Environment, row: Row) -> None:
    if environment.switches["read_lag_seconds"]:
        written = environment.state.setdefault("written", {})
        written[row["versionnumber"]] = environment.clock.now()
