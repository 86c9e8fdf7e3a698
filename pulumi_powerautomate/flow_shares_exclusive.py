"""
`FlowSharesExclusive`: all shares of one flow; one that is not declared is revoked.

Read top to bottom: what the engine's calls do (`FlowSharesExclusiveProvider`), how the list becomes
a mapping that a preview can show, and what a person writes (`FlowSharesExclusive`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .config import is_guid
from .errors import InvalidInputError, NotFoundError
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
from .models import FLOW_SHARES_EXCLUSIVE
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
    hides,
    is_unknown,
    note,
    other_kinds,
    progress_if_slow,
    single_owner,
    urn_of,
)

if TYPE_CHECKING:
    from .client.principals import Owner
    from .client.shares.write import Reconciled

_ECHOED = (*FLOW_SHARES_EXCLUSIVE.echoed, IDENTITY)


class ShareDeclaration(TypedDict):
    """One share of a flow, as `FlowSharesExclusive` takes it."""

    principal: pulumi.Input[Principal]
    """`user(…)` or `team(…)`."""
    access: pulumi.Input[Sequence[pulumi.Input[Access]] | Access]
    """Rights or a role, as `FlowShare` takes them."""


class FlowSharesExclusiveProvider(DataverseProvider):
    """
    The engine's calls for `FlowSharesExclusive`.

    `check` and `diff` send nothing; `create` and `update` are one read and one request for each
    principal that is not as declared; `read` is one; `delete` one for each principal.
    """

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        failures = self.configuration_failures()
        problems = check_flow_id(inputs)
        kept = isinstance(inputs.get("shares"), Mapping) and inputs["shares"] == olds.get("shares")
        # Under `ignore_changes` the engine gives back what an earlier check returned.
        declared, more = (inputs["shares"], []) if kept else _by_principal(inputs.get("shares"))
        problems += more
        if not is_unknown(inputs.get("shares")):
            inputs["shares"] = declared
        problems += check_on_conflict(inputs)
        flow_id, urn = inputs.get("flow_id"), urn_of(inputs)
        if not problems and not is_unknown(flow_id) and urn:
            # Its own URN as the kind: a second one for the same flow does not go together either.
            other = single_owner.declare(str(flow_id), urn, urn)
            problems += [mixed_up(str(flow_id), other[1])] if other else []
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        replaces = ["flow_id"] if olds.get("flow_id") != news.get("flow_id") else []
        changed = any(olds.get(key) != news.get(key) for key in ("shares", "on_conflict"))
        unfinished = bool(olds.get("share_error"))
        if changed and not replaces and not hides(news, "shares"):
            note(news, _summary(olds.get("shares"), news.get("shares")))
        return DiffResult(
            changes=changed or unfinished or bool(replaces),
            replaces=replaces,
            delete_before_replace=True,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        outputs = self._reconcile(props, may_replace=props.get("on_conflict") == "overwrite")
        return CreateResult(props["flow_id"], outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        client = self.client
        try:
            shares = client.share_reader.shares(id_, client.access.deadline())
        except NotFoundError:
            return ReadResult("", {})
        known = {owner: key for key, owner in (props.get("principals") or {}).items()}
        live, principals = {}, {}
        for share in shares:
            owner = f"{share.principal.kind}/{share.principal.id}"
            key = known.get(owner) or _key_of(client.directory.name_of(share.principal))
            live[key] = list(share.access)
            principals[key] = owner
        live = dict(sorted(live.items()))
        inputs = given_in(props, _ECHOED)
        inputs |= {"flow_id": id_, "shares": live}
        drifted = (props.get("shares") or {}) != live
        return ReadResult(id_, inputs | {"principals": principals}, inputs if drifted else None)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        if olds.get("shares") == news["shares"] and not olds.get("share_error"):
            kept = {key: olds[key] for key in ("shares", "principals") if key in olds}
            return UpdateResult(_echoed(news) | kept)
        return UpdateResult(self._reconcile(news, may_replace=True))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from .client.shares import write

        client = self.client
        deadline = client.access.deadline()
        client.share_reader.forget()
        owners = map(_owner, sorted((props.get("principals") or {}).values()))
        # Asked for before each request: another resource may take a share over meanwhile.
        going = (
            owner
            for owner in owners
            if not other_kinds.is_kept(self, other_kinds.share(id_, owner.kind, owner.id), props)
        )
        write.revoke_all(
            client.access, id_, going, deadline, lambda who: share_again(self, id_, who, props)
        )

    def subjects(self, props: Mapping[str, Any]) -> list[str]:
        # Outputs hold the ids; of inputs somebody has looked them up already.
        owners = (props.get("principals") or {}).values()
        known = [owner.partition("/")[::2] for owner in owners]
        flow_id = props.get("flow_id")
        declared = [other_kinds.share(flow_id, *who) for who in known or self._known(props)]
        return [*declared, other_kinds.every_share(flow_id)]

    def staying_subjects(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        declared = news.get("shares")
        if not isinstance(declared, Mapping) or olds.get("flow_id") != news.get("flow_id"):
            return []
        principals = olds.get("principals") or {}
        kept = {key: owner for key, owner in principals.items() if key in declared}
        return self.subjects({**olds, "principals": kept}) if kept else []

    def contents(self, props: Mapping[str, Any]) -> list[str]:
        return self.subjects(props)

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        resolve = self.client.directory.resolve
        shares = {resolve(_principal_of(key)): rights for key, rights in news["shares"].items()}
        return {"shares": {f"{who.kind}/{who.id}": rights for who, rights in shares.items()}}

    def attempt_of_another(self, props: Mapping[str, Any]) -> dict[str, Any]:
        # The next update names whom it is about, and it looks at every share.
        return {}

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {ATTEMPTED: [attempt["shares"] for attempt in attempts if "shares" in attempt]}

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        return str(props["flow_id"])

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        known = outputs.get("principals") or {}
        granted = {owner for attempt in attempts for owner in attempt.get("shares") or ()}
        # Whoever may have access is named, so that a delete takes it away.
        more = {owner.replace("/", " "): owner for owner in granted - {*known.values()}}
        return {**outputs, "principals": {**known, **more}, "share_error": KILLED}

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        # Ids of users and teams differ between environments.
        owners = (outputs.get("principals") or {}).values()
        return any(self.client.directory.holds(_owner(owner)) for owner in owners)

    def _reconcile(self, props: Mapping[str, Any], *, may_replace: bool) -> dict[str, Any]:
        from .client.shares import write

        client = self.client
        keys: dict[Owner, str] = {}
        for key in sorted(props["shares"]):
            who = client.directory.resolve(_principal_of(key))
            if who in keys:
                raise InvalidInputError(
                    f"shares names one {who.kind} twice, as {keys[who]!r} and as {key!r} "
                    f"({who.id}); leave one out."
                )
            keys[who] = key
        wanted = {who: tuple(props["shares"][key]) for who, key in keys.items()}
        progress_if_slow(props, f"reconciling {len(wanted)} shares")
        client.share_reader.forget()
        attempted = [
            {_owner(owner): tuple(rights) for owner, rights in shares.items()}
            for shares in props.get(ATTEMPTED) or ()
        ]
        done = write.reconcile(
            client.access, props["flow_id"], wanted, may_replace=may_replace, attempted=attempted
        )
        return _echoed(props) | _reached(done, keys)

    def _known(self, props: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Principals of declared shares, as far as somebody has looked them up already."""
        declared = props.get("shares")
        known = self.client.directory.known
        found = [known(_principal_of(key)) for key in declared or ()]
        return [(who.kind, who.id) for who in found if who is not None]


