"""
The report: a summary that is always whole, then details and diagrams as far as there is room.

GitHub takes comments of up to 65,536 characters. What does not fit is left out in this order: the
diagrams, the details of single resources; and the report says how many of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..flow.difference.wording import counted, shown
from .flow_step import describe
from .markdown import fenced, plain
from .preview import Operation, Preview, Step
from .sections import changes_in_markdown, collapsed, sentences_in_markdown
from .words import in_words

_GROUPS = {
    "CloudFlow": "Flows",
    "FlowShare": "Shares",
    "FlowSharesExclusive": "Shares",
    "SolutionImport": "Solutions",
    "ConnectionReference": "Bindings",
    "EnvironmentVariableValue": "Bindings",
}
_ORDER = ("Flows", "Shares", "Solutions", "Bindings", "Others")
_OPERATIONS: tuple[Operation, ...] = ("create", "update", "replace", "delete")
_IN_SHORT = 110
_RESERVE = 400
_MOST_ERRORS = 10


@dataclass
class _Item:
    step: Step
    group: str
    sentences: list[str]
    details: str
    diagram: str

    @property
    def row(self) -> str:
        more = len(self.sentences) - 1
        short = shown(self.sentences[0], _IN_SHORT) + (f" (+{more})" if more else "")
        kind = self.step.kind
        return (
            f"| {plain(self.step.name)} | {plain(kind)} | {self.step.operation} "
            f"| {plain(short)} |\n"
        )


def report(preview: Preview, *, title: str = "", limit: int = 65_536) -> str:
    """
    The Markdown of a preview.

    Args:
        preview: what `pulumi preview --json` printed, as read by `read_preview`.
        title: the heading; project and stack by default.
        limit: the longest report, in characters. The summary alone is kept when even it is
            longer, cut to its first rows.
    """
    items = sorted(
        (_item(step) for step in preview.steps),
        key=lambda item: (_ORDER.index(item.group), _OPERATIONS.index(item.step.operation) == 0),
    )
    head = _head(preview, title, items)
    summary, cut = _summary(items, limit - len(head) - _RESERVE)
    room = limit - len(head) - len(summary) - _RESERVE
    parts, left_out = _fitting(items, room)
    if cut:
        left_out.insert(0, f"{counted(cut, 'row')} of the table")
    foot = f"\nLeft out, to stay within {limit:,} characters: {', '.join(left_out)}.\n"
    return head + summary + "".join(parts) + (foot if left_out else "")


def _item(step: Step) -> _Item:
    group = _GROUPS.get(step.kind, "Others")
    if step.kind != "CloudFlow":
        sentences = in_words(step)
        details = sentences_in_markdown(sentences) if len(sentences) > 1 else ""
        return _Item(step, group, sentences, details, "")
    found = describe(step)
    details = changes_in_markdown(found.changes)
    told = {change.sentence for change in found.changes}
    details += sentences_in_markdown([line for line in found.sentences if line not in told])
    diagram = fenced(found.diagram, "mermaid") if found.diagram else ""
    if not diagram and len(found.sentences) == 1 and not found.changes:
        # The table says it all.
        details = ""
    return _Item(step, group, found.sentences, details, diagram)


def _head(preview: Preview, title: str, items: list[_Item]) -> str:
    name = title or "/".join(part for part in (preview.project, preview.stack) if part)
    lines = [f"## {plain(name or 'Preview')}\n\n"]
    if preview.errors:
        lines.append("**The preview failed:**\n\n")
        lines.append(sentences_in_markdown(preview.errors[:_MOST_ERRORS]))
        lines.append("\n")
    unchanged = counted(preview.unchanged, "resource")
    if not items:
        lines.append(f"No changes; {unchanged} unchanged.\n")
        return "".join(lines)
    counts = Counter((item.group, item.step.operation) for item in items)
    lines.append("| | create | update | replace | delete |\n|---|--:|--:|--:|--:|\n")
    for group in _ORDER:
        numbers = [counts[group, operation] for operation in _OPERATIONS]
        if any(numbers):
            cells = " | ".join(str(number) if number else "" for number in numbers)
            lines.append(f"| {group} | {cells} |\n")
    lines.append(f"\n{unchanged} unchanged.\n\n")
    return "".join(lines)


def _summary(items: list[_Item], room: int) -> tuple[str, int]:
    """The table of all resources, and how many rows did not fit."""
    if not items:
        return "", 0
    head = "| Resource | Kind | | In short |\n|---|---|---|---|\n"
    kept, used = [], len(head) + 1
    for item in items:
        used += len(item.row)
        if used > room:
            break
        kept.append(item.row)
    return head + "".join(kept) + "\n", len(items) - len(kept)


def _fitting(items: list[_Item], room: int) -> tuple[list[str], list[str]]:
    """The details that fit, with diagrams if there is room for them; and what is left out."""
    detailed = [item for item in items if item.details]
    kept: list[_Item] = []
    for item in detailed:
        size = len(_section(item, False))
        if size <= room:
            room -= size
            kept.append(item)
    everything = len(kept) == len(detailed)
    parts, drawn = [], 0
    for item in kept:
        size = len(_section(item, True)) - len(_section(item, False))
        draws = everything and bool(item.diagram) and size <= room
        if draws:
            room -= size
            drawn += 1
        parts.append(_section(item, draws))
    undrawn = sum(1 for item in items if item.diagram) - drawn
    left_out = [counted(undrawn, "diagram")] if undrawn else []
    if not everything:
        left_out.append(f"the details of {counted(len(detailed) - len(kept), 'resource')}")
    return parts, left_out


def _section(item: _Item, draws: bool) -> str:
    note: str = item.step.operation
    if note == "update":
        note = counted(len(item.sentences), "change")
    body = item.details + (f"\n{item.diagram}" if draws else "")
    return collapsed(item.step.name, note, body)
