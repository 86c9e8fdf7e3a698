"""Naming a user or a team: who owns a flow, who it is shared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

import pulumi

from ..config import is_guid


class Principal(TypedDict, total=False):
    """A user or a team, as `user(…)` and `team(…)` write it; exactly one way to name it is set."""

    type: Literal["user", "team"]
    """Whether it is a user or a team."""
    id: pulumi.Input[str]
    """`systemuserid` or `teamid`; an e-mail address or team name is taken too."""
    email: pulumi.Input[str]
    """E-mail address or user principal name; of a user."""
    entra_object_id: pulumi.Input[str]
    """Object id in Entra: of the person, or of the group that a team stands for."""
    name: pulumi.Input[str]
    """The team's name."""


def user(
    id: pulumi.Input[str] | None = None,
    *,
    email: pulumi.Input[str] | None = None,
    entra_object_id: pulumi.Input[str] | None = None,
) -> Principal:
    """
    A user of the environment.

    Args:
        id: `systemuserid`, or an e-mail address or user principal name.
        email: e-mail address or user principal name.
        entra_object_id: object id in Entra.
    """
    return _principal("user", id=id, email=email, entra_object_id=entra_object_id)


def team(
    id: pulumi.Input[str] | None = None,
    *,
    name: pulumi.Input[str] | None = None,
    entra_object_id: pulumi.Input[str] | None = None,
) -> Principal:
    """
    A team of the environment.

    Args:
        id: `teamid`, or the team's name.
        name: the team's name.
        entra_object_id: object id of the Entra group the team stands for.
    """
    return _principal("team", id=id, name=name, entra_object_id=entra_object_id)


def _principal(kind: Literal["user", "team"], **named: pulumi.Input[str] | None) -> Principal:
    given = {way: value for way, value in named.items() if value is not None}
    if len(given) != 1:
        ways = ", ".join(named)
        raise TypeError(f"{kind}() takes exactly one of {ways}; it was given {len(given)}.")
    return {"type": kind, **given}  # type: ignore[typeddict-item]


def check_principal(value: Any, where: str) -> tuple[dict[str, str], str]:
    """
    A principal with its way of naming settled, or what is wrong with it in one line.

    An `id` that is no GUID is an e-mail address for a user and a name for a team: an output that
    was passed to `user()` shows what it is only now.
    """
    example = "use powerautomate.user(…) or powerautomate.team(…)"
    if not isinstance(value, Mapping) or value.get("type") not in ("user", "team"):
        return {}, f"{where} is not a user or team: {example}."
    kind = str(value["type"])
    given = {way: item for way, item in value.items() if way != "type" and item is not None}
    if len(given) != 1:
        return {}, f"{where} names its {kind} in {len(given)} ways instead of one: {example}."
    way, item = next(iter(given.items()))
    if not isinstance(item, str) or not item.strip():
        return {}, f"{where}: {way} is empty: {example}."
    item = item.strip()
    if way == "id" and not is_guid(item):
        way = "email" if kind == "user" else "name"
        if kind == "user" and "@" not in item:
            return {}, f"{where}: {item!r} is neither a GUID nor an e-mail address."
    if way == "entra_object_id" and not is_guid(item):
        return {}, f"{where}: entra_object_id {item!r} is not a GUID."
    allowed = {
        "user": ("id", "email", "entra_object_id"),
        "team": ("id", "name", "entra_object_id"),
    }
    if way not in allowed[kind]:
        return {}, f"{where}: a {kind} cannot be named by {way}: {example}."
    lowered = item.lower() if way in ("id", "entra_object_id") else item
    return {"type": kind, way: lowered}, ""
