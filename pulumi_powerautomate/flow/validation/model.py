"""A flow as the rules look at it: the tree of actions, by name, and which runs before which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ..action_tree import Branch, Node, outline, triggers_of, walk
from .run_order import Sequence, sequence_of
from .suggestions import Suggestions

# The place of a value: the place of what holds it, and the key or index in it.
Place = tuple[Any, "str | int"]

LOOPS = frozenset({"foreach", "until"})
HOLDERS = frozenset({"foreach", "until", "scope", "if", "switch"})
_NO_EXPRESSIONS = frozenset(
    {"actions", "else", "cases", "default", "description", "metadata", "type", "kind", "runAfter"}
)


class Flow:
    """A definition, its references, and what several rules ask about it."""

    def __init__(self, definition: Mapping[str, Any], references: Mapping[str, Any]) -> None:
        self.definition = definition
        self.references = references
        self.root: Branch = outline(definition)
        self.nodes: list[Node] = list(walk(self.root))
        self.triggers = triggers_of(definition)
        self.suggestions = Suggestions()
        self.by_name: dict[str, list[Node]] = {}
        self.by_kind: dict[str, list[Node]] = {}
        for node in self.nodes:
            self.by_name.setdefault(node.name.lower(), []).append(node)
            self.by_kind.setdefault(kind_of(node), []).append(node)

    @cached_property
    def branches(self) -> list[Branch]:
        """Every branch, the flow itself first."""
        return [self.root, *(branch for node in self.nodes for branch in node.branches)]

    @cached_property
    def sequences(self) -> dict[str, Sequence]:
        """By path of a branch: its actions in an order that they can run in, and its cycles."""
        return {branch.path: sequence_of(branch) for branch in self.branches}

    @cached_property
    def _before(self) -> dict[int, tuple[int, int, bool]]:
        """
        By `id` of a node: its bit among its siblings, the bits of those before it, and whether
        that is certain.
        """
        found: dict[int, tuple[int, int, bool]] = {}
        for branch in self.branches:
            named = {node.name.lower(): id(node) for node in branch.nodes}
            for number, node in enumerate(self.sequences[branch.path].nodes):
                before, certain = 0, isinstance(node.body.get("runAfter", {}), Mapping)
                for name in node.run_after:
                    bit, earlier, sure = found.get(named.get(name.lower(), 0), (0, 0, False))
                    before |= bit | earlier
                    certain = certain and sure
                found[id(node)] = (1 << number, before, certain)
        return found

    def runs_before(self, node: Node, other: Node) -> bool:
        """
        Whether `other` has run when `node` starts.

        As the service sees it: `other`, or an action that holds it, is on the `runAfter` path of
        `node` or of an action that holds `node`. Below a broken `runAfter` nobody can tell; the
        response is yes then, because one mistake is to be reported once.
        """
        if node.branch is other.branch:
            return self._siblings_in_order(node, other)
        chain = {id(item.branch): item for item in (other, *other.owners)}
        for item in (node, *node.owners):
            sibling = chain.get(id(item.branch))
            if sibling is not None:
                return self._siblings_in_order(item, sibling)
        return False

    def _siblings_in_order(self, node: Node, other: Node) -> bool:
        # Of two siblings whose names differ in case only, one has no place in the order.
        if id(node) not in self._before or id(other) not in self._before:
            return True
        _, before, certain = self._before[id(node)]
        return not certain or bool(before & self._before[id(other)][0])


def kind_of(node: Node) -> str:
    """The type of an action in lower case, as the service compares it."""
    return node.type.lower()


def texts_of(body: Mapping[str, Any]) -> Iterator[tuple[str, Place, str]]:
    """
    The texts of one action or trigger that may hold expressions, keys of objects included.

    Yields:
        The member they stand in, the place below it, and the text.
    """
    for member, value in body.items():
        if member in _NO_EXPRESSIONS:
            continue
        if value.__class__ is str:
            if "@" in value:
                yield member, ((), member), value
            continue
        found: list[tuple[Place, str]] = []
        _collect(value, ((), member), found)
        for place, text in found:
            yield member, place, text


def spelt(base: str, place: Place) -> str:
    """A place as a path, below another one."""
    parts: list[str] = []
    while place:
        place, key = place
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return base + "".join(reversed(parts))


def _collect(value: Any, place: Place, found: list[tuple[Place, str]]) -> None:
    if isinstance(value, str):
        if "@" in value:
            found.append((place, value))
    elif isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            if key[:1] == "@" or "@{" in key:
                found.append(((place, key), key))
            if isinstance(item, str):
                if "@" in item:
                    found.append(((place, key), item))
            elif item.__class__ is not bool and item is not None:
                _collect(item, (place, key), found)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _collect(item, (place, index), found)