def _owner(text: str) -> Owner:
    """A user or team as `principals` has it, `team/0e6a…`."""
    from .client.principals import Owner

    kind, _, id_ = text.partition("/")
    return Owner("team" if kind == "team" else "user", id_)


def _summary(before: Any, after: Any) -> str:
    """Summary of changed shares, for the preview that shows no property."""
    if is_unknown(after) or not isinstance(after, Mapping) or not isinstance(before, Mapping):
        return ""
    lines = [
        ("adds", [key for key in after if key not in before]),
        ("changes", [key for key in after if key in before and before[key] != after[key]]),
        ("revokes", [key for key in before if key not in after]),
    ]
    return "; ".join(f"{verb} {', '.join(keys)}" for verb, keys in lines if keys)


def _reached(done: Reconciled, keys: Mapping[Owner, str]) -> dict[str, Any]:
    """The flow's present shares, under the names that the program gave."""
    names = {who: keys.get(who) or f"{who.kind} {who.id}" for who in done.shares}
    shares = {names[who]: list(rights) for who, rights in done.shares.items()}
    outputs: dict[str, Any] = {
        "shares": dict(sorted(shares.items())),
        "principals": {names[who]: f"{who.kind}/{who.id}" for who in done.shares},
    }
    return {**outputs, "share_error": done.error} if done.error else outputs


def _echoed(props: Mapping[str, Any]) -> dict[str, Any]:
    return given_in(props, _ECHOED)


