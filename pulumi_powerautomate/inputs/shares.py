"""Inputs of the two sharing resources, and the rule that one excludes the other."""

from __future__ import annotations

import difflib
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import pulumi

from ..config import is_guid
from ..provider import DataverseProvider, is_unknown, other_kinds, single_owner

if TYPE_CHECKING:
    from ..client.principals import Owner

# Rights, roles of the maker portal, and rights as Dataverse spells them.
Access = Literal[
    "read", "write", "append", "append_to", "create", "delete", "share", "assign",
    "co-owner", "run-only",
    "ReadAccess", "WriteAccess", "AppendAccess", "AppendToAccess", "CreateAccess", "DeleteAccess",
    "ShareAccess", "AssignAccess",
]  # fmt: skip

# In the order of their bits (Web API reference: AccessRights).
RIGHTS = ("read", "write", "append", "append_to", "create", "delete", "share", "assign")
# What the maker portal's two ways of sharing stand for.
ROLES: Mapping[str, tuple[str, ...]] = {
    "co-owner": ("read", "write", "append", "append_to", "delete", "share"),
    "run-only": ("read",),
}
# A hidden input of a create: shares that earlier ones may have made, of unknown outcome.
ATTEMPTED = "__attempted"
_ALIASES = {"coowner": "co-owner", "owner": "co-owner", "runonly": "run-only", "user": "run-only"}


def normalize_access(value: Any, where: str = "access") -> tuple[list[str], list[str]]:
    """Rights in the order of their bits, and what is wrong with them, one line each."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)) or not value:
        return [], [f"{where} is empty; name at least one of {', '.join((*RIGHTS, *ROLES))}."]
    found: set[str] = set()
    problems = []
    for item in value:
        if is_unknown(item):
            continue
        name = _spelled(item)
        if name in ROLES:
            found.update(ROLES[name])
        elif name in RIGHTS:
            found.add(name)
        else:
            near = difflib.get_close_matches(str(name), (*RIGHTS, *ROLES), n=1)
            hint = f"did you mean {near[0]!r}? There" if near else "there"
            problems.append(f"{where} {item!r} is not a right: {hint} are "
                            f"{', '.join((*RIGHTS, *ROLES))}.")  # fmt: skip
    return [right for right in RIGHTS if right in found], problems


def check_flow_id(inputs: dict[str, Any]) -> list[str]:
    """Problems of `flow_id`; it is put in lower case, as the service compares it."""
    flow_id = inputs.get("flow_id")
    if flow_id is None:
        return ["flow_id is missing; pass the id of a flow."]
    if is_unknown(flow_id):
        return []
    if not is_guid(flow_id):
        return [f"flow_id {flow_id!r} is not a GUID; pass the id of a CloudFlow."]
    inputs["flow_id"] = str(flow_id).lower()
    return []


def check_on_conflict(inputs: Mapping[str, Any]) -> list[str]:
    """Problems of `on_conflict`."""
    given = inputs.get("on_conflict")
    if given is None or is_unknown(given) or given in ("fail", "overwrite"):
        return []
    return [f'on_conflict is {given!r}; use "fail" or "overwrite".']


# By the output that stands for a flow's id: in a first preview it has no value yet.
_kinds: weakref.WeakKeyDictionary[pulumi.Output[Any], dict[str, str]] = weakref.WeakKeyDictionary()


def refuse_both(flow_id: pulumi.Input[str], kind: str, name: str) -> None:
    """
    Stop a program that declares the shares of one flow in both ways.

    The provider does so too, for flows whose id is known.
    """
    if not isinstance(flow_id, pulumi.Output):
        return
    declared = _kinds.setdefault(flow_id, {})
    declared[kind] = name
    other = next((item for item in declared.items() if item[0] != kind), None)
    if other is not None:
        raise pulumi.RunError(
            f"{kind} {name!r}: {_both_ways('its flow', f'{other[0]} {other[1]!r}')}"
        )


def share_again(
    provider: DataverseProvider, flow_id: str, who: Owner, props: Mapping[str, Any]
) -> None:
    """
    Share again with whom a share was revoked that another resource has taken over meanwhile.

    It may have found the share as declared and sent nothing.

    Args:
        provider: of the resource that revoked it.
        flow_id: the flow.
        who: the principal.
        props: the properties of the resource.
    """
    share = other_kinds.share(flow_id, who.kind, who.id)
    declared = other_kinds.taken_over(provider, share, props) or {}
    listed = declared.get("shares") or {}
    rights = declared.get("access") or listed.get(f"{who.kind}/{who.id}")
    if rights:
        access = provider.client.access
        access.grant(flow_id, who, rights, access.deadline())


def mixed_up(flow_id: str, other: str) -> str:
    """One flow, one way of declaring its shares."""
    return _both_ways(f"flow {flow_id}", single_owner.name_of(other))


def _both_ways(flow: str, other: str) -> str:
    return (
        f"{flow} has its shares declared by {other} too. FlowSharesExclusive declares all shares "
        "of a flow and would revoke those of FlowShare: use the one or the other for a flow."
    )


def _spelled(item: Any) -> str:
    """`ReadAccess`, `Append To` and `append-to` as people write them, in our spelling."""
    text = "".join(str(item).lower().split()).replace("_", "").replace("-", "")
    text = text.removesuffix("access") or text
    if text in _ALIASES:
        return _ALIASES[text]
    return "append_to" if text == "appendto" else text
