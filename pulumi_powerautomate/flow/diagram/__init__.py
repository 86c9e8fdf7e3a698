"""A flow as a picture: Mermaid for a pull request, SVG for everywhere else."""

from __future__ import annotations

from typing import Any

from ..difference import FlowVersion
from . import mermaid as _mermaid
from . import svg as _svg
from .model import Lane, boxes, picture

__all__ = ["to_document", "to_mermaid", "to_svg"]


def to_mermaid(after: FlowVersion, before: FlowVersion | None = None) -> str:
    """
    A Mermaid flowchart.

    Args:
        after: the flow.
        before: an older version; what was added, changed or removed since is marked.
    """
    return _mermaid.mermaid(picture(after, before))


def to_svg(after: FlowVersion, before: FlowVersion | None = None, title: str = "") -> str:
    """
    A self-contained SVG on a light background.

    Args:
        after: the flow.
        before: an older version; what was added, changed or removed since is marked.
        title: shown above the flow; empty for none.
    """
    return _svg.svg(picture(after, before), title)


def to_document(after: FlowVersion, before: FlowVersion | None = None) -> dict[str, Any]:
    """
    The boxes and arrows of the picture, for programs that draw on their own.

    Args:
        after: the flow.
        before: an older version; `mark` says what was added, changed or removed since.
    """
    flow = picture(after, before)
    numbers = {id(box): number for number, box in enumerate(boxes(flow))}
    return _lane(flow, numbers)


def _lane(lane: Lane, numbers: dict[int, int]) -> dict[str, Any]:
    return {
        "label": lane.label,
        "boxes": [
            {
                "number": numbers[id(box)],
                "title": box.title,
                "kind": box.kind,
                "role": box.role,
                "mark": box.mark,
                "lanes": [_lane(inner, numbers) for inner in box.lanes],
            }
            for box in lane.boxes
        ],
        "arrows": [
            {
                "from": numbers[id(arrow.source)],
                "to": numbers[id(arrow.target)],
                "label": arrow.label,
            }
            for arrow in lane.arrows
        ],
    }
