"""A flow as one SVG: boxes in boxes, branches side by side, arrows for what runs after what."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from ...terminal import shown
from .layout import SMALL, TITLE, Placed, PlacedLane, label_place, label_width, place_lane
from .model import Arrow, Lane
from .text_width import width

_MARGIN = 24.0
_LEGEND = 30.0
# fill, stroke, text
_MARKS = {
    "added": ("#dafbe1", "#1a7f37", "#0a3618"),
    "removed": ("#ffebe9", "#cf222e", "#5c0d12"),
    "changed": ("#fff3c4", "#9a6700", "#3b2300"),
}
_ROLES = {
    "trigger": ("#e8eaf6", "#3949ab", "#1a237e"),
    "control": ("#f6f8fa", "#8c959f", "#24292f"),
    "connector": ("#eaf4ff", "#4a8fd0", "#0b2f52"),
    "other": ("#ffffff", "#8c959f", "#24292f"),
}
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_FONT = "Segoe UI, Helvetica, Arial, sans-serif"


def svg(lane: Lane, title: str = "") -> str:
    """
    The text of a self-contained SVG file.

    Args:
        lane: what to draw.
        title: the flow's name, shown above it; empty for none.
    """
    whole = place_lane(lane)
    marks = _marks(whole)
    head = (34.0 if title else 0.0) + (_LEGEND if marks else 0.0)
    total = max(whole.width, width(title, 18), 330.0 if marks else 0.0) + 2 * _MARGIN
    height = whole.height + 2 * _MARGIN + head
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {total:.0f} {height:.0f}" font-family="{_FONT}" role="img">',
        f"<title>{escape(shown(title) or 'Flow', quote=False)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#57606a"/></marker>'
        "</defs>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    if title:
        parts.append(_text(title, _MARGIN, _MARGIN + 14, 18, "#24292f", bold=True))
    if marks:
        parts += _legend(marks, _MARGIN + (34.0 if title else 0.0))
    left = (total - whole.width) / 2
    parts += _lane(whole, left, _MARGIN + head)
    parts.append("</svg>\n")
    return "\n".join(parts)


def _lane(lane: PlacedLane, x: float, y: float) -> list[str]:
    parts = []
    for placed in lane.placed:
        parts += _box(placed, x + placed.x, y + placed.y)
    # Labelled ones last, so that no other arrow crosses the words.
    for arrow, points in sorted(lane.routes, key=lambda route: bool(route[0].label)):
        parts += _arrow(arrow, [(x + px, y + py) for px, py in points])
    return parts


def _box(placed: Placed, x: float, y: float) -> list[str]:
    box = placed.box
    fill, stroke, ink = _MARKS.get(box.mark) or _ROLES[box.role]
    dashed = ' stroke-dasharray="6 4"' if box.mark == "removed" else ""
    thick = 2 if box.mark else 1.2
    round_ = 18 if box.role == "trigger" else 6
    parts = [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{placed.width:.1f}" height="{placed.height:.1f}" '
        f'rx="{round_}" fill="{fill}" stroke="{stroke}" stroke-width="{thick}"{dashed}/>'
    ]
    middle = x + placed.width / 2
    for number, line in enumerate(placed.title):
        parts.append(_text(line, middle, y + 23 + 17 * number, TITLE, ink, bold=True, middle=True))
    below = y + 23 + 17 * len(placed.title) - 2
    parts.append(_text(placed.kind, middle, below, SMALL, ink, middle=True, faint=True))
    if box.mark:
        sign = _SIGNS[box.mark]
        parts.append(_text(sign, x + 7, y + 17, 15, stroke, bold=True))
    for lane in placed.lanes:
        parts += _branch(lane, x, y, placed)
    return parts


def _branch(lane: PlacedLane, x: float, y: float, owner: Placed) -> list[str]:
    left, top = x + lane.x - 8, y + lane.y - lane.head - 4
    wide, high = lane.width + 16, owner.height - (lane.y - lane.head) - 4
    parts = []
    if lane.lane.label or len(owner.lanes) > 1:
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="5" '
            'fill="#ffffff" fill-opacity="0.75" stroke="#d0d7de"/>'
        )
        label = (left + wide / 2, top + 16)
        parts.append(_text(lane.lane.label, *label, SMALL, "#57606a", bold=True, middle=True))
    if not lane.placed:
        empty = (left + wide / 2, top + lane.head + 16)
        parts.append(_text("nothing", *empty, SMALL, "#8c959f", middle=True))
    return parts + _lane(lane, x + lane.x, y + lane.y)


def _arrow(arrow: Arrow, points: list[tuple[float, float]]) -> list[str]:
    dashed = (
        ' stroke-dasharray="5 4"' if "removed" in (arrow.source.mark, arrow.target.mark) else ""
    )
    colour = "#cf222e" if "failed" in arrow.label and "success" not in arrow.label else "#57606a"
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        if abs(x1 - x2) < 0.5:
            path.append(f"L{x2:.1f},{y2:.1f}")
        else:
            bend = (y1 + y2) / 2
            path.append(f"C{x1:.1f},{bend:.1f} {x2:.1f},{bend:.1f} {x2:.1f},{y2:.1f}")
    parts = [
        f'<path d="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="1.4"'
        f'{dashed} marker-end="url(#tip)"/>'
    ]
    if arrow.label:
        (x, y), wide = label_place(points), label_width(arrow.label)
        parts.append(
            f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:.1f}" height="16" '
            'fill="#ffffff" fill-opacity="0.9"/>'
        )
        parts.append(_text(arrow.label, x, y + 4, SMALL, colour, middle=True))
    return parts


def _text(
    text: str, x: float, y: float, size: float, ink: str, *,
    bold: bool = False, middle: bool = False, faint: bool = False,
) -> str:  # fmt: skip
    more = ' font-weight="600"' if bold else ""
    more += ' text-anchor="middle"' if middle else ""
    more += ' fill-opacity="0.75"' if faint else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{ink}"'
    return f"<text {place}{more}>{escape(shown(text), quote=False)}</text>"


def _marks(lane: PlacedLane) -> list[str]:
    found: set[str] = set()
    stack = [lane]
    while stack:
        for placed in stack.pop().placed:
            found.add(placed.box.mark)
            stack.extend(placed.lanes)
    return [mark for mark in _MARKS if mark in found]


def _legend(marks: list[str], y: float) -> list[str]:
    parts, x = [], _MARGIN
    for mark in marks:
        fill, stroke, ink = _MARKS[mark]
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="14" height="14" rx="3" fill="{fill}" '
            f'stroke="{stroke}"/>'
        )
        parts.append(_text(f"{_SIGNS[mark]} {mark}", x + 20, y + 11, SMALL, ink))
        x += 100
    return parts
