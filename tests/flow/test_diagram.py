"""Diagrams: every action is there, marked rightly, inside its container, and readable."""

from __future__ import annotations

import copy
import re
from xml.etree import ElementTree

import pytest

from pulumi_powerautomate.flow import FlowVersion, outline, walk
from pulumi_powerautomate.flow.diagram import to_mermaid, to_svg
from pulumi_powerautomate.flow.diagram.layout import (
    Placed,
    PlacedLane,
    label_place,
    label_width,
    place_lane,
)
from pulumi_powerautomate.flow.diagram.model import boxes, picture
from pulumi_powerautomate.flow.diagram.text_width import width
from tests.harness.definitions import hourly
from tests.harness.edits import edited, flows

POOL = flows()
_SVG = "{http://www.w3.org/2000/svg}"


def _named(text: str) -> str:
    return text.replace("_", " ")


def _number(flow: FlowVersion) -> int:
    return sum(1 for _ in walk(outline(flow.definition)))


def test_every_action_of_every_real_flow_is_drawn() -> None:
    """Once, in both forms."""
    for flow in POOL:
        drawn = [box.title for box in boxes(picture(flow))]
        names = [_named(node.name) for node in walk(outline(flow.definition))]
        assert sorted(drawn) == sorted([*names, *map(_named, flow.definition["triggers"])])
        text = to_mermaid(flow)
        nodes = re.findall(r"(?m)^ *(?:subgraph )?(n\d+)(?:\[|\()", text)
        assert len(set(nodes)) == len(nodes) == len(drawn)
        assert text.count("subgraph ") == len(re.findall(r"(?m)^ *end$", text))
        root = ElementTree.fromstring(to_svg(flow, title="A < B & C"))
        assert len(root.findall(f"{_SVG}text")) >= 2 * len(drawn)


def _overlap(one: Placed, other: Placed) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _check_lane(lane: PlacedLane) -> None:
    for number, placed in enumerate(lane.placed):
        assert placed.x >= 0
        assert placed.x + placed.width <= lane.width + 0.01
        assert placed.y + placed.height <= lane.height + 0.01
        assert not any(_overlap(placed, other) for other in lane.placed[:number])
        for line in (*placed.title, placed.kind):
            assert width(line, 11) <= placed.width
        for inner in placed.lanes:
            assert inner.x + inner.width <= placed.width
            assert inner.y + inner.height <= placed.height
            _check_lane(inner)
    for arrow, points in lane.routes:
        # It leaves its row before it bends.
        assert points[0][0] == points[1][0]
        row = [box for box in lane.placed if box.y <= points[0][1] <= points[1][1]]
        assert all(
            box.y >= points[1][1] or box.y + box.height <= points[1][1] + 0.01 for box in row
        )
        if arrow.label:
            middle, half = label_place(points)[0], label_width(arrow.label) / 2
            assert -0.01 <= middle - half < middle + half <= lane.width + 0.01
        assert [y for _, y in points] == sorted(y for _, y in points), arrow
        for (x1, y1), (x2, y2) in zip(points[2::2], points[3::2], strict=False):
            # Between two rows an arrow bends; through a row it runs straight, past the boxes.
            assert x1 == x2
            assert not any(
                box.x < x1 < box.x + box.width and box.y < (y1 + y2) / 2 < box.y + box.height
                for box in lane.placed
            )


def test_nothing_overlaps_in_any_real_flow() -> None:
    """Boxes stay inside their containers, apart from each other, and arrows lead past them."""
    for flow in POOL:
        _check_lane(place_lane(picture(flow)))


def test_parallel_branches_and_joins() -> None:
    """Side by side, and joined below; an arrow that skips a row leads past it."""
    flow = hourly()
    flow["actions"] = {
        "A": {"type": "Compose"},
        "B": {"type": "Compose", "runAfter": {"A": ["Succeeded"]}},
        "C": {"type": "Compose", "runAfter": {"A": ["Succeeded"]}},
        "D": {"type": "Compose", "runAfter": {"B": ["Succeeded"], "C": ["Failed"]}},
        "E": {"type": "Compose", "runAfter": {"D": ["Succeeded"], "A": ["TimedOut"]}},
    }
    lane = place_lane(picture(FlowVersion(flow)))
    _check_lane(lane)
    at = {placed.box.title: placed for placed in lane.placed}
    assert at["B"].y == at["C"].y
    assert at["A"].y < at["B"].y < at["D"].y < at["E"].y
    assert at["B"].x + at["B"].width < at["C"].x
    skipping = max(lane.routes, key=lambda route: len(route[1]))
    assert (skipping[0].source.title, skipping[0].target.title) == ("A", "E")
    assert skipping[0].label == "has timed out"


def test_a_circle_is_drawn_too() -> None:
    """A definition that waits in a cycle is a mistake, and is drawn to show it."""
    flow = hourly()
    flow["actions"] = {
        "A": {"type": "Compose", "runAfter": {"B": ["Succeeded"]}},
        "B": {"type": "Compose", "runAfter": {"A": ["Succeeded"]}},
    }
    assert ">A<" in to_svg(FlowVersion(flow))


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        ("add", "added"),
        ("remove", "removed"),
        ("rename", "changed"),
        ("move", "changed"),
        ("value", "changed"),
        ("order", "changed"),
        ("schedule", "changed"),
        ("condition", "changed"),
    ],
)
def test_changes_are_marked(kind: str, mark: str) -> None:
    """On the action that changed, in both forms; nothing else is marked."""
    for seed in range(10):
        edit = edited(kind, seed, POOL)
        marked = [box for box in boxes(picture(edit.after, edit.before)) if box.mark]
        assert {box.mark for box in marked} == {mark}
        parts = edit.expected[1].split(".")
        assert any(box.title in _named(edit.expected[1]) for box in marked), parts
        assert f"classDef {mark} " in to_mermaid(edit.after, edit.before)
        assert f" {mark}</text>" in to_svg(edit.after, edit.before)


def test_without_an_older_version_nothing_is_marked() -> None:
    """And of two equal versions neither."""
    flow = FlowVersion(hourly())
    assert "classDef changed" not in to_mermaid(flow, copy.deepcopy(flow))
    assert not any(box.mark for box in boxes(picture(flow)))


@pytest.mark.parametrize(
    "name", ['a"b', "<b>&amp;", "end", "]]>", "`x`", "%%{init}%%", "漢字 🚀", ""]
)
def test_names_are_text(name: str) -> None:
    """Whatever a name holds, the picture keeps its form."""
    flow = hourly()
    flow["actions"] = {name: {"type": "Scope", "actions": {f"{name} 2": {"type": name}}}}
    version = FlowVersion(flow)
    ElementTree.fromstring(to_svg(version, title=name))
    text = to_mermaid(version)
    for line in text.splitlines():
        label = re.search(r'\["(.*)"\]', line)
        if label and "<br/>" in line:
            assert not re.search(r'["<>%`\[\]]', label[1].replace("<br/>", ""))
