"""Variables: initialized once, before they are used, and used as what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..action_tree import Node
from ..problems import Problem
from .actions import VARIABLE_TYPES, member_of
from .model import Flow, kind_of
from .rules import problem

# What the actions that change a variable want it to be; None for any type.
_CHANGES: Mapping[str, tuple[str, ...] | None] = {
    "setvariable": None,
    "appendtoarrayvariable": ("array",),
    "appendtostringvariable": ("string",),
    "incrementvariable": ("integer", "float"),
    "decrementvariable": ("integer", "float"),
}


def variable_problems(flow: Flow) -> Iterator[Problem]:
    """Problems of initializing and changing variables."""
    variables = Variables(flow)
    first: dict[str, Node] = {}
    for node, path, name, type_ in variables.initialized:
        if type_ is not None and str(type_).lower() not in {
            item.lower() for item in VARIABLE_TYPES
        }:
            yield problem(
                "FLOW204", f"{path}.type", f"there is no variable type {type_!r}.",
                flow.suggestions.sentence(
                    str(type_), VARIABLE_TYPES, f"Use one of {', '.join(VARIABLE_TYPES)}."
                ),
            )  # fmt: skip
        if not name:
            yield problem("FLOW203", path, "the variable has no name.", 'Add "name".')
        elif name.lower() in first:
            yield problem(
                "FLOW413", path, f"{first[name.lower()].name!r} initializes {name!r} already.",
                "Change this action into one that sets the variable.",
            )  # fmt: skip
        first.setdefault(name.lower(), node)
    for kind in _CHANGES:
        for node in flow.by_kind.get(kind, ()):
            yield from _change(variables, node)


class Variables:
    """The variables of a flow, and whether an action may use one."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.initialized = [
            found
            for node in flow.by_kind.get("initializevariable", ())
            for found in _initialized(node)
        ]
        self._by_name: dict[str, tuple[Node, str, str]] = {}
        for node, _, name, kind in self.initialized:
            self._by_name.setdefault(name.lower(), (node, name, str(kind).lower()))

    def type_of(self, name: str) -> str | None:
        """The type of a variable in lower case, or None when nothing initializes it."""
        found = self._by_name.get(name.lower())
        return found[2] if found else None

    def use(self, node: Node, name: str) -> Iterator[tuple[str, str, str]]:
        """Problems of an action's using a variable: code, message, remedy."""
        found = self._by_name.get(name.lower())
        if found is None:
            known = (item[1] for item in self._by_name.values())
            remedy = self._flow.suggestions.sentence(
                name, known, "Initialize it in an action at the top level, before this one."
            )
            yield "FLOW411", f"no action initializes the variable {name!r}.", remedy
        elif found[0] is node:
            yield (
                "FLOW412", f"{name!r} is used in the action that initializes it.",
                "Use another value, or initialize it in an action before.",
            )  # fmt: skip
        elif not self._flow.runs_before(node, found[0]):
            yield (
                "FLOW412",
                f"the variable {name!r} is not initialized by then: {found[0].path} does not run "
                "before this action.",
                f"Move {found[0].name!r} to the start of the flow, and let what uses the variable "
                "run after it.",
            )  # fmt: skip


def _initialized(node: Node) -> Iterator[tuple[Node, str, str, Any]]:
    given = member_of(node.body, "inputs.variables")
    for number, item in enumerate(given if isinstance(given, (list, tuple)) else ()):
        if isinstance(item, Mapping):
            name = item.get("name")
            yield (
                node, f"{node.path}.inputs.variables[{number}]",
                name if isinstance(name, str) else "", item.get("type"),
            )  # fmt: skip


def _change(variables: Variables, node: Node) -> Iterator[Problem]:
    name = member_of(node.body, "inputs.name")
    if not isinstance(name, str) or "@" in name:
        return
    path = f"{node.path}.inputs.name"
    for found in variables.use(node, name):
        yield problem(found[0], path, *found[1:])
    wanted, actual = _CHANGES[kind_of(node)], variables.type_of(name)
    if wanted and actual in {item.lower() for item in VARIABLE_TYPES} - set(wanted):
        article = "an" if actual[0] in "aio" else "a"
        yield problem(
            "FLOW414", path,
            f"{name!r} is {article} {actual.capitalize()}; {node.type} changes "
            f"{' and '.join(item.capitalize() for item in wanted)} variables only.",
            f"Name another variable, or initialize this one as {wanted[0].capitalize()}.",
        )  # fmt: skip
