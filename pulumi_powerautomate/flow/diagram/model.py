"""
The model of a diagram, before it is drawn: boxes in lanes, and what runs after what.

Both forms, Mermaid and SVG, draw this. With an older version beside, each box carries a mark, and
actions that are gone are drawn where they stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..action_tree import Branch, Node, outline, triggers_of
from ..difference import FlowVersion
from ..difference.matching import Matching, match
from ..difference.triggers import kind_in_words
from ..difference.wording import connector_in_words, label_in_words

Mark = Literal["", "added", "removed", "changed"]

_KINDS = {
    "if": "Condition",
    "foreach": "For each",
    "until": "Do until",
    "switch": "Switch",
    "scope": "Scope",
    "workflow": "Child flow",
    "http": "HTTP request",
    "query": "Filter array",
    "parsejson": "Parse JSON",
    "initializevariable": "Initialize variable",
    "setvariable": "Set variable",
    "incrementvariable": "Increment variable",
    "decrementvariable": "Decrement variable",
    "appendtoarrayvariable": "Append to array",
    "appendtostringvariable": "Append to string",
    "table": "Create table",
    "wait": "Delay",
}
_UNEXPECTED = {"failed": "has failed", "skipped": "is skipped", "timedout": "has timed out"}


@dataclass
class Box:
    """
    One action, or the trigger.

    Attributes:
        title: its name.
        kind: what it is, in words.
        mark: how it differs from the older version, if there is one.
        role: what decides its colour: `trigger`, `control`, `connector` or `other`.
        lanes: the branches it holds, side by side.
    """

    title: str
    kind: str
    mark: Mark = ""
    role: Literal["trigger", "control", "connector", "other"] = "other"
    lanes: list[Lane] = field(default_factory=list)


@dataclass
class Arrow:
    """`target` runs after `source`; `label` says after what outcome, if not after success."""

    source: Box
    target: Box
    label: str = ""


@dataclass
class Lane:
    """The actions of one branch; `label` is empty where a box has one lane only."""

    label: str = ""
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def picture(after: FlowVersion, before: FlowVersion | None = None) -> Lane:
    """The lane of the flow itself: its trigger, and what follows."""
    painter = _Painter(after, before)
    return painter.flow()


def boxes(lane: Lane) -> Iterator[Box]:
    """Every box of a lane and below."""
    for box in lane.boxes:
        yield box
        for inner in box.lanes:
            yield from boxes(inner)


class _Painter:
    def __init__(self, after: FlowVersion, before: FlowVersion | None) -> None:
        self._after = after
        self._before = before
        self._root = outline(after.definition)
        self._changed: set[int] = set()
        self._added: set[int] = set()
        self._gone: dict[int, list[Node]] = {}
        self._matching: Matching | None = None
        self._trigger_mark: Mark = ""
        if before is not None:
            self._compare(before)

    def _compare(self, before: FlowVersion) -> None:
        from ..difference.actions import pair_changes
        from ..difference.triggers import trigger_changes

        older = outline(before.definition)
        matching = self._matching = match(older, self._root)
        self._changed = {id(node) for node, changes in pair_changes(matching) if changes}
        self._added = {id(node) for node in matching.added}
        owners = {id(old): new for old, new in matching.pairs}
        gone = {id(node) for node in matching.removed}
        for node in matching.removed:
            owner = node.branch.owner
            if owner is not None and id(owner) in gone:
                continue
            place = self._root if owner is None else self._twin(node.branch, owners[id(owner)])
            self._gone.setdefault(id(place), []).append(node)
        if any(trigger_changes(before, self._after)):
            self._trigger_mark = "changed"

    @staticmethod
    def _twin(branch: Branch, owner: Node) -> Branch | None:
        same = [inner for inner in owner.branches if inner.label == branch.label]
        return next(iter(same or owner.branches), None)

    def flow(self) -> Lane:
        lane = self._lane(self._root, "")
        triggers = [
            Box(
                name.replace("_", " "), _capital(kind_in_words(body)), self._trigger_mark, "trigger"
            )
            for name, body in triggers_of(self._after.definition).items()
        ]
        followed = {id(arrow.target) for arrow in lane.arrows}
        first = [box for box in lane.boxes if id(box) not in followed]
        lane.arrows = [
            *(Arrow(trigger, box) for trigger in triggers for box in first),
            *lane.arrows,
        ]
        lane.boxes = [*triggers, *lane.boxes]
        return lane

    def _lane(self, branch: Branch, label: str) -> Lane:
        lane = Lane(label)
        found: dict[str, Box] = {}
        for node in branch.nodes:
            found[node.name] = self._box(node)
            lane.boxes.append(found[node.name])
        for node in branch.nodes:
            lane.arrows += _arrows(node, found)
        self._add_gone(branch, lane, found)
        return lane

    def _add_gone(self, branch: Branch, lane: Lane, found: Mapping[str, Box]) -> None:
        """Actions that are gone hang where they were, beside what replaced them."""
        gone = self._gone.get(id(branch), [])
        renames = self._matching.renames if self._matching else {}
        known = {**found, **{old: found[new] for old, new in renames.items() if new in found}}
        mine = {node.name: self._box(node, "removed") for node in gone}
        known = {**known, **mine}
        for node in gone:
            lane.boxes.append(mine[node.name])
            lane.arrows += _arrows(node, known)

    def _box(self, node: Node, mark: Mark = "") -> Box:
        if not mark:
            mark = "added" if id(node) in self._added else ""
            mark = "changed" if id(node) in self._changed else mark
        box = Box(node.name.replace("_", " "), kind_of(node), mark, _role(node))
        several = len(node.branches) > 1
        for branch in node.branches:
            if branch.nodes or several or id(branch) in self._gone:
                box.lanes.append(self._inner(node, branch, several, mark))
        return box

    def _inner(self, node: Node, branch: Branch, several: bool, mark: Mark) -> Lane:
        label = _capital(
            label_in_words(branch.label, node.type, branch.case) or "actions" * several
        )
        if mark == "removed":
            lane = Lane(label)
            found = {inner.name: self._box(inner, "removed") for inner in branch.nodes}
            lane.boxes = list(found.values())
            lane.arrows = [arrow for inner in branch.nodes for arrow in _arrows(inner, found)]
            return lane
        return self._lane(branch, label)


def _arrows(node: Node, found: Mapping[str, Box]) -> Iterator[Arrow]:
    for name, outcomes in node.run_after.items():
        if name in found:
            yield Arrow(found[name], found[node.name], _outcomes(outcomes))


def _outcomes(given: Any) -> str:
    outcomes = [str(item).lower() for item in given] if isinstance(given, list) else []
    if set(outcomes) <= {"succeeded"}:
        return ""
    if len(set(outcomes)) == 4:
        return "in any case"
    words = [_UNEXPECTED.get(item, "is successful") for item in outcomes]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def kind_of(node: Node) -> str:
    """An action's kind in words: `Condition`, `office365 · SendEmailV2`."""
    inputs = node.body.get("inputs")
    host = inputs.get("host") if isinstance(inputs, Mapping) else None
    if isinstance(host, Mapping) and isinstance(host.get("operationId"), str):
        connector = connector_in_words(host.get("apiId") or host.get("connectionName"))
        return f"{host['operationId']} · {connector}" if connector else str(host["operationId"])
    return _KINDS.get(node.type.lower(), node.type or "?")


def _role(node: Node) -> Literal["control", "connector", "other"]:
    if node.branches:
        return "control"
    if node.type.lower().startswith(("openapiconnection", "apiconnection", "http", "workflow")):
        return "connector"
    return "other"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
