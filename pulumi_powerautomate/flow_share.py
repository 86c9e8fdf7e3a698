"""
`FlowShare`: what one user or team may do with one flow, exactly as declared.

Read top to bottom: what the engine's calls do (`FlowShareProvider`), what the inputs are checked
for, and what a person writes (`FlowShare`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import NotFoundError
from .inputs.shares import (
    ATTEMPTED,
    Access,
    check_flow_id,
    check_on_conflict,
    mixed_up,
    normalize_access,
    refuse_both,
    share_again,
)
from .models import FLOW_SHARE
from .provider import (
    IDENTITY,
    KILLED,
    DataverseProvider,
    DataverseResource,
    Principal,
    check_principal,
    fail_unless_done,
    failure,
    given_in,
    is_unknown,
    other_kinds,
    progress_if_slow,
    single_owner,
    urn_of,
)

if TYPE_CHECKING:
    from .client.principals import Owner

_ECHOED = (*FLOW_SHARE.echoed, IDENTITY)


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
        problems = check_flow_id(inputs)
        if not is_unknown(inputs.get("principal")):
            principal, problem = check_principal(inputs.get("principal"), "principal")
            inputs["principal"] = principal
            problems += [problem] if problem else []
        if not is_unknown(inputs.get("access")):
            rights, more = normalize_access(inputs.get("access"))
            inputs["access"] = rights
            problems += more
        problems += check_on_conflict(inputs)
        if not problems:
            problems += _declared_otherwise(inputs)
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = [key for key in FLOW_SHARE.echoed if olds.get(key) != news.get(key)]
        replaces = [key for key in FLOW_SHARE.on_change("replace") if key in changed]
        in_doubt = bool(olds.get("share_error"))
        return DiffResult(
            changes=bool(changed) or in_doubt, replaces=replaces, delete_before_replace=True
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        id_ = self.id_of_new(props)
        return CreateResult(id_, self._share(props, _parsed(id_)[1]))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        client = self.client
        flow_id, who = _parsed(id_)
        try:
            shares = client.share_reader.shares(flow_id, client.access.deadline(), who.id)
        except NotFoundError:
            shares = []
        live = next((share for share in shares if share.principal.id == who.id), None)
        if live is None:
            return ReadResult("", {})
        declared = {
            "principal": {"type": who.kind, "id": who.id},
            **given_in(props, _ECHOED),
            "flow_id": flow_id,
            "access": list(live.access),
        }
        drifted = props.get("access") != declared["access"]
        return ReadResult(id_, _outputs(declared, who), declared if drifted else None)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        from .client.shares import write

        client = self.client
        flow_id, who = _parsed(id_)
        if olds.get("share_error"):
            return UpdateResult(self._share({**news, "on_conflict": "overwrite"}, who, news))
        if olds.get("access") != news["access"]:
            progress_if_slow(news, f"setting {', '.join(news['access'])}")
            client.share_reader.forget()
            doubt = write.change(client.access, flow_id, who, tuple(news["access"]))
            if doubt:
                return UpdateResult({**_outputs(news, who), "share_error": doubt})
        return UpdateResult(_outputs(news, who))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from .client.shares import write

        client = self.client
        flow_id, who = _parsed(id_)
        client.share_reader.forget()
        write.revoke(client.access, flow_id, who, client.access.deadline())
        share_again(self, flow_id, who, props)

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        # Somebody who is named is looked up, once per process.
        who = self.client.directory.resolve(props["principal"])
        return f"{props['flow_id']}/{who.kind}/{who.id}"

    def subjects(self, props: Mapping[str, Any]) -> tuple[str]:
        principal = props.get("principal") or {}
        principal_id = props.get("principal_id")
        if not principal_id and "type" in principal:
            who = self.client.directory.known(principal)
            principal_id = who and who.id
        return (other_kinds.share(props.get("flow_id"), principal.get("type"), principal_id),)

    def staying_subjects(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[str, ...]:
        replaced = any(olds.get(key) != news.get(key) for key in FLOW_SHARE.on_change("replace"))
        return () if replaced else self.subjects(olds)

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        return self.subjects(props)[0]

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return {"access": list(news["access"])}

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {ATTEMPTED: [attempt["access"] for attempt in attempts if "access" in attempt]}

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        return {**outputs, "share_error": KILLED}

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        # Ids of users and teams differ between environments.
        return self.client.directory.holds(_parsed(id_)[1])

    def recorded(self, inputs: Mapping[str, Any], who: Owner) -> dict[str, Any]:
        """Outputs for the state of an existing share, from its checked inputs."""
        return _outputs(inputs, who)

    def _share(
        self, props: Mapping[str, Any], who: Owner, recorded: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        from .client.shares import write

        client = self.client
        progress_if_slow(props, f"granting {', '.join(props['access'])}")
        client.share_reader.forget()
        doubt = write.create(
            client.access,
            props["flow_id"],
            who,
            tuple(props["access"]),
            overwrite=props.get("on_conflict") == "overwrite",
            attempted=[tuple(rights) for rights in props.get(ATTEMPTED) or ()],
        )
        outputs = _outputs(recorded or props, who)
        return {**outputs, "share_error": doubt} if doubt else outputs


def _declared_otherwise(inputs: Mapping[str, Any]) -> list[str]:
    """Another resource of the program that declares the same share, or all shares of the flow."""
    flow_id, urn = inputs["flow_id"], urn_of(inputs)
    if is_unknown(flow_id) or not urn:
        return []
    other = single_owner.declare(flow_id, "FlowShare", urn)
    if other is not None:
        return [mixed_up(flow_id, other[1])]
    principal = inputs["principal"]
    if is_unknown(principal):
        return []
    other = single_owner.declare(f"{flow_id} {sorted(principal.items())}", urn, urn)
    if other is None:
        return []
    return [
        f"this share is declared by {single_owner.name_of(other[1])} too; leave one of them out."
    ]


def _parsed(id_: str) -> tuple[str, Owner]:
    from .client.principals import Owner

    flow_id, kind, principal_id = id_.split("/")
    return flow_id, Owner("team" if kind == "team" else "user", principal_id)


def _outputs(props: Mapping[str, Any], who: Owner) -> dict[str, Any]:
    outputs = given_in(props, _ECHOED)
    return {**outputs, "principal_id": who.id}


class FlowShare(DataverseResource, module="powerautomate", name="FlowShare"):
    """
    Exact rights of one user or team on one flow.

    The rights are exactly those declared: a right that somebody added out of band shows as drift in
    a refresh, and `pulumi up` removes it. Shares with others are not touched.

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

    Attributes besides the inputs: `principal_id`, the Dataverse id of the user or team;
    `share_error`, while nobody can tell whether the share was made: the run fails with it, and the
    next `pulumi up` looks again.

    A share is declared once in a program, and not together with `FlowSharesExclusive` for the same
    flow. The owner of a flow has every right and cannot be shared with.

    Source of the rules: GrantAccess, ModifyAccess, RevokeAccess and AccessRights in the Dataverse
    Web API reference (Microsoft Learn).
    """

    flow_id: pulumi.Output[str]
    principal: pulumi.Output[Any]
    access: pulumi.Output[list[str]]
    on_conflict: pulumi.Output[str | None]
    principal_id: pulumi.Output[str]
    share_error: pulumi.Output[str | None]

    _import_hint = (
        'Declare it: an equal share is taken over, another one with on_conflict="overwrite".'
    )

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        flow_id: pulumi.Input[str],
        principal: pulumi.Input[Principal],
        access: pulumi.Input[Sequence[pulumi.Input[Access]] | Access],
        on_conflict: pulumi.Input[Literal["fail", "overwrite"]] | None = None,
    ) -> None:
        props = {
            "flow_id": flow_id,
            "principal": principal,
            "access": access,
            "on_conflict": on_conflict,
            "principal_id": None,
            "share_error": None,
        }
        refuse_both(flow_id, "FlowShare", resource_name)
        self._register(FlowShareProvider, resource_name, props, opts)
        fail_unless_done(self, self.share_error, f"Share {resource_name!r}")
