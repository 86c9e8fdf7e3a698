"""Changes of parameters, connections, and whatever else a definition has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..canonical import canonical
from ..connection_references import references_equal
from .changes import Change, FlowVersion
from .masking import HIDDEN, without_secrets
from .values import ABSENT, leaves
from .wording import shown


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
    """The binding of a connection reference in normal form."""
    if not isinstance(entry, Mapping):
        return shown(entry)
    bound = entry.get("logical_name") or entry.get("connection_name")
    source = entry.get("runtime_source") or entry.get("source")
    as_whom = ", as the person who runs the flow" if str(source).lower() == "invoker" else ""
    return f"{bound or 'not bound'}{as_whom}"


def definition_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """Changes of everything that a definition has beside triggers, actions and parameters."""
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
