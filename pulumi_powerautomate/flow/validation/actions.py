"""Rules about the types of actions: members, values, places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..action_tree import HOLDING, Node
from ..problems import Problem
from ..vocabulary import ACTION_TYPES, TRIGGER_TYPES
from .model import LOOPS, Flow, kind_of
from .rules import problem
from .suggestions import listed

KNOWN_TYPES = frozenset(name.lower() for name in ACTION_TYPES)
_TRIGGERS_ONLY = frozenset(name.lower() for name in TRIGGER_TYPES) - KNOWN_TYPES

# Members that an action cannot do without, by type in lower case, each with an example.
_NEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "appendtoarrayvariable": (("inputs.name", '"Found"'), ("inputs.value", '"@item()"')),
    "appendtostringvariable": (("inputs.name", '"Text"'), ("inputs.value", '"more"')),
    "compose": (("inputs", '"@utcNow()"'),),
    "decrementvariable": (("inputs.name", '"Count"'),),
    "foreach": (("foreach", "\"@body('List')?['value']\""), ("actions", "{…}")),
    "http": (("inputs.method", '"GET"'), ("inputs.uri", '"https://…"')),
    "if": (("expression", '{"and": [{"equals": ["@…", "@…"]}]}'),),
    "incrementvariable": (("inputs.name", '"Count"'),),
    "initializevariable": (("inputs.variables", '[{"name": "Count", "type": "integer"}]'),),
    "join": (("inputs.from", '"@…"'), ("inputs.joinWith", '","')),
    "parsejson": (("inputs.content", '"@…"'), ("inputs.schema", "{…}")),
    "query": (("inputs.from", '"@…"'), ("inputs.where", '"@equals(item(), …)"')),
    "response": (("inputs.statusCode", "200"),),
    "scope": (("actions", "{…}"),),
    "select": (("inputs.from", '"@…"'), ("inputs.select", "{…}")),
    "setvariable": (("inputs.name", '"Count"'),),
    "switch": (("expression", '"@…"'), ("cases", "{…}")),
    "table": (("inputs.from", '"@…"'), ("inputs.format", '"CSV"')),
    "terminate": (("inputs.runStatus", '"Failed"'),),
    "until": (("expression", "\"@equals(variables('Done'), true)\""), ("actions", "{…}")),
}
VARIABLE_TYPES = ("Array", "Boolean", "Float", "Integer", "Object", "String")
_KNOWS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "http": (("inputs.method", ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS")),),
    "table": (("inputs.format", ("CSV", "HTML")),),
    "terminate": (("inputs.runStatus", ("Succeeded", "Failed", "Cancelled")),),
    "wait": (
        ("inputs.interval.unit", ("Second", "Minute", "Hour", "Day", "Week", "Month", "Year")),
    ),
}
_NOT_IN_LOOPS = frozenset({"response", "terminate"})


def action_problems(flow: Flow) -> Iterator[Problem]:
    """Problems of the actions, each on its own."""
    for node in flow.nodes:
        if kind_of(node) not in KNOWN_TYPES:
            yield from _type(flow, node)
    for kind, nodes in flow.by_kind.items():
        needs, knows = _NEEDS.get(kind, ()), _KNOWS.get(kind, ())
        for node in nodes:
            if needs:
                yield from _needs(node, needs)
            if knows:
                yield from _knows(flow, node, knows)
    for kind in ("initializevariable", *_NOT_IN_LOOPS):
        for node in flow.by_kind.get(kind, ()):
            yield from _place(node)
    for node in flow.by_kind.get("switch", ()):
        yield from _cases(node)
    for node in flow.by_kind.get("wait", ()):
        inputs = node.body.get("inputs")
        if isinstance(inputs, Mapping) and not {"interval", "until"} & set(inputs):
            yield problem(
                "FLOW203", node.path,
                "an action of type Wait needs inputs.interval or inputs.until.",
                'Add "interval": {"count": 1, "unit": "Minute"}.',
            )  # fmt: skip
    for node in flow.nodes:
        if HOLDING.isdisjoint(node.body):
            continue
        for member in ("actions", "cases", "else", "default"):
            if member in node.body and not isinstance(node.body[member], Mapping):
                yield problem(
                    "FLOW203", f"{node.path}.{member}", f"{member} is not an object.",
                    "Write it as an object of names.",
                )  # fmt: skip
    for nodes in flow.by_name.values():
        if len(nodes) > 1:
            yield problem(
                "FLOW207", nodes[1].path,
                f"{len(nodes)} actions have the name {nodes[1].name!r}; the first is "
                f"{nodes[0].path}.",
                "Give each a name of its own, so that it is clear which one expressions refer to.",
            )  # fmt: skip


def member_of(body: Mapping[str, Any], path: str) -> Any:
    """A member of a member, by its dotted path; None when there is none."""
    value: Any = body
    for key in path.split("."):
        if not isinstance(value, (dict, Mapping)):
            return None
        value = value.get(key)
    return value


def _type(flow: Flow, node: Node) -> Iterator[Problem]:
    given = node.body.get("type")
    if not isinstance(given, str) or not given:
        yield problem(
            "FLOW201", node.path, "the action has no type.",
            'Add one, such as "type": "Compose"; a scope has "type": "Scope".',
        )  # fmt: skip
    elif given.lower() in _TRIGGERS_ONLY:
        yield problem(
            "FLOW201", f"{node.path}.type", f"{given!r} is a type of triggers, not of actions.",
            "An action of type Wait waits; a schedule is the flow's trigger.",
        )  # fmt: skip
    elif given.lower() not in KNOWN_TYPES:
        near = flow.suggestions.near(given, ACTION_TYPES, 0.75)
        if near:
            yield problem(
                "FLOW201", f"{node.path}.type", f"there is no action type {given!r}.",
                f"Did you mean {near!r}?",
            )  # fmt: skip
        else:
            yield problem(
                "FLOW202", f"{node.path}.type", f"the action type {given!r} is not known.",
                "If it was not exported from Power Automate, compare it with the designer's code "
                "view.",
            )  # fmt: skip


def _needs(node: Node, needs: tuple[tuple[str, str], ...]) -> Iterator[Problem]:
    for path, example in needs:
        outer, _, last = path.rpartition(".")
        holder = node.body.get(outer) if outer else node.body
        if isinstance(holder, str) and holder.startswith("@"):
            continue
        if not isinstance(holder, (dict, Mapping)) or last not in holder:
            yield problem(
                "FLOW203",
                node.path,
                f"an action of type {node.type} needs {path}.",
                f'Add "{last}": {example}.',
            )


def _knows(
    flow: Flow, node: Node, members: tuple[tuple[str, tuple[str, ...]], ...]
) -> Iterator[Problem]:
    for path, known in members:
        value = member_of(node.body, path)
        if not isinstance(value, str) or "@" in value:
            continue
        if value.lower() not in {item.lower() for item in known}:
            yield problem(
                "FLOW204", f"{node.path}.{path}",
                f"there is no {path.rpartition('.')[2]} {value!r} for actions of type {node.type}.",
                flow.suggestions.sentence(value, known, f"Use one of {listed(known)}."),
            )  # fmt: skip


def _place(node: Node) -> Iterator[Problem]:
    kind = kind_of(node)
    if kind == "initializevariable" and node.branch.owner is not None:
        yield problem(
            "FLOW205", node.path,
            f"a variable is initialized inside of {node.branch.owner.name!r}; that is possible at "
            "the top level only.",
            "Move the action there, to the start of the flow, and set the variable here.",
        )  # fmt: skip
    if kind in _NOT_IN_LOOPS:
        loop = next((owner for owner in node.owners if kind_of(owner) in LOOPS), None)
        if loop is not None:
            yield problem(
                "FLOW205", node.path,
                f"an action of type {node.type} stands inside of the loop {loop.name!r}.",
                "Move it behind the loop, and let a variable tell what happened inside.",
            )  # fmt: skip


def _cases(node: Node) -> Iterator[Problem]:
    cases = node.body.get("cases")
    seen: dict[str, str] = {}
    for name, body in cases.items() if isinstance(cases, Mapping) else ():
        path = f"{node.path}.cases.{name}"
        if not isinstance(body, Mapping) or "case" not in body:
            yield problem(
                "FLOW203", path, "the case has no value.", 'Add "case" with the value to compare.'
            )
            continue
        value = str(body["case"])
        if value in seen:
            yield problem(
                "FLOW206", f"{path}.case",
                f"the value {value[:80]!r} is that of case {seen[value]!r} already.",
                "Give each case a value of its own.",
            )  # fmt: skip
        seen.setdefault(value, name)
