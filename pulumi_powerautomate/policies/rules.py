"""
The rules, on flows and shares as they are wherever they come from.

What a front end does not know is None, and no rule complains of it: values that are computed, or
what a file on its own does not say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from ..flow import connectors_of
from ..flow.credentials import credentials_in
from .settings import AUTHENTICATIONS, RIGHTS, ROLES, Settings

# Actions and triggers that are no connector's, by what data policies of Power Platform call them.
_BUILT_IN = {"http": "http", "httpwebhook": "http-webhook"}
_REQUEST = "http-request"


@dataclass(frozen=True)
class Flow:
    """
    A flow.

    Attributes:
        name: its display name.
        definition: its definition.
        references: its connection references, in normal form.
        owner: `{"type": "team", …}`; empty when none is given; None when it is not known.
        state: `on` or `off`.
        stack: name of the stack.
    """

    name: str | None = None
    definition: Mapping[str, Any] | None = None
    references: Mapping[str, Any] = field(default_factory=dict)
    owner: Mapping[str, Any] | None = None
    state: str | None = None
    stack: str | None = None


@dataclass(frozen=True)
class Share:
    """Rights of one user or team on a flow: `{"type": "user", "email": …}`, and rights."""

    principal: Mapping[str, Any]
    access: Sequence[str]


@dataclass(frozen=True)
class Violation:
    """
    A rule that is broken.

    Attributes:
        policy: its name, a key of `POLICIES`.
        level: `mandatory` or `advisory`.
        path: where: in the definition, or an input of the resource.
        message: what is wrong.
        remedy: what to do.
    """

    policy: str
    level: Literal["mandatory", "advisory"]
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} {self.remedy}".strip()


Found = Iterator[tuple[str, str, str]]


@dataclass(frozen=True)
class Rule:
    """
    A policy.

    Attributes:
        title: what it asks for.
        flow: its check of a flow, with its options; path, message and remedy of what is wrong.
        share: its check of a share.
    """

    title: str
    flow: Callable[[Flow, Mapping[str, Any]], Found] | None = None
    share: Callable[[Share, Mapping[str, Any]], Found] | None = None


def violations(subject: Flow | Share, settings: Settings, only: str = "") -> list[Violation]:
    """
    The breaches of a policy by a flow or a share.

    Args:
        subject: the flow or the share.
        settings: which policies hold.
        only: one policy; all by default.
    """
    found = []
    for name, rule in POLICIES.items():
        level = settings.level(name)
        if level == "disabled" or (only and name != only):
            continue
        options = settings.options.get(name, {})
        items: Found = iter(())
        if isinstance(subject, Flow) and rule.flow is not None:
            items = rule.flow(subject, options)
        elif isinstance(subject, Share) and rule.share is not None:
            items = rule.share(subject, options)
        found += [Violation(name, level, *item) for item in items]
    return found


def used_connectors(flow: Flow) -> dict[str, str]:
    """The connectors of a flow without `shared_`, and where each is used."""
    found: dict[str, str] = {}
    for key, name in connectors_of(flow.definition or {}).items():
        found.setdefault(_short(name), f"definition, connection {key}")
    for key, entry in flow.references.items():
        name = str(entry.get("api") or entry.get("id") or "") if isinstance(entry, Mapping) else ""
        if name:
            found.setdefault(_short(name), f"connection_references.{key}")
    for path, body in _operations(flow.definition or {}):
        kind = str(body.get("type") or "").lower()
        if kind in _BUILT_IN:
            found.setdefault(_BUILT_IN[kind], path)
        elif path.startswith("triggers.") and _is_request(body):
            found.setdefault(_REQUEST, path)
    return found


def _short(name: str) -> str:
    return name.rpartition("/")[2].lower().removeprefix("shared_")


def _operations(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every trigger and action, with its path."""
    stack = [(part, definition.get(part)) for part in ("actions", "triggers")]
    while stack:
        path, members = stack.pop()
        for name, body in members.items() if isinstance(members, Mapping) else ():
            if not isinstance(body, Mapping):
                continue
            place = f"{path}.{name}"
            yield place, body
            stack.append((f"{place}.actions", body.get("actions")))
            for branch in ("else", "default"):
                inner = body.get(branch)
                if isinstance(inner, Mapping):
                    stack.append((f"{place}.{branch}.actions", inner.get("actions")))
            cases = body.get("cases")
            for case, inner in cases.items() if isinstance(cases, Mapping) else ():
                if isinstance(inner, Mapping):
                    stack.append((f"{place}.cases.{case}.actions", inner.get("actions")))


