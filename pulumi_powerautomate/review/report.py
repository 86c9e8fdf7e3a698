"""
The report: a summary that is always whole, then details and diagrams as far as there is room.

GitHub takes comments of up to 65,536 characters. What does not fit is left out in this order: the
diagrams, the details of single resources; and the report says how many of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..flow import Change
from ..flow.difference.wording import counted, shown
from ..resources import GROUPS, RESOURCES
from ..solution.difference import PackageDifference
from .flow_step import describe
from .markdown import fenced, plain
from .packages import diagram_of, package_in_markdown
from .preview import Operation, Preview, Step
from .sections import changes_in_markdown, collapsed, sentences_in_markdown
from .words import in_words

_GROUPS = {kind.name: kind.group for kind in RESOURCES}
_ORDER = (*GROUPS, "Others")
_OPERATIONS: tuple[Operation, ...] = ("create", "update", "replace", "delete")
_IN_SHORT = 110
_HARMLESS = 3
_MARK = "⚠️ "
_DANGEROUS = frozenset({"owner-changed", "flow-removed", "reference-removed", "variable-removed"})
_RESERVE = 400
_MOST_ERRORS = 10


@dataclass
class _Item:
    step: Step
    group: str
    sentences: list[str]
    details: str
    diagram: str
    danger: int = _HARMLESS
    diagrams: int = 0

    @property
    def row(self) -> str:
        more = len(self.sentences) - 1
        short = shown(self.sentences[0], _IN_SHORT) + (f" (+{more})" if more else "")
        kind = self.step.kind
        mark = _MARK if self.danger < _HARMLESS else ""
        operation = f"**{self.step.operation}**" if mark else self.step.operation
        return f"| {mark}{plain(self.step.name)} | {plain(kind)} | {operation} | {plain(short)} |\n"

    @property
    def order(self) -> tuple[int, int, bool]:
        """By danger first; then flows, shares, solutions; changes before what is new."""
        return self.danger, _ORDER.index(self.group), self.step.operation == "create"


# The difference of the packages of a step; None where it needs none, a text where it has none.
PackageLookup = Callable[[Step], "PackageDifference | str | None"]


def report(
    preview: Preview,
    *,
    title: str = "",
    limit: int = 65_536,
    packages: PackageLookup = lambda step: None,
) -> str:
    """
    The Markdown of a preview.

    Args:
        preview: what `pulumi preview --json` printed, as read by `read_preview`.
        title: the heading; project and stack by default.
        limit: the longest report, in characters. The summary alone is kept when even it is
            longer, cut to its first rows.
        packages: the difference of the packages of a `SolutionImport`, or why there is none.
    """
    items = sorted((_item(step, packages) for step in preview.steps), key=lambda item: item.order)
    head = _head(preview, title, items)
    summary, cut = _summary(items, limit - len(head) - _RESERVE)
    room = limit - len(head) - len(summary) - _RESERVE
    parts, left_out = _fitting(items, room)
    if cut:
        left_out.insert(0, f"{counted(cut, 'row')} of the table")
    foot = f"\nLeft out, to stay within {limit:,} characters: {', '.join(left_out)}.\n"
    return head + summary + "".join(parts) + (foot if left_out else "")


def report_document(
    preview: Preview, *, packages: PackageLookup = lambda step: None
) -> dict[str, Any]:
    """The contents of a report, for programs: the most dangerous step first, as in the table."""
    items = sorted((_item(step, packages) for step in preview.steps), key=lambda item: item.order)
    return {
        "project": preview.project,
        "stack": preview.stack,
        "errors": preview.errors,
        "unchanged": preview.unchanged,
        "steps": [
            {
                "operation": item.step.operation,
                "kind": item.step.kind,
                "name": item.step.name,
                "urn": item.step.urn,
                "dangerous": item.danger < _HARMLESS,
                "sentences": item.sentences,
            }
            for item in items
        ],
    }


def _item(step: Step, packages: PackageLookup) -> _Item:
    group = _GROUPS.get(step.kind, "Others")
    if step.kind == "SolutionImport" and step.operation in ("update", "replace", "create"):
        compared = packages(step)
        if compared is not None:
            return _package_item(step, group, compared)
    if step.kind != "CloudFlow":
        sentences = in_words(step)
        details = sentences_in_markdown(sentences) if len(sentences) > 1 else ""
        return _Item(step, group, sentences, details, "", _danger(step, []))
    found = describe(step)
    told = {change.sentence for change in found.changes}
    untold = sentences_in_markdown([line for line in found.sentences if line not in told])
    details = changes_in_markdown(found.changes)
    # That a flow is made anew comes before what differs in it.
    details = untold + details if step.operation == "replace" else details + untold
    diagram = fenced(found.diagram, "mermaid") if found.diagram else ""
    if not diagram and len(found.sentences) == 1 and not found.changes:
        # The table says it all.
        details = ""
    danger = _danger(step, found.changes)
    return _Item(step, group, found.sentences, details, diagram, danger, bool(diagram))


def _package_item(step: Step, group: str, found: PackageDifference | str) -> _Item:
    """A solution whose packages were compared, or could not be."""
    sentences = in_words(step)
    if isinstance(found, str):
        sentences.append(found)
        details = sentences_in_markdown(sentences)
        return _Item(step, group, sentences, details, "", _danger(step, []))
    known = {"version-changed", "solution-changed"}
    changes = [change for change in found.all if change.kind not in known]
    # Which flows differ is told by the difference.
    sentences = [line for line in sentences if not line.startswith("Flows in it that differ")]
    short = sentences[:1] + [change.sentence for change in changes] + sentences[1:]
    whole = replace(found, changes=[c for c in found.changes if c.kind not in known])
    details = sentences_in_markdown(sentences) + package_in_markdown(whole, diagrams=False)
    pictures = [(flow.name, picture) for flow in found.flows if (picture := diagram_of(flow))]
    diagram = "".join(f"{plain(name)}\n\n{fenced(text, 'mermaid')}\n" for name, text in pictures)
    return _Item(step, group, short, details, diagram, _danger(step, changes), len(pictures))


def _danger(step: Step, changes: Sequence[Change]) -> int:
    """How dangerous a step is, the most dangerous least: something is lost, or stops."""
    if step.operation in ("delete", "replace"):
        return ("delete", "replace").index(step.operation)
    for change in changes:
        if change.kind in _DANGEROUS or (change.kind == "state-changed" and change.after == "off"):
            return 2
    return _HARMLESS


def marker(preview: Preview) -> str:
    """
    The line by which the comment of a stack is found again; empty where the stack is not known.

    A comment of HTML shows nothing, and ends at `-->`, which a name cannot hold.
    """
    if not preview.project or not preview.stack:
        return ""
    name = f"{preview.project}/{preview.stack}"
    return f"<!-- pulumi-powerautomate:{re.sub('[^A-Za-z0-9_./-]', '-', name)} -->\n"


def _head(preview: Preview, title: str, items: list[_Item]) -> str:
    name = title or "/".join(part for part in (preview.project, preview.stack) if part)
    lines = [marker(preview), f"## {plain(name or 'Preview')}\n\n"]
    if preview.errors:
        lines.append("**The preview failed:**\n\n")
        lines.append(sentences_in_markdown(preview.errors[:_MOST_ERRORS]))
        lines.append("\n")
    unchanged = counted(preview.unchanged, "resource")
    if not items and preview.errors:
        lines.append("What would change is not known.\n")
        return "".join(lines)
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
            drawn += item.diagrams
        parts.append(_section(item, draws))
    undrawn = sum(item.diagrams for item in items) - drawn
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
