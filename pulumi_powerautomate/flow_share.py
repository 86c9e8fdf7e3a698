"""
`FlowShare`: what one user or team may do with one flow, exactly as declared.

Read top to bottom: what the engine's calls do (`FlowShareProvider`), what the inputs are checked
for, and what a person writes (`FlowShare`).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .connection import is_guid
from .errors import InvalidInputError, NotFoundError
from .provider import (
    DataverseProvider,
    DataverseResource,
    Principal,
    check_principal,
    failure,
    is_unknown,
    progress,
)

if TYPE_CHECKING:
    from .client.access import Share
    from .client.workflows import Owner

Right = Literal["read", "write", "append", "append_to", "create", "delete", "share", "assign"]
Role = Literal["co-owner", "run-only"]

# In the order of their bits (Web API reference: AccessRights).
_RIGHTS = ("read", "write", "append", "append_to", "create", "delete", "share", "assign")
# What the maker portal's two ways of sharing stand for.
_ROLES: Mapping[str, tuple[str, ...]] = {
    "co-owner": ("read", "write", "append", "append_to", "delete", "share"),
    "run-only": ("read",),
}
_ALIASES = {"coowner": "co-owner", "owner": "co-owner", "runonly": "run-only", "user": "run-only"}
_ON_CONFLICT = ("fail", "overwrite")
_ECHOED = ("flow_id", "principal", "access", "on_conflict")


class FlowShareProvider(DataverseProvider):
    """
    The engine's calls for `FlowShare`.

    `check` and `diff` send nothing; `create` is two requests, one when an equal share exists;
    `read`, `update` and `delete` are one each. A principal named otherwise than by id costs one
    more, once per process.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        failures = self.configuration_failures()
        problems = []
        flow_id = inputs.get("flow_id")
        if flow_id is None:
            problems.append("flow_id is missing; pass the id of a flow.")
        elif not is_unknown(flow_id) and not is_guid(flow_id):
            problems.append(f"flow_id {flow_id!r} is not a GUID; pass the id of a CloudFlow.")
        elif not is_unknown(flow_id):
            inputs["flow_id"] = str(flow_id).lower()
        if not is_unknown(inputs.get("principal")):
            principal, problem = check_principal(inputs.get("principal"), "principal")
            inputs["principal"] = principal
            problems += [problem] if problem else []
        if not is_unknown(inputs.get("access")):
            rights, more = normalize_access(inputs.get("access"))
            inputs["access"] = rights
            problems += more
        given = inputs.get("on_conflict")
        if given is not None and not is_unknown(given) and given not in _ON_CONFLICT:
            problems.append(f'on_conflict is {given!r}; use "fail" or "overwrite".')
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        replaces = [key for key in ("flow_id", "principal") if olds.get(key) != news.get(key)]
        changed = any(olds.get(key) != news.get(key) for key in _ECHOED)
        return DiffResult(changes=changed, replaces=replaces, delete_before_replace=True)

    def create(self, props: dict[str, Any]) -> CreateResult:
        client = self.client
        flow_id, access = props["flow_id"], props["access"]
        who = client.directory.resolve(props["principal"])
        progress(props, f"granting {', '.join(access)}")
        deadline = client.access.deadline()
        existing = _of(client.access.shares(flow_id, deadline), who)
        if existing is None:
            client.access.grant(flow_id, who, access, deadline)
        elif set(existing.access) != set(access):
            if props.get("on_conflict") != "overwrite":
                raise InvalidInputError(
                    f"Flow {flow_id} is shared with {who.kind} {who.id} already, for "
                    f"{', '.join(existing.access)} instead of {', '.join(access)}. Declare that, "
                    'revoke it, or set on_conflict="overwrite" to replace it.'
                )
            client.access.modify(flow_id, who, access, deadline)
        return CreateResult(f"{flow_id}/{who.kind}/{who.id}", _outputs(props, who))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        from .client.workflows import Owner

        flow_id, kind, principal_id = id_.split("/")
        who = Owner("team" if kind == "team" else "user", principal_id)
        try:
            live = _of(self.client.access.shares(flow_id, self.client.access.deadline()), who)
        except NotFoundError:
            live = None
        if live is None:
            return ReadResult("", {})
        access = list(live.access)
        declared = {
            "flow_id": flow_id,
            "principal": props.get("principal") or {"type": kind, "id": principal_id},
            "access": access,
        }
        if props.get("on_conflict"):
            declared["on_conflict"] = props["on_conflict"]
        drifted = props.get("access") != access
        return ReadResult(id_, _outputs(declared, who), declared if drifted else None)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        from .client.workflows import Owner

        client = self.client
        who = Owner(news["principal"]["type"], olds["principal_id"])
        if olds.get("access") != news["access"]:
            progress(news, f"setting {', '.join(news['access'])}")
            client.access.modify(news["flow_id"], who, news["access"], client.access.deadline())
        return UpdateResult(_outputs(news, who))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from .client.workflows import Owner

        flow_id, kind, principal_id = id_.split("/")
        who = Owner("team" if kind == "team" else "user", principal_id)
        try:
            self.client.access.revoke(flow_id, who, self.client.access.deadline())
        except NotFoundError:
            # The flow, the principal or the share is gone: so is the access.
            return


