"""
Where the boxes of a picture go.

Each lane is a layered drawing of its own, top to bottom: an action's row is below everything it
waits for. An arrow that passes rows gets a free place in each of them, so that it leads past boxes
and not through them. Containers are as large as what they hold.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from .model import Arrow, Box, Lane
from .text_width import cut, width, wrapped

TITLE, SMALL = 13.0, 11.0
_TITLE_LINE, _SMALL_LINE = 17.0, 15.0
_TEXT = 240.0
# A schedule in words is long.
_TRIGGER_TEXT = 380.0
_PAD = 10.0
_GAP_X, _GAP_Y = 22.0, 34.0
_LABEL_Y = 14.0
_PASSAGE = 10.0
_SWEEPS = 4


@dataclass
class Placed:
    """A box and where it is; `title` in lines that fit. Coordinates are those of its lane."""

    box: Box
    title: list[str]
    kind: str
    width: float
    height: float
    head: float
    lanes: list[PlacedLane] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0


@dataclass
class PlacedLane:
    """A lane and where it is inside its box; each route is the points an arrow passes."""

    lane: Lane
    placed: list[Placed]
    routes: list[tuple[Arrow, list[tuple[float, float]]]]
    width: float
    height: float
    head: float = 0.0
    x: float = 0.0
    y: float = 0.0


@dataclass
class _Slot:
    """A box in a row, or the passage of an arrow through it."""

    width: float
    placed: Placed | None = None
    above: list[_Slot] = field(default_factory=list)
    below: list[_Slot] = field(default_factory=list)
    x: float = 0.0

    @property
    def centre(self) -> float:
        return self.x + self.width / 2


def place_lane(lane: Lane) -> PlacedLane:
    """Place a lane with everything in it."""
    placed = {id(box): _place_box(box) for box in lane.boxes}
    rows, chains = _rows(lane, placed)
    _order(rows)
    _spread(rows)
    heights, top = [], 0.0
    labelled = _labelled(lane, rows, placed)
    for number, row in enumerate(rows):
        height = max([slot.placed.height for slot in row if slot.placed] or [0.0])
        for slot in row:
            if slot.placed:
                slot.placed.x, slot.placed.y = slot.x, top
        heights.append((top, height))
        top += height + _GAP_Y + (_LABEL_Y if number in labelled else 0.0)
    routes = [(arrow, _route(chain, rows, heights)) for arrow, chain in chains]
    right = max([slot.x + slot.width for row in rows for slot in row] or [_TEXT / 2])
    bottom = heights[-1][0] + heights[-1][1] if heights else 20.0
    result = PlacedLane(lane, list(placed.values()), routes, right, bottom)
    _make_room_for_labels(result)
    return result


def label_place(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The middle of an arrow's last bend, where nothing but arrows is."""
    (x1, y1), (x2, y2) = points[-2:]
    return (x1 + x2) / 2, (y1 + y2) / 2


def _make_room_for_labels(lane: PlacedLane) -> None:
    left = 0.0
    for arrow, points in lane.routes:
        if arrow.label:
            half, middle = label_width(arrow.label) / 2, label_place(points)[0]
            left = min(left, middle - half)
            lane.width = max(lane.width, middle + half)
    lane.width -= left
    _shift(lane, -left)


def label_width(label: str) -> float:
    """How wide an arrow's label is."""
    return width(label, SMALL) * 0.9 + 6


def _place_box(box: Box) -> Placed:
    lanes = [place_lane(lane) for lane in box.lanes]
    for lane in lanes:
        lane.head = 22.0 if lane.lane.label else 0.0
        needed = width(lane.lane.label, SMALL) + 16
        lane.width, shift = max(lane.width, needed), max(0.0, needed - lane.width) / 2
        _shift(lane, shift)
    inside = sum(lane.width + 2 * _PAD for lane in lanes) + _PAD * max(0, len(lanes) - 1)
    room = max(_TRIGGER_TEXT if box.role == "trigger" else _TEXT, inside)
    title = wrapped(box.title, room, TITLE, 2)
    kind = cut(box.kind, room, SMALL)
    head = _PAD + _TITLE_LINE * len(title) + _SMALL_LINE + _PAD * 0.6
    text = max([*(width(line, TITLE) for line in title), width(kind, SMALL), 90.0])
    # The sign of a mark stands in the corner, beside the title.
    total = max(text + (16 if box.mark else 0), inside) + 2 * _PAD
    x, tallest = (total - inside) / 2, 0.0
    for lane in lanes:
        lane.x, lane.y = x + _PAD, head + lane.head + _PAD * 0.6
        x += lane.width + 3 * _PAD
        tallest = max(tallest, lane.height + lane.head)
    height = head + (tallest + 2.6 * _PAD if lanes else 0.0)
    return Placed(box, title, kind, total, height, head, lanes)


def _shift(lane: PlacedLane, by: float) -> None:
    if by:
        for placed in lane.placed:
            placed.x += by
        lane.routes = [(arrow, [(x + by, y) for x, y in points]) for arrow, points in lane.routes]


