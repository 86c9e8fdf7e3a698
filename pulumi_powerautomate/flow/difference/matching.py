"""
Which action of the older version is which of the newer one.

An action keeps its identity by its name: names are unique in a flow. What is left over on both
sides may have been renamed: the same body, or a similar one in the same place. Expressions of other
actions name it too, so bodies are compared as they read after the renaming.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..action_tree import Branch, Node, walk
from ..canonical import canonical_node

BRANCH_KEYS = ("actions", "else", "default", "cases", "runAfter")

_SIMILAR = 0.6
_PLACE = 0.25
# Candidates for a renaming that are looked at for one action: the nearest ones of its branch.
_NEAREST = 30
# Bodies shorter than this say too little to know an action by in another branch.
_TELLING = 60
_NAMES = re.compile(
    r"(?i)\b(actions|actionBody|actionOutputs|body|outputs|items|result|iterationIndexes"
    r"|formDataValue|formDataMultiValues|multipartBody)(\(\s*')((?:[^']|'')+)(')"
)


@dataclass
class Matching:
    """
    Which action became which.

    Attributes:
        pairs: (older, newer) of the actions that both versions have, in the newer one's order.
        removed: actions that only the older version has, in its order.
        added: actions that only the newer version has, in its order.
        renames: new names by old ones.
        partner: the newer action by the identity of the older one.
        newer: every action of the newer version, in its order.
    """

    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    removed: list[Node] = field(default_factory=list)
    added: list[Node] = field(default_factory=list)
    renames: dict[str, str] = field(default_factory=dict)
    partner: dict[int, Node] = field(default_factory=dict)
    newer: list[Node] = field(default_factory=list)

    def same_branch(self, older: Branch, newer: Branch) -> bool:
        """Whether two branches are one: of the flow itself, or of matched owners."""
        if older.owner is None or newer.owner is None:
            return older.owner is newer.owner
        if self.partner.get(id(older.owner)) is not newer.owner:
            return False
        if older.label == newer.label:
            return True
        return self.case_renames(older.owner).get(older.label) == newer.label

    def case_renames(self, older: Node) -> dict[str, str]:
        """Cases of a switch that stand for the same value under another name."""
        newer = self.partner.get(id(older))
        old, new = older.body.get("cases"), newer.body.get("cases") if newer else None
        if not isinstance(old, Mapping) or not isinstance(new, Mapping) or old.keys() == new.keys():
            return {}
        values = {_case(body): f"case {name}" for name, body in new.items() if name not in old}
        return {
            f"case {name}": values[_case(body)]
            for name, body in old.items()
            if name not in new and _case(body) in values
        }

    def renamed(self, value: Any) -> Any:
        """A value of the older version as it reads after the renaming."""
        if not self.renames:
            return value
        if isinstance(value, str):
            return _NAMES.sub(self._replaced, value) if "@" in value else value
        if isinstance(value, Mapping):
            return {key: self.renamed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.renamed(item) for item in value]
        return value

    def _replaced(self, found: re.Match[str]) -> str:
        function, opening, name, closing = found.groups()
        return f"{function}{opening}{self.renames.get(name, name)}{closing}"


def own_body(node: Node) -> dict[str, Any]:
    """An action's own members, without what its branches hold and what it waits for."""
    return {key: value for key, value in node.body.items() if key not in BRANCH_KEYS}


def match(older: Branch, newer: Branch) -> Matching:
    """Match the actions of two versions."""
    old_nodes, new_nodes = list(walk(older)), list(walk(newer))
    matching = Matching(newer=new_nodes)
    by_path = {node.path: node for node in new_nodes}
    by_name: dict[str, list[Node]] = defaultdict(list)
    taken: set[int] = set()

    def pair(old: Node, new: Node) -> None:
        matching.partner[id(old)] = new
        taken.add(id(new))

    for old in old_nodes:
        if old.path in by_path:
            pair(old, by_path[old.path])
    for new in new_nodes:
        if id(new) not in taken:
            by_name[new.name].append(new)
    for old in old_nodes:
        namesakes = by_name.get(old.name)
        if namesakes and id(old) not in matching.partner:
            pair(old, namesakes.pop(0))
    left = [node for node in old_nodes if id(node) not in matching.partner]
    free = [node for node in new_nodes if id(node) not in taken]
    if left and free:
        for old, new in _Renaming(matching, left, free).found():
            pair(old, new)
            matching.renames[old.name] = new.name
    origin = {
        id(matching.partner[id(old)]): old for old in old_nodes if id(old) in matching.partner
    }
    matching.pairs = [(origin[id(new)], new) for new in new_nodes if id(new) in origin]
    matching.removed = [node for node in old_nodes if id(node) not in matching.partner]
    matching.added = [node for node in new_nodes if id(node) not in origin]
    return matching