def normalize_access(value: Any) -> tuple[list[str], list[str]]:
    """Rights in the order of their bits, and what is wrong with them, one line each."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)) or not value:
        return [], [f"access is empty; name at least one of {', '.join((*_RIGHTS, *_ROLES))}."]
    found: set[str] = set()
    problems = []
    for item in value:
        if is_unknown(item):
            continue
        name = _spelled(item)
        if name in _ROLES:
            found.update(_ROLES[name])
        elif name in _RIGHTS:
            found.add(name)
        else:
            near = difflib.get_close_matches(str(name), (*_RIGHTS, *_ROLES), n=1)
            hint = f"did you mean {near[0]!r}? There" if near else "there"
            problems.append(f"access {item!r} is not a right: {hint} are "
                            f"{', '.join((*_RIGHTS, *_ROLES))}.")  # fmt: skip
    return [right for right in _RIGHTS if right in found], problems


def _spelled(item: Any) -> str:
    """`ReadAccess`, `Append To` and `append-to` as people write them, in our spelling."""
    text = "".join(str(item).lower().split()).replace("_", "").replace("-", "")
    text = text.removesuffix("access") or text
    if text in _ALIASES:
        return _ALIASES[text]
    return "append_to" if text == "appendto" else text


def _of(shares: Sequence[Share], who: Owner) -> Share | None:
    return next((share for share in shares if share.principal.id == who.id), None)


def _outputs(props: Mapping[str, Any], who: Owner) -> dict[str, Any]:
    outputs = {key: props[key] for key in _ECHOED if props.get(key) is not None}
    return {**outputs, "principal_id": who.id}


class FlowShare(DataverseResource, module="powerautomate", name="FlowShare"):
    """
    What one user or team may do with one flow.

    The rights are exactly those declared: a right that somebody added by hand shows as drift in a
    refresh, and `pulumi up` takes it away. Shares with others are not touched.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        flow_id: the flow's id, `flow.id`. A change replaces the share, old one first.
        principal: `user(…)` or `team(…)`, by id, e-mail address or user principal name, Entra
            object id, or (team) name. A change replaces the share, old one first.
        access: rights among `read`, `write`, `append`, `append_to`, `create`, `delete`, `share`
            and `assign`, in any order and case, also in Dataverse's spelling (`ReadAccess`); or a
            role of the maker portal: `co-owner` (read, write, append, append_to, delete, share) or
            `run-only` (read). Changed in place.
        on_conflict: what to do on create about a share with other rights: `"fail"` (default)
            reports it, `"overwrite"` replaces it. Changed in place.

    Attributes besides the inputs: `principal_id`, the Dataverse id of the user or team.

    Source of the rules: GrantAccess, ModifyAccess, RevokeAccess and AccessRights in the Dataverse
    Web API reference (Microsoft Learn).
    """

    flow_id: pulumi.Output[str]
    principal: pulumi.Output[Any]
    access: pulumi.Output[list[str]]
    on_conflict: pulumi.Output[str | None]
    principal_id: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        flow_id: pulumi.Input[str],
        principal: pulumi.Input[Principal],
        access: pulumi.Input[Sequence[pulumi.Input[Right | Role | str]] | str],
        on_conflict: pulumi.Input[Literal["fail", "overwrite"]] | None = None,
    ) -> None:
        props = {
            "flow_id": flow_id,
            "principal": principal,
            "access": access,
            "on_conflict": on_conflict,
            "principal_id": None,
        }
        super().__init__(FlowShareProvider, resource_name, props, opts)
