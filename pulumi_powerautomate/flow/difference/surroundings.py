"""What differs around the actions: the row, the trigger, parameters and connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..canonical import canonical, canonical_node
from ..connections import references_equal
from ..nodes import triggers_of
from .changes import Change, FlowVersion
from .leaf import leaf_change
from .schedule import in_words
from .secrecy import HIDDEN, inputs_secured, without_secrets
from .values import ABSENT, leaves, same
from .wording import connector_in_words, named, shown, text_change

_COLUMNS = ("state", "owner", "name", "description", "solution")
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


def row_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """Columns beside the definition that both versions tell and that differ."""
    for column in _COLUMNS:
        if column not in before.row or column not in after.row:
            continue
        was, now = before.row[column], after.row[column]
        if same(was, now):
            continue
        words = {
            "state": f"The flow is turned {now}.",
            "owner": f"The owner changes: {_owner(was)} → {_owner(now)}.",
            "name": f"The flow is now called {shown(now)} instead of {shown(was)}.",
            "solution": f"The flow moves from solution {shown(was)} to {shown(now)}.",
        }
        sentence = words.get(column) or f"The description changes: {_texts(was, now)}."
        yield Change(f"{column}-changed", column, was, now, sentence)


def trigger_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """What starts the flow."""
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
        change = leaf_change(now, path, old, new, secured)
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
    """What starts a flow with this trigger: `a schedule`, `a button`, `shared_x operation Y`."""
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


def parameter_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """Parameters of the definition; those of environment variables are among them."""
    old = canonical(_only(before, "parameters")).get("parameters", {})
    new = canonical(_only(after, "parameters")).get("parameters", {})
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    for name in {**old, **new}:
        path = f"parameters.{name}"
        if name not in new:
            yield Change("parameter-removed", path, None, None,
                         f"The parameter {shown(name)} is removed.")  # fmt: skip
            continue
        if name not in old:
            yield Change("parameter-added", path, None, None,
                         f"The parameter {shown(name)} is added{_default(name, new[name])}."
                         )  # fmt: skip
            continue
        secure = _secure(old[name]) or _secure(new[name])
        for place, was, now in leaves(old[name], new[name]):
            hide = secure and place.startswith("defaultValue")
            values = [
                None if value is ABSENT else without_secrets(value, f"{path}.{place}", hide)
                for value in (was, now)
            ]
            what = "default" if place == "defaultValue" else place
            said = f"{shown(values[0])} → {shown(values[1])}"
            if values[0] == values[1]:
                said = f"changes {HIDDEN}"
            yield Change("parameter-changed", f"{path}.{place}", values[0], values[1],
                         f"Parameter {shown(name)}, {what}: {said}.")  # fmt: skip


def _default(name: str, parameter: Any) -> str:
    if not isinstance(parameter, Mapping) or "defaultValue" not in parameter:
        return ""
    value = without_secrets(
        parameter["defaultValue"], f"parameters.{name}.defaultValue", _secure(parameter)
    )
    return f", by default {shown(value)}"


def _secure(parameter: Any) -> bool:
    kind = parameter.get("type") if isinstance(parameter, Mapping) else None
    return isinstance(kind, str) and kind.lower().startswith("secure")


def connection_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """The connection references, key by key."""
    for key in {**before.references, **after.references}:
        was, now = before.references.get(key), after.references.get(key)
        path = f"connectionReferences.{key}"
        if was is None:
            yield Change("connection-added", path, None, now,
                         f"The connection {key} is added: {connection_in_words(now)}.")  # fmt: skip
        elif now is None:
            yield Change("connection-removed", path, was, None,
                         f"The connection {key} is removed.")  # fmt: skip
        elif not references_equal({key: was}, {key: now}):
            old, new = connection_in_words(was), connection_in_words(now)
            if old == new:
                old, new = shown(was), shown(now)
            yield Change("connection-changed", path, was, now,
                         f"The connection {key} changes: {old} → {new}.")  # fmt: skip


def connection_in_words(entry: Any) -> str:
    """What a connection reference in normal form binds to."""
    if not isinstance(entry, Mapping):
        return shown(entry)
    bound = entry.get("logical_name") or entry.get("connection_name")
    source = entry.get("runtime_source") or entry.get("source")
    as_whom = ", as the person who runs the flow" if str(source).lower() == "invoker" else ""
    return f"{bound or 'not bound'}{as_whom}"


def definition_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """Whatever else a definition has beside triggers, actions and parameters."""
    old, new = _rest(before), _rest(after)
    for path, was, now in leaves(old, new):
        values = [None if v is ABSENT else without_secrets(v, path) for v in (was, now)]
        said = f"{shown(values[0])} → {shown(values[1])}"
        yield Change("definition-changed", path, values[0], values[1], f"{path}: {said}.")


def _rest(version: FlowVersion) -> dict[str, Any]:
    """Members that are not told elsewhere, and those that are not what they should be."""
    definition = version.definition
    kept = {
        key: value
        for key, value in definition.items()
        if key not in ("triggers", "actions", "parameters") or not isinstance(value, Mapping)
    }
    for key in ("triggers", "actions"):
        if isinstance(members := definition.get(key), Mapping):
            for name, body in members.items():
                if not isinstance(body, Mapping):
                    kept[f"{key}.{name}"] = body
    return canonical(kept)


def _only(version: FlowVersion, key: str) -> dict[str, Any]:
    return {key: version.definition[key]} if key in version.definition else {}


def _owner(owner: Any) -> str:
    if not isinstance(owner, Mapping):
        return shown(owner)
    known = [str(value) for key, value in owner.items() if key != "type" and value]
    return " ".join([str(owner.get("type") or ""), *known]).strip() or "nobody"


def _texts(was: Any, now: Any) -> str:
    if isinstance(was, str) and isinstance(now, str):
        return text_change(was, now)
    return f"{shown(was)} → {shown(now)}"
