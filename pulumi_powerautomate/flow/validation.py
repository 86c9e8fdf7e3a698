"""What a definition must fulfil before it is worth sending."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from .connections import connectors_of
from .problems import Problem


def validate(definition: Mapping[str, Any], references: Mapping[str, Any]) -> list[Problem]:
    """Every problem found, in the order of the document."""
    return [*_triggers(definition), *_actions(definition), *_connections(definition, references)]


def _triggers(definition: Mapping[str, Any]) -> Iterator[Problem]:
    triggers = definition.get("triggers")
    if triggers is not None and not isinstance(triggers, Mapping):
        yield Problem("PA101", "error", "triggers", "not an object.", "Export the flow again.")
    elif not triggers:
        yield Problem("PA102", "error", "triggers", "the flow has no trigger.", "Give it one.")
    elif len(triggers) > 1:
        names = ", ".join(triggers)
        yield Problem(
            "PA103",
            "error",
            "triggers",
            f"the flow has {len(triggers)} triggers ({names}).",
            "Keep one: a cloud flow has exactly one.",
        )


def _actions(definition: Mapping[str, Any]) -> Iterator[Problem]:
    actions = definition.get("actions")
    if actions is not None and not isinstance(actions, Mapping):
        yield Problem("PA104", "error", "actions", "not an object.", "Export the flow again.")


def _connections(definition: Mapping[str, Any], references: Mapping[str, Any]) -> Iterator[Problem]:
    for key in sorted(set(connectors_of(definition)) - set(references)):
        near = difflib.get_close_matches(key, references, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "add it to connection_references."
        yield Problem(
            "PA105",
            "error",
            "actions",
            f"the connection {key!r} is used, but no connection reference has that key;",
            hint,
        )
