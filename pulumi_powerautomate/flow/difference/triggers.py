"""Changes of the trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..action_tree import triggers_of
from ..canonical import canonical_node
from .changes import Change, FlowVersion
from .masking import inputs_secured
from .property_change import property_change
from .schedule import in_words
from .values import ABSENT, leaves, same
from .wording import connector_in_words, named, shown

_KINDS = {
    "button": "a button",
    "http": "an HTTP request",
    "powerapp": "a Power App",
    "powerappv2": "a Power App",
    "skills": "a copilot",
}


@dataclass(frozen=True)
class _Trigger:
    name: str
    body: Mapping[str, Any]

    @property
    def path(self) -> str:
        return f"triggers.{self.name}"


def trigger_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """Changes of the trigger, which starts the flow."""
    old = {name: _Trigger(name, body) for name, body in triggers_of(before.definition).items()}
    new = {name: _Trigger(name, body) for name, body in triggers_of(after.definition).items()}
    gone = [trigger for name, trigger in old.items() if name not in new]
    come = [trigger for name, trigger in new.items() if name not in old]
    pairs = [(old[name], trigger) for name, trigger in new.items() if name in old]
    # A flow has one trigger, so another name is the same trigger's, and another kind replaces it.
    for was, now in zip(gone, come):  # noqa: B905 - what one side has more is added or removed
        pairs.append((was, now))
        if _kind(was) == _kind(now):
            yield Change("trigger-renamed", now.path, was.name, now.name,
                         f"The trigger {named(was.name)} is now called {named(now.name)}."
                         )  # fmt: skip
    for trigger in gone[len(come) :]:
        yield Change("trigger-removed", trigger.path, trigger.name, None,
                     f"The trigger {named(trigger.name)} is removed.")  # fmt: skip
    for trigger in come[len(gone) :]:
        yield Change("trigger-added", trigger.path, None, trigger.name,
                     f"The trigger {named(trigger.name)} is added.")  # fmt: skip
    for was, now in pairs:
        yield from _trigger_changes(was, now)


def _trigger_changes(was: _Trigger, now: _Trigger) -> Iterator[Change]:
    before, after = canonical_node(was.body), canonical_node(now.body)
    if same(before, after):
        return
    if _kind(was) != _kind(now):
        yield Change(
            "trigger-replaced", now.path, kind_in_words(was.body), kind_in_words(now.body),
            f"The flow is started by {kind_in_words(now.body)} instead of "
            f"{kind_in_words(was.body)}.",
        )  # fmt: skip
        return
    schedules = before.pop("recurrence", ABSENT), after.pop("recurrence", ABSENT)
    if not same(*schedules):
        texts = [None if item is ABSENT else in_words(item) for item in schedules]
        if texts[0] == texts[1]:
            texts = [shown(item) for item in schedules]
        values = [None if item is ABSENT else item for item in schedules]
        yield Change(
            "schedule-changed", f"{now.path}.recurrence", values[0], values[1],
            f"The schedule changes: {texts[0] or 'none'} → {texts[1] or 'none'}.",
        )  # fmt: skip
    secured = inputs_secured(before) or inputs_secured(after)
    for path, old, new in leaves(before, after):
        change = property_change(now, path, old, new, secured)
        if change.kind == "connection-changed":
            yield change
        else:
            said = f"Trigger {change.sentence}"
            yield Change("trigger-changed", change.path, change.before, change.after, said)


def _kind(trigger: _Trigger) -> tuple[Any, ...]:
    host = _host(trigger.body)
    return (
        str(trigger.body.get("type")).lower(),
        str(trigger.body.get("kind")).lower(),
        host.get("apiId"),
        host.get("operationId"),
    )


def _host(body: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = body.get("inputs")
    host = inputs.get("host") if isinstance(inputs, Mapping) else None
    return host if isinstance(host, Mapping) else {}


def kind_in_words(body: Mapping[str, Any]) -> str:
    """The start of a flow in words: `a schedule`, `a button`, `shared_x operation Y`."""
    kind = str(body.get("type") or "").lower()
    if kind == "recurrence":
        return f"a schedule, {in_words(body.get('recurrence'))}"
    if kind == "request":
        given = str(body.get("kind") or "http")
        return _KINDS.get(given.lower(), given)
    host = _host(body)
    if host.get("operationId"):
        connector = connector_in_words(host.get("apiId"))
        return f"{host['operationId']} of {connector or 'a connector'}"
    return str(body.get("type") or "something unknown")
