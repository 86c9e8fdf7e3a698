"""A flow as a picture: Mermaid for a pull request, SVG for everywhere else."""

from __future__ import annotations

from ..difference import FlowVersion
from . import mermaid as _mermaid
from . import svg as _svg
from .model import picture

__all__ = ["to_mermaid", "to_svg"]


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
