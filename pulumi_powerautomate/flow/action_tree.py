"""
The actions of a definition as a tree: which stands in which branch of what.

Everything that looks at a flow action by action walks this tree, so that a path such as
`actions.If.else.actions.Send_mail` is spelt in one place. Shapes that are not what the workflow
definition language says are passed over here; validation reports them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Branch:
    """
    Actions that run beside and after each other.

    Attributes:
        path: where they stand, such as `actions` or `actions.Route.cases.Berlin.actions`.
        label: which branch of its owner it is: `actions`, `else`, `default`, or `case NAME`.
        owner: the action that holds the branch; None for the flow itself.
        nodes: the actions, in the order of the document.
    """

    path: str
    label: str = "actions"
    owner: Node | None = None
    nodes: list[Node] = field(default_factory=list)

    @property
    def case(self) -> Any:
        """The value that a case of a switch stands for; None for other branches."""
        return case_value(self.owner.body, self.label) if self.owner else None

    def named(self, name: str) -> Node | None:
        """The action of this very branch that has the name."""
        return next((node for node in self.nodes if node.name == name), None)


@dataclass
class Node:
    """
    One action.

    Attributes:
        name: its name, as the document spells it.
        body: what stands under the name.
        branch: the branch it stands in.
        path: where it stands, such as `actions.Scope.actions.Send_mail`.
        type: `OpenApiConnection`, `If`, …; empty when the document gives none.
        branches: the branches that it holds itself.
    """

    name: str
    body: Mapping[str, Any]
    branch: Branch
    path: str
    type: str
    branches: list[Branch] = field(default_factory=list)

    @property
    def owners(self) -> Iterator[Node]:
        """The actions around it, from the inside out."""
        owner = self.branch.owner
        while owner is not None:
            yield owner
            owner = owner.branch.owner

    @property
    def run_after(self) -> Mapping[str, Any]:
        """The siblings it waits for, with the outcomes it waits for."""
        given = self.body.get("runAfter")
        return given if isinstance(given, (dict, Mapping)) else {}


def case_value(body: Mapping[str, Any], label: str) -> Any:
    """The value of the case that a switch holds under a label such as `case Berlin`."""
    cases = body.get("cases")
    case = (
        cases.get(label[5:]) if label.startswith("case ") and isinstance(cases, Mapping) else None
    )
    return case.get("case") if isinstance(case, Mapping) else None


# Members of an action that hold actions.
HOLDING = frozenset({"actions", "else", "cases", "default"})


def outline(definition: Mapping[str, Any]) -> Branch:
    """The tree of a definition's actions, as the branch that the flow itself is."""
    root = Branch("actions")
    _fill(root, definition.get("actions"))
    return root


def walk(branch: Branch) -> Iterator[Node]:
    """Every action below a branch; one that holds branches comes before what is in them."""
    stack = list(reversed(branch.nodes))
    while stack:
        node = stack.pop()
        yield node
        for inner in reversed(node.branches):
            stack.extend(reversed(inner.nodes))


def triggers_of(definition: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The triggers by name, those that are objects."""
    given = definition.get("triggers")
    if not isinstance(given, Mapping):
        return {}
    return {name: body for name, body in given.items() if isinstance(body, Mapping)}


def _fill(root: Branch, given: Any) -> None:
    pending = [(root, given)]
    while pending:
        branch, actions = pending.pop()
        if not isinstance(actions, Mapping):
            continue
        for name, body in actions.items():
            if not isinstance(body, (dict, Mapping)):
                continue
            given = body.get("type")
            type_ = given if isinstance(given, str) else ""
            node = Node(name, body, branch, f"{branch.path}.{name}", type_)
            branch.nodes.append(node)
            if HOLDING.isdisjoint(body):
                continue
            for path, label, inner in _inner(body):
                node.branches.append(Branch(f"{node.path}.{path}", label, node))
                pending.append((node.branches[-1], inner))


def _inner(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(path below the action, label, actions) of each branch that an action holds."""
    if "actions" in body:
        yield "actions", "actions", body["actions"]
    cases = body.get("cases")
    inner = {f"cases.{name}": (f"case {name}", case) for name, case in _items(cases)}
    for key in ("else", "default"):
        inner[key] = (key, body.get(key))
    for path, (label, holder) in inner.items():
        if isinstance(holder, Mapping):
            yield f"{path}.actions", label, holder.get("actions")


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(value.items() if isinstance(value, Mapping) else ())
