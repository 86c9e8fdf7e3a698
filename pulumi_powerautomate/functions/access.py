"""Looking at people and at who may use a flow: functions a program calls, and `_output` twins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

import pulumi

from ..config import is_guid
from ..errors import InvalidInputError
from ..provider import Principal, Provider, check_principal, look_up
from .flows import client_of, later


class GetFlowAccessResult(TypedDict):
    """Rights of one user or team on a flow."""

    type: Literal["user", "team"]
    """Whether it is a user or a team."""
    id: str
    """Dataverse id of the user or team."""
    access: list[str]
    """Rights that were granted directly: what `FlowShare` manages."""
    inherited: list[str]
    """Rights that came from elsewhere: a parent row, a hierarchy, a position."""


class GetUserResult(TypedDict):
    """A user of the environment."""

    id: str
    """`systemuserid`."""
    name: str
    """Full name."""
    email: str | None
    """E-mail address."""
    user_principal_name: str | None
    """User principal name."""
    entra_object_id: str | None
    """Object id in Entra."""
    application_id: str | None
    """Client id, for an application user."""
    enabled: bool
    """Whether the user may sign in."""


class GetTeamResult(TypedDict):
    """A team of the environment."""

    id: str
    """`teamid`."""
    name: str
    """Name."""
    entra_object_id: str | None
    """Object id of the Entra group that the team stands for."""


@look_up
def get_flow_access(flow_id: str, *, provider: Provider | None = None) -> list[GetFlowAccessResult]:
    """
    Every user and team with explicit or inherited rights on a flow; its owner is not among them.

    Args:
        flow_id: the flow's id.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        InvalidInputError: the id is malformed.

    Source: the table `principalobjectaccess` in the Dataverse reference.
    """
    _check_id("get_flow_access", flow_id)
    return [
        GetFlowAccessResult(
            type=grant.principal.kind,
            id=grant.principal.id,
            access=list(grant.access),
            inherited=list(grant.inherited),
        )
        for grant in client_of(provider).access.grants(flow_id)
    ]


@look_up
def get_principal_access(
    flow_id: str, principal: Principal, *, provider: Provider | None = None
) -> list[str]:
    """
    Rights of a user or team on a flow: as owner, by roles, through teams, by shares.

    Args:
        flow_id: the flow's id.
        principal: `user(…)` or `team(…)`.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        InvalidInputError: the id or the principal is malformed, or nobody goes by that name.
        NotFoundError: no flow has the id.

    Source: RetrievePrincipalAccess in the Web API reference.
    """
    _check_id("get_principal_access", flow_id)
    who, problem = check_principal(principal, "get_principal_access: principal")
    if problem:
        raise InvalidInputError(problem)
    client = client_of(provider)
    return list(client.access.effective(flow_id, client.directory.resolve(who)))


@look_up
def get_users(
    *, name: str | None = None, enabled: bool | None = None, provider: Provider | None = None
) -> list[GetUserResult]:
    """
    Users of the environment in order of name, application users included; all pages are read.

    Args:
        name: part of the full name, e-mail address or user principal name, in any case.
        enabled: whether they may sign in; both by default.
        provider: the explicit provider to ask through; the stack's configuration by default.
    """
    return [
        GetUserResult(
            id=row["systemuserid"],
            name=row["fullname"] or "",
            email=row["internalemailaddress"],
            user_principal_name=row["domainname"],
            entra_object_id=row["azureactivedirectoryobjectid"],
            application_id=row["applicationid"],
            enabled=not row["isdisabled"],
        )
        for row in client_of(provider).directory.users(name=name, enabled=enabled)
    ]


@look_up
def get_teams(*, name: str | None = None, provider: Provider | None = None) -> list[GetTeamResult]:
    """
    Teams of the environment in order of name; all pages are read.

    Args:
        name: part of the name, in any case.
        provider: the explicit provider to ask through; the stack's configuration by default.
    """
    return [
        GetTeamResult(
            id=row["teamid"],
            name=row["name"],
            entra_object_id=row["azureactivedirectoryobjectid"],
        )
        for row in client_of(provider).directory.teams(name=name)
    ]


def get_flow_access_output(
    flow_id: pulumi.Input[str], *, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetFlowAccessResult]]:
    """`get_flow_access` for inputs; see there."""
    return later(lambda **known: get_flow_access(**known), provider, flow_id=flow_id)


def get_principal_access_output(
    flow_id: pulumi.Input[str],
    principal: pulumi.Input[Principal],
    *,
    provider: Provider | None = None,
) -> pulumi.Output[Sequence[str]]:
    """`get_principal_access` for inputs; see there."""
    return later(
        lambda **known: get_principal_access(**known),
        provider,
        flow_id=flow_id,
        principal=principal,
    )


def get_users_output(
    *,
    name: pulumi.Input[str | None] = None,
    enabled: pulumi.Input[bool | None] = None,
    provider: Provider | None = None,
) -> pulumi.Output[Sequence[GetUserResult]]:
    """`get_users` for inputs; see there."""
    return later(lambda **known: get_users(**known), provider, name=name, enabled=enabled)


def get_teams_output(
    *, name: pulumi.Input[str | None] = None, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetTeamResult]]:
    """`get_teams` for inputs; see there."""
    return later(lambda **known: get_teams(**known), provider, name=name)


def _check_id(function: str, flow_id: str) -> None:
    if not is_guid(flow_id):
        raise InvalidInputError(f"{function}: flow_id {flow_id!r} is not a GUID.")