def _rows(
    lane: Lane, placed: dict[int, Placed]
) -> tuple[list[list[_Slot]], list[tuple[Arrow, list[_Slot]]]]:
    """Boxes by the longest way from the start; arrows that pass rows get a slot in each."""
    level = _levels(lane)
    rows: list[list[_Slot]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    slots: dict[int, _Slot] = {}
    for box in lane.boxes:
        slot = slots[id(box)] = _Slot(placed[id(box)].width, placed[id(box)])
        rows[level[id(box)]].append(slot)
    chains = []
    for arrow in lane.arrows:
        start, end = level[id(arrow.source)], level[id(arrow.target)]
        if start >= end:
            continue
        chain = [slots[id(arrow.source)]]
        for number in range(start + 1, end):
            chain.append(_Slot(_PASSAGE))
            rows[number].append(chain[-1])
        chain.append(slots[id(arrow.target)])
        for upper, lower in pairwise(chain):
            upper.below.append(lower)
            lower.above.append(upper)
        chains.append((arrow, chain))
    return rows, chains


def _levels(lane: Lane) -> dict[int, int]:
    """The row of each box; an arrow that closes a cycle does not count."""
    after: dict[int, list[int]] = defaultdict(list)
    waits = {id(box): 0 for box in lane.boxes}
    for arrow in lane.arrows:
        after[id(arrow.source)].append(id(arrow.target))
        waits[id(arrow.target)] += 1
    level = dict.fromkeys(waits, 0)
    ready = [box for box, number in waits.items() if not number]
    done = set(ready)
    while len(done) < len(waits) or ready:
        if not ready:
            cycle = next(box for box in waits if box not in done)
            ready.append(cycle)
            done.add(cycle)
        box = ready.pop()
        for target in after[box]:
            if target in done:
                continue
            level[target] = max(level[target], level[box] + 1)
            waits[target] -= 1
            if not waits[target]:
                ready.append(target)
                done.add(target)
    return level


def _order(rows: list[list[_Slot]]) -> None:
    """Fewer crossings: each slot near the middle of what it is connected with, up and down."""
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        ordered = rows if down else rows[::-1]
        previous: dict[int, int] = {}
        for row in ordered:
            positions = previous

            def middle(
                slot: _Slot, positions: dict[int, int] = positions, down: bool = down
            ) -> float:
                near = [positions[id(n)] for n in (slot.above if down else slot.below)
                        if id(n) in positions]  # fmt: skip
                return sum(near) / len(near) if near else 0.0

            if positions:
                row.sort(key=middle)
            previous = {id(slot): number for number, slot in enumerate(row)}


def _spread(rows: list[list[_Slot]]) -> None:
    """Each slot below and above the middle of its neighbours, as far as there is room."""
    for row in rows:
        x = 0.0
        for slot in row:
            slot.x = x
            x += slot.width + _GAP_X
    widest = max([row[-1].x + row[-1].width for row in rows if row] or [0.0])
    for row in rows:
        _move(row, (widest - (row[-1].x + row[-1].width)) / 2 if row else 0.0)
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            _settle(row, down)
    left = min([slot.x for row in rows for slot in row] or [0.0])
    for row in rows:
        _move(row, -left)


def _settle(row: list[_Slot], down: bool) -> None:
    """Move a row's slots to where they want to be, keeping order and distance."""
    groups: list[tuple[float, float, list[_Slot]]] = []
    for slot in row:
        near = slot.above if down else slot.below
        wish = sum(n.centre for n in near) / len(near) - slot.width / 2 if near else slot.x
        start, size, members = wish, slot.width, [slot]
        # A group that would overlap the one before joins it, in the middle of both wishes.
        while groups and groups[-1][0] + groups[-1][1] + _GAP_X > start:
            before, before_size, others = groups.pop()
            offset = before_size + _GAP_X
            weight = len(others) + len(members)
            start = (before * len(others) + (start - offset) * len(members)) / weight
            size, members = offset + size, others + members
        groups.append((start, size, members))
    for start, _, members in groups:
        x = start
        for slot in members:
            slot.x = x
            x += slot.width + _GAP_X


def _move(row: list[_Slot], by: float) -> None:
    for slot in row:
        slot.x += by


def _labelled(lane: Lane, rows: list[list[_Slot]], placed: dict[int, Placed]) -> set[int]:
    """The rows before an arrow's label, which needs room."""
    row_of = {
        id(slot.placed.box): number
        for number, row in enumerate(rows)
        for slot in row
        if slot.placed
    }
    return {row_of[id(arrow.target)] - 1 for arrow in lane.arrows if arrow.label}


def _route(
    chain: list[_Slot], rows: list[list[_Slot]], heights: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """From below the source through its passages to above the target."""
    source, target = chain[0].placed, chain[-1].placed
    assert source is not None
    assert target is not None
    row_of_source = next(n for n, (top, _) in enumerate(heights) if top == source.y)
    # Straight down to the end of its own row first: a neighbour may be taller.
    points = [
        (chain[0].centre, source.y + source.height),
        (chain[0].centre, sum(heights[row_of_source])),
    ]
    for number, slot in enumerate(chain[1:-1], row_of_source + 1):
        top, height = heights[number]
        points += [(slot.centre, top), (slot.centre, top + height)]
    points.append((chain[-1].centre, target.y))
    return points
