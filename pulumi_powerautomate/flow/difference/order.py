"""
Changes of `runAfter`: the actions that an action waits for.

An action that is put between two others, taken out, moved or renamed changes the `runAfter` of its
neighbours too. That is part of the same change: the orders are compared as they are without the
actions that only one version has in that branch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..action_tree import Node
from ..canonical import canonical_node
from .changes import Change
from .matching import Matching
from .values import same
from .wording import listed, named, shown

_OUTCOMES = {
    "succeeded": "is successful",
    "failed": "has failed",
    "skipped": "is skipped",
    "timedout": "has timed out",
}
Waits = Mapping[str, Any]


class Order:
    """The run-after order of two versions that were matched."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        stays = {
            id(node)
            for old, new in matching.pairs
            if matching.same_branch(old.branch, new.branch)
            for node in (old, new)
        }
        self._stays = stays
        self._known: dict[int, Waits] = {}

    def changes(self, old: Node, new: Node) -> Iterator[Change]:
        """The change of the order before one action, if there is one."""
        if old.run_after == new.run_after or id(new) not in self._stays:
            return
        before = {
            self._matching.renames.get(name, name): outcomes
            for name, outcomes in self._waits(old).items()
        }
        after = self._waits(new)
        if same(before, after):
            return
        now, was = waiting(_given(new)), waiting(_given(old))
        sentence = f"{named(new.name)} runs {now} instead of {was}."
        if now == was:
            sentence = f"{named(new.name)} runs {now}, listed in another way."
        yield Change("order-changed", f"{new.path}.runAfter", _given(old), _given(new), sentence)

    def _waits(self, node: Node) -> Waits:
        """
        The actions that an action waits for among those that stay, through those that do not.

        The outcomes of an edge that leads through others are its own, at the waiting end.
        """
        found: dict[str, Any] = {}
        stack = [(name, outcomes) for name, outcomes in reversed(list(_given(node).items()))]
        siblings = {sibling.name: sibling for sibling in node.branch.nodes}
        seen: set[str] = set()
        while stack:
            name, outcomes = stack.pop()
            sibling = siblings.get(name)
            if sibling is None or id(sibling) in self._stays:
                found.setdefault(name, outcomes)
            elif name not in seen:
                seen.add(name)
                through = self._known.get(id(sibling))
                if through is None:
                    through = self._known[id(sibling)] = _given(sibling)
                stack.extend((further, outcomes) for further in reversed(list(through)))
        return found


def waiting(run_after: Mapping[str, Any]) -> str:
    """`after "A" is successful and "B" has failed`, or `first`."""
    if not run_after:
        return "at the start"
    parts = []
    for name, outcomes in run_after.items():
        given = outcomes if isinstance(outcomes, list) else [outcomes]
        words = sorted(_OUTCOMES.get(str(item).lower(), shown(item)) for item in given)
        parts.append(f"{named(name)} {' or '.join(words) or 'in any way'}")
    return f"after {listed(parts)}"


def _given(node: Node) -> Mapping[str, Any]:
    canonical: Mapping[str, Any] = canonical_node({"runAfter": node.run_after}).get("runAfter", {})
    return canonical