def _is_request(body: Mapping[str, Any]) -> bool:
    kinds = str(body.get("type") or "").lower(), str(body.get("kind") or "http").lower()
    return kinds == ("request", "http")


def _connectors(flow: Flow, options: Mapping[str, Any]) -> Found:
    allowed, blocked = (
        [_short(item) for item in options.get(key, ())] for key in ("allowed", "blocked")
    )
    for name, path in used_connectors(flow).items():
        if any(fnmatchcase(name, pattern) for pattern in blocked):
            yield path, f"the connector {name} is blocked.", "Use another one."
        elif "allowed" in options and not any(fnmatchcase(name, pattern) for pattern in allowed):
            remedy = f"Use one of {', '.join(allowed)}." if allowed else "None is."
            yield path, f"the connector {name} is not allowed.", remedy


def _owner(flow: Flow, options: Mapping[str, Any]) -> Found:
    kinds = options.get("kinds", ("team",))
    if flow.owner is None:
        return
    kind = flow.owner.get("type")
    wanted = " or ".join(f"a {item}" for item in kinds)
    remedy = f"Give owner={kinds[0]}(…)." if kinds else ""
    if not flow.owner:
        yield "owner", f"none is given, and {wanted} is asked for.", remedy
    elif isinstance(kind, str) and kind not in kinds:
        yield "owner", f"it is a {kind}, and {wanted} is asked for.", remedy


def _sharing(share: Share, options: Mapping[str, Any]) -> Found:
    kind = share.principal.get("type")
    kinds = options.get("kinds")
    if kinds is not None and isinstance(kind, str) and kind not in kinds:
        yield "principal", f"flows may not be shared with a {kind}.", f"Share with {_or(kinds)}."
    email = share.principal.get("email")
    domains = options.get("domains")
    if domains is not None and isinstance(email, str):
        domain = email.rpartition("@")[2].lower()
        if domain not in [item.lower().lstrip("@") for item in domains]:
            yield (
                "principal",
                f"{email} is not of a domain that flows may be shared with.",
                f"Those are {', '.join(domains)}.",
            )
    if "access" in options:
        most = _rights(options["access"])
        more = [right for right in _rights(share.access) if right not in most]
        if more:
            yield "access", f"it goes too far: {', '.join(more)}.", f"At most {_or(most)}."


def _rights(names: Sequence[str]) -> tuple[str, ...]:
    known = {right for name in names for right in ROLES.get(name, (name,))}
    return tuple(right for right in RIGHTS if right in known)


def _or(names: Sequence[str]) -> str:
    return " or ".join(names) or "nobody"


def _http_triggers(flow: Flow, options: Mapping[str, Any]) -> Found:
    wanted = options.get("authentication", AUTHENTICATIONS)
    for path, body in _operations(flow.definition or {}):
        if not path.startswith("triggers.") or not _is_request(body):
            continue
        inputs = body.get("inputs")
        given = inputs.get("triggerAuthenticationType") if isinstance(inputs, Mapping) else None
        if given not in wanted:
            yield (
                f"{path}.inputs",
                "anybody who has its address can start the flow."
                if given in (None, "All")
                else f"who can start the flow is {given!r}.",
                f"Set triggerAuthenticationType to {_or(wanted)}.",
            )


def _secrets(flow: Flow, options: Mapping[str, Any]) -> Found:
    for path in credentials_in(flow.definition or {}):
        yield (
            path,
            "what stands here looks like a credential.",
            "Move it to a connection, or to an environment variable of the type secret.",
        )


def _naming(flow: Flow, options: Mapping[str, Any]) -> Found:
    pattern = options.get("pattern")
    if pattern is not None and flow.name is not None and not re.fullmatch(pattern, flow.name):
        yield "name", f"{flow.name!r} is not as names have to be.", f"They match {pattern}"


def _states(flow: Flow, options: Mapping[str, Any]) -> Found:
    if flow.state is None or flow.stack is None:
        return
    for stack, state in options.get("stacks", {}).items():
        if fnmatchcase(flow.stack, stack):
            if flow.state != state:
                yield (
                    "state",
                    f"it is {flow.state}.",
                    f"In the stack {flow.stack} flows are {state}.",
                )
            return


POLICIES: Mapping[str, Rule] = {
    "connectors": Rule("flows use allowed connectors only", _connectors),
    "owner": Rule("flows belong to a team", _owner),
    "sharing": Rule(
        "flows are shared with those who may have them, and not too far", share=_sharing
    ),
    "http-triggers": Rule("nobody starts a flow by its address alone", _http_triggers),
    "secrets": Rule("definitions hold no credentials", _secrets),
    "naming": Rule("flows are named as agreed", _naming),
    "states": Rule("flows are on or off as their environment asks", _states),
}