class _Renaming:
    """Finds those that were renamed among the actions that no name connects."""

    def __init__(self, matching: Matching, left: list[Node], free: list[Node]) -> None:
        self._matching = matching
        self._left = left
        self._free = free
        unmatched = {node.name for node in (*left, *free)}
        self._leaves = {id(node): _leaves(node, unmatched) for node in (*left, *free)}
        self._children: dict[int, set[int]] = {
            id(node): {id(child) for branch in node.branches for child in branch.nodes}
            for node in (*left, *free)
        }
        self._free_branches: dict[int, list[Node]] = defaultdict(list)
        for node in free:
            self._free_branches[id(node.branch)].append(node)
        self._place = {
            id(node): number
            for nodes in self._free_branches.values()
            for number, node in enumerate(nodes[0].branch.nodes)
        }
        self._taken: set[int] = set()

    def found(self) -> Iterator[tuple[Node, Node]]:
        """(older, newer) pairs; the owners before what is in them."""
        branches: dict[int, list[Node]] = defaultdict(list)
        for node in self._left:
            branches[id(node.branch)].append(node)
        # The caller pairs what is yielded at once, so inner branches see their owners matched.
        for nodes in branches.values():
            yield from self._in_branch(nodes)
        yield from self._elsewhere()

    def _in_branch(self, nodes: list[Node]) -> Iterator[tuple[Node, Node]]:
        """Those of one older branch that were renamed in their place."""
        free: dict[str, list[Node]] = defaultdict(list)
        for newer in self._free_branches.values():
            if self._matching.same_branch(nodes[0].branch, newer[0].branch):
                for node in newer:
                    free[node.type].append(node)
        place = {id(node): number for number, node in enumerate(nodes[0].branch.nodes)}
        scored = []
        for number, old in enumerate(nodes):
            for new in self._nearest(free[old.type], place[id(old)]):
                score = self._score(old, new)
                if score >= _SIMILAR:
                    scored.append((-score, number, self._place[id(new)], old, new))
        for _, _, _, old, new in sorted(scored, key=lambda item: item[:3]):
            if id(old) not in self._taken and id(new) not in self._taken:
                self._taken |= {id(old), id(new)}
                yield old, new

    def _nearest(self, candidates: list[Node], place: int) -> list[Node]:
        """The actions around a place, of those that stand in the document's order."""
        middle = bisect_left(candidates, place, key=lambda node: self._place[id(node)])
        first = max(0, min(middle - _NEAREST // 2, len(candidates) - _NEAREST))
        return candidates[first : first + _NEAREST]

    def _score(self, old: Node, new: Node) -> float:
        """How alike two actions are: 0 to 1, and a little more in the same place."""
        one, other = self._leaves[id(old)], self._leaves[id(new)]
        size = sum(one.values()) + sum(other.values())
        alike = 2 * sum((one & other).values()) / size if size else 0.0
        partners = {
            id(partner)
            for child in self._children[id(old)]
            if (partner := self._matching.partner.get(child))
        }
        if partners or self._children[id(new)]:
            shared = partners & self._children[id(new)]
            number = len(self._children[id(old)]) + len(self._children[id(new)])
            of_children = 2 * len(shared) / number
            alike = of_children if not size else 0.4 * alike + 0.6 * of_children
        return alike * (1 - _PLACE) + _PLACE * self._same_place(old, new)

    def _same_place(self, old: Node, new: Node) -> float:
        after = {self._matching.renames.get(name, name) for name in old.run_after}
        return 1.0 if after == set(new.run_after) else 0.0

    def _elsewhere(self) -> Iterator[tuple[Node, Node]]:
        """Renamed and moved at once: only where the whole body is the same, and tells enough."""
        buckets: dict[str, list[Node]] = defaultdict(list)
        for node in self._free:
            if id(node) not in self._taken:
                buckets[self._signature(node)].append(node)
        seen = Counter(self._signature(node) for node in self._left if id(node) not in self._taken)
        for old in self._left:
            signature = self._signature(old)
            if id(old) in self._taken or len(signature) < _TELLING or seen[signature] != 1:
                continue
            if len(buckets.get(signature, ())) == 1:
                yield old, buckets[signature][0]

    def _signature(self, node: Node) -> str:
        return node.type + repr(sorted(self._leaves[id(node)].items()))


def _leaves(node: Node, unmatched: set[str]) -> Counter[tuple[str, str]]:
    """An action's values, place by place; names that may have changed are blanked."""
    found: Counter[tuple[str, str]] = Counter()

    def blanked(match: re.Match[str]) -> str:
        name = "" if match[3] in unmatched else match[3]
        return f"{match[1]}{match[2]}{name}{match[4]}"

    stack: list[tuple[str, Any]] = [("", canonical_node(own_body(node)))]
    while stack:
        path, value = stack.pop()
        if isinstance(value, Mapping):
            stack.extend((f"{path}.{key}", item) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend((f"{path}[]", item) for item in value)
        elif path != ".type":
            text = _NAMES.sub(blanked, value) if isinstance(value, str) else json.dumps(value)
            found[path, text] += 1
    return found


def _case(body: Any) -> str:
    return json.dumps(body.get("case") if isinstance(body, Mapping) else body, sort_keys=True)
