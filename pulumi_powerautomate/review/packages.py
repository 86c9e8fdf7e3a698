"""A solution package of which a newer one is reviewed: its differences, as Markdown."""

from __future__ import annotations

from ..flow.diagram import to_mermaid
from ..flow.difference.wording import counted
from ..solution.difference import FlowDifference, PackageDifference
from .markdown import fenced
from .sections import changes_in_markdown, collapsed

# Mermaid gives up on larger ones, by default.
LONGEST_DIAGRAM = 45_000
MOST_ARROWS = 450


def package_in_markdown(found: PackageDifference, *, diagrams: bool = True) -> str:
    """The differences of two packages; each flow that differs is folded."""
    parts = [changes_in_markdown(found.changes)]
    for flow in found.flows:
        body = changes_in_markdown(flow.changes)
        picture = diagram_of(flow) if diagrams else ""
        if picture:
            body += f"\n{fenced(picture, 'mermaid')}"
        note = counted(len(flow.changes), "change")
        if flow.before is None or flow.after is None:
            note = "removed" if flow.after is None else "added"
        parts.append(("\n" if parts[-1] else "") + collapsed(flow.name, note, body))
    return "".join(parts)


def diagram_of(flow: FlowDifference) -> str:
    """Mermaid text of the newer version with its changes marked; empty when there is none."""
    return "" if flow.after is None else fitting(to_mermaid(flow.after, flow.before))


def fitting(diagram: str) -> str:
    """The diagram, unless it is too large to be drawn."""
    large = len(diagram) > LONGEST_DIAGRAM or diagram.count("->") > MOST_ARROWS
    return "" if large else diagram
