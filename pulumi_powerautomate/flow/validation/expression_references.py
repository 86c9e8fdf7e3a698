"""References in expressions: actions, loops, parameters, the trigger, and the item at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..action_tree import Node
from ..expressions import Call, Expression
from ..problems import Problem
from .actions import KNOWN_TYPES, member_of
from .model import HOLDERS, Flow, Place, kind_of, spelt
from .rules import problem
from .variables import Variables

# By function, in lower case: the argument that names an action.
_ACTIONS = {
    "actions": 0, "actionoutputs": 0, "actionbody": 0, "body": 0, "outputs": 0,
    "formdatavalue": 0, "formdatamultivalues": 0, "multipartbody": 0, "result": 0,
}  # fmt: skip
_TRIGGER_BODY = frozenset({
    "triggerbody", "triggerformdatavalue", "triggerformdatamultivalues", "triggermultipartbody",
})  # fmt: skip
_ALWAYS_DECLARED = frozenset({"$connections", "$authentication"})
# Where item() is the item at hand, by the type of the action.
_ITEM_PLACES = {"select": "inputs.select", "query": "inputs.where", "table": "inputs.columns"}
_FORKS = frozenset({"if", "switch"})
_NAMES = "Names are written as the key of the action, with underscores for spaces."


class References:
    """Looks up what the calls of expressions name."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._variables = Variables(flow)
        given = flow.definition.get("parameters")
        self._parameters = list(given) if isinstance(given, Mapping) else []
        self._declared = {name.lower() for name in self._parameters} | _ALWAYS_DECLARED
        self._has_body = not any(
            str(body.get("type")).lower() == "recurrence" for body in flow.triggers.values()
        )

    def in_action(
        self, node: Node, member: str, place: Place, expression: Expression
    ) -> Iterator[Problem]:
        """Problems of an expression of an action."""
        for call in expression.shape.calls:
            function = call.name.lower()
            check = _CHECKS.get(function)
            if check is not None:
                for code, message, remedy in check(self, call, expression, node, member, place):
                    yield problem(code, spelt(node.path, place), message, remedy)

    def in_trigger(
        self, path: str, member: str, place: Place, expression: Expression
    ) -> Iterator[Problem]:
        """Problems of an expression of the trigger, which runs before everything else."""
        for call in expression.shape.calls:
            function = call.name.lower()
            if function == "parameters":
                for found in self._parameter(call, expression):
                    yield problem(found[0], spelt(path, place), *found[1:])
            elif function in _ACTIONS or function in ("variables", "items", "item"):
                if function == "item" and member == "conditions":
                    continue
                yield problem(
                    "FLOW407", spelt(path, place),
                    f"{call.name}() is not there yet when the trigger is evaluated.",
                    "Use triggerBody(), triggerOutputs() or parameters(…), or decide in an action.",
                )  # fmt: skip

    def in_outputs(self, place: Place, expression: Expression) -> Iterator[Problem]:
        """Problems of an expression of the flow's outputs."""
        for call in expression.shape.calls:
            name = self._named(call, expression)
            if call.name.lower() in _ACTIONS and name and name.lower() not in self._flow.by_name:
                code, message, remedy = self._no_action(name)
                yield problem(code, spelt("outputs", place), message, remedy)

    def _named(self, call: Call, expression: Expression) -> str | None:
        """The first argument, when it is a text."""
        return expression.text(call.arguments[0]) if call.arguments else None

    def _action(
        self, call: Call, expression: Expression, node: Node, member: str, _place: Place
    ) -> Iterator[tuple[str, str, str]]:
        name = self._named(call, expression)
        if name is None:
            return
        found = self._flow.by_name.get(name.lower())
        if not found:
            yield self._no_action(name)
        elif call.name.lower() == "result" and kind_of(found[0]) in KNOWN_TYPES - HOLDERS:
            yield (
                "FLOW408", f"result() names {found[0].name!r}, a {found[0].type}.",
                f"Name the scope or loop around the actions, or use outputs({found[0].name!r}).",
            )  # fmt: skip
        elif not any(self._is_there(item, node, member) for item in found):
            yield self._too_early(call, found[0], node)

    def _is_there(self, named: Node, node: Node, member: str) -> bool:
        if self._flow.runs_before(node, named):
            return True
        if member == "trackedProperties" and named is node:
            return True
        return (
            member == "expression"
            and kind_of(node) == "until"
            and any(owner is node for owner in named.owners)
        )

    def _no_action(self, name: str) -> tuple[str, str, str]:
        known = (node.name for node in self._flow.nodes)
        remedy = self._flow.suggestions.sentence(name, known, _NAMES)
        return "FLOW401", f"there is no action {name!r}.", remedy

    def _too_early(self, call: Call, named: Node, node: Node) -> tuple[str, str, str]:
        if named is node:
            return (
                "FLOW402", f"{call.name}({named.name!r}) is the action's own result.",
                "Name an action before it; trackedProperties alone may use the own result.",
            )  # fmt: skip
        if any(owner is named for owner in node.owners):
            return (
                "FLOW402", f"{call.name}({named.name!r}) is the result of what holds this action.",
                "Inside of a loop use items(…); the result is there behind it.",
            )  # fmt: skip
        where, remedy = self._relation(named, node)
        return "FLOW402", f"{call.name}({named.name!r}) is not there: {named.path} {where}.", remedy

    def _relation(self, named: Node, node: Node) -> tuple[str, str]:
        """How an action stands to one that wants its result too early, and what to do."""
        if self._flow.runs_before(named, node):
            return (
                "runs after this action",
                "Swap the two, or take the value from an action before.",
            )
        for holder in node.owners:
            if any(owner is holder for owner in named.owners) and kind_of(holder) in _FORKS:
                return (
                    f"is in another branch of {holder.name!r}",
                    "Only one of the branches runs; repeat the action here, or move it before "
                    f"{holder.name!r}.",
                )
        return (
            "does not run before this action",
            f"Let this action, or the one that holds it, run after {named.name!r} or after what "
            "holds that.",
        )

    def _loop(
        self, call: Call, expression: Expression, node: Node, member: str, _place: Place
    ) -> Iterator[tuple[str, str, str]]:
        name = self._named(call, expression)
        if name is None:
            return
        kind = "foreach" if call.name.lower() == "items" else "until"
        around = [owner for owner in node.owners if kind_of(owner) == kind]
        if kind == "until" and kind_of(node) == "until" and member == "expression":
            around.append(node)
        if any(owner.name.lower() == name.lower() for owner in around):
            return
        found = [item for item in self._flow.by_name.get(name.lower(), ()) if kind_of(item) == kind]
        if found:
            here = f"{call.name}({around[0].name!r})" if around else "a variable that it fills"
            yield (
                "FLOW404", f"{call.name}({name!r}) is used outside of that loop.",
                f"Move the action into the loop, or use {here}.",
            )  # fmt: skip
            return
        other = self._flow.by_name.get(name.lower())
        if other and kind_of(other[0]) not in KNOWN_TYPES:
            return
        loops = [item.name for item in self._flow.nodes if kind_of(item) == kind]
        remedy = self._flow.suggestions.sentence(
            name, [owner.name for owner in around] or loops,
            "Name a loop around the action, as its key is written.",
        )  # fmt: skip
        what = (
            f"{name!r} is a {other[0].type}, no {kind}" if other else f"there is no {kind} {name!r}"
        )
        yield "FLOW403", f"{what}.", remedy

    def _item(
        self, _call: Call, _expression: Expression, node: Node, _member: str, place: Place
    ) -> Iterator[tuple[str, str, str]]:
        wanted = _ITEM_PLACES.get(kind_of(node))
        if wanted and spelt("", place).startswith("." + wanted):
            return
        if any(kind_of(item) not in KNOWN_TYPES for item in (node, *node.owners)):
            return
        if any(kind_of(owner) == "foreach" for owner in node.owners):
            return
        yield (
            "FLOW405", "item() stands outside of everything that has items.",
            "Use it inside of a Foreach, in the map of a Select or the condition of a Query.",
        )  # fmt: skip

    def _parameter(
        self, call: Call, expression: Expression, *_: object
    ) -> Iterator[tuple[str, str, str]]:
        name = self._named(call, expression)
        if name is not None and name.lower() not in self._declared:
            remedy = self._flow.suggestions.sentence(
                name, self._parameters,
                f'Declare it: "parameters": {{"{name}": {{"type": "String"}}}}.',
            )  # fmt: skip
            yield "FLOW406", f"the parameter {name!r} is not declared.", remedy

    def _variable(
        self, call: Call, expression: Expression, node: Node, _member: str, _place: Place
    ) -> Iterator[tuple[str, str, str]]:
        name = self._named(call, expression)
        if name is None:
            return
        yield from self._variables.use(node, name)
        changed = member_of(node.body, "inputs.name")
        if kind_of(node) == "setvariable" and str(changed).lower() == name.lower():
            yield (
                "FLOW415", f"{name!r} is set from itself.",
                "Compute the value in an action of type Compose before, and set the variable to "
                "its outputs.",
            )  # fmt: skip

    def _trigger_body(self, call: Call, *_: object) -> Iterator[tuple[str, str, str]]:
        if not self._has_body:
            yield (
                "FLOW409", f"{call.name}() is always null: a Recurrence has no body.",
                "Take the value from an action or a parameter, or use another trigger.",
            )  # fmt: skip


_Check = Callable[[References, Call, Expression, Node, str, Place], Iterator[tuple[str, str, str]]]
_CHECKS: Mapping[str, _Check] = {
    **dict.fromkeys(_ACTIONS, References._action),
    **dict.fromkeys(_TRIGGER_BODY, References._trigger_body),
    "items": References._loop,
    "iterationindexes": References._loop,
    "item": References._item,
    "parameters": References._parameter,
    "variables": References._variable,
}