def _by_principal(value: Any) -> tuple[dict[str, list[str]], list[str]]:
    """
    Rights by principal (`team On-call`), and what is wrong with the list.

    As a list, a preview would show positions; as a mapping it names each principal that is added,
    changed or removed.
    """
    if is_unknown(value) and not isinstance(value, (list, tuple)):
        return {}, []
    if not isinstance(value, (list, tuple)):
        return {}, ["shares is missing; pass a list, empty to revoke every share."]
    found: dict[str, list[str]] = {}
    problems = []
    for number, item in enumerate(value):
        where = f"shares[{number}]"
        if not isinstance(item, Mapping):
            problems.append(f'{where} is not a share: use {{"principal": …, "access": […]}}.')
            continue
        unexpected = sorted(set(item) - {"principal", "access"})
        if unexpected:
            problems.append(f"{where} has {unexpected[0]!r}; a share has principal and access.")
        rights: list[str] = []
        if not is_unknown(item.get("access")):
            rights, more = normalize_access(item.get("access"), f"{where}: access")
            problems += more
        if is_unknown(item.get("principal")):
            continue
        principal, problem = check_principal(item.get("principal"), f"{where}: principal")
        if problem:
            problems.append(problem)
            continue
        key = _key_of(principal)
        if key in found:
            problems.append(f"{where}: {key} is there twice; put all rights into one share.")
        found[key] = rights
    return dict(sorted(found.items())), problems


def _key_of(principal: Mapping[str, str]) -> str:
    way, value = next((way, value) for way, value in principal.items() if way != "type")
    entra = "entra " if way == "entra_object_id" else ""
    return f"{principal['type']} {entra}{value}"


def declarations(shares: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Rights by principal as the list that a program declares."""
    return [
        {"principal": _principal_of(key), "access": list(rights)} for key, rights in shares.items()
    ]


def _principal_of(key: str) -> dict[str, str]:
    kind, _, value = key.partition(" ")
    if value.startswith("entra ") and is_guid(value.removeprefix("entra ")):
        return {"type": kind, "entra_object_id": value.removeprefix("entra ")}
    if is_guid(value):
        return {"type": kind, "id": value}
    return {"type": kind, "email" if kind == "user" else "name": value}


class FlowSharesExclusive(DataverseResource, module="powerautomate", name="FlowSharesExclusive"):
    """
    All shares of one flow: those declared exist with exactly these rights, any other is revoked.

    A share that somebody makes by hand shows in `pulumi refresh`, and `pulumi up` revokes it. The
    owner of the flow, and what people have through teams, roles and hierarchies, are not touched.
    For shares that live beside others, use `FlowShare`; both for one flow are refused.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        flow_id: the flow's id, `flow.id`. A change replaces: the shares of the old flow are revoked
            first.
        shares: a list of `{"principal": user(…) | team(…), "access": […]}`, each as `FlowShare`
            takes it; an empty list revokes every share. Changed in place, one request for each
            principal that differs.
        on_conflict: what to do on create about shares that exist and are not as declared:
            `"fail"` (default) reports them, `"overwrite"` revokes or replaces them. From then on
            the resource is in charge, and they are always brought to the declaration. Changed in
            place.

    Attributes besides the inputs: `shares` is a mapping from principal (`team On-call`,
    `user alice@contoso.com`) to its rights; `principals` has their Dataverse ids
    (`team/0e6a…`) under the same keys; `share_error` says what kept the last run from
    finishing: the run fails with it, what was done is recorded, and the next `pulumi up` carries
    on.

    Source of the rules: GrantAccess, ModifyAccess, RevokeAccess and
    RetrieveSharedPrincipalsAndAccess in the Dataverse Web API reference (Microsoft Learn).
    """

    flow_id: pulumi.Output[str]
    # A mapping; under mocks, and in a first preview, the list that was declared.
    shares: pulumi.Output[Any]
    on_conflict: pulumi.Output[str | None]
    principals: pulumi.Output[dict[str, str]]
    share_error: pulumi.Output[str | None]

    _import_hint = 'Declare it: equal shares are taken over, others with on_conflict="overwrite".'

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        flow_id: pulumi.Input[str],
        shares: pulumi.Input[Sequence[pulumi.Input[ShareDeclaration]]],
        on_conflict: pulumi.Input[Literal["fail", "overwrite"]] | None = None,
    ) -> None:
        props = {
            "flow_id": flow_id,
            "shares": shares,
            "on_conflict": on_conflict,
            "principals": None,
            "share_error": None,
        }
        refuse_both(flow_id, "FlowSharesExclusive", resource_name)
        self._register(FlowSharesExclusiveProvider, resource_name, props, opts)
        fail_unless_done(self, self.share_error, f"Shares {resource_name!r}")
