"""A flow as a Mermaid flowchart: containers are subgraphs, changed actions have a class."""

from __future__ import annotations

from collections.abc import Iterator

from ...terminal import shown
from .model import Box, Lane

_CLASSES = {
    "trigger": "fill:#e8eaf6,stroke:#3949ab,color:#1a237e",
    "added": "fill:#dafbe1,stroke:#1a7f37,color:#0a3618,stroke-width:2px",
    "removed": "fill:#ffebe9,stroke:#cf222e,color:#5c0d12,stroke-dasharray:5 3",
    "changed": "fill:#fff3c4,stroke:#9a6700,color:#3b2300,stroke-width:2px",
}
_SIGNS = {"added": "+ ", "removed": "- ", "changed": "~ ", "": ""}
_LONGEST = 60


class _Chart:
    def __init__(self) -> None:
        self._ids: dict[int, str] = {}
        self._lines: list[str] = ["flowchart TD"]
        self._classes: dict[str, list[str]] = {}

    def text(self, lane: Lane) -> str:
        self._lane(lane, "  ")
        self._arrows(lane)
        used = {name: ids for name, ids in self._classes.items() if name in _CLASSES}
        for name in used:
            self._lines.append(f"  classDef {name} {_CLASSES[name]}")
        for name, ids in used.items():
            self._lines.append(f"  class {','.join(ids)} {name}")
        return "\n".join(self._lines) + "\n"

    def _lane(self, lane: Lane, indent: str) -> None:
        for box in lane.boxes:
            self._box(box, indent)

    def _box(self, box: Box, indent: str) -> None:
        here = self._ids[id(box)] = f"n{len(self._ids)}"
        style = box.mark or box.role
        if style in _CLASSES:
            self._classes.setdefault(style, []).append(here)
        title = f"{_SIGNS[box.mark]}{_escaped(box.title)}"
        if not any(lane.boxes for lane in box.lanes):
            shape = ('(["', '"])') if box.role == "trigger" else ('["', '"]')
            label = f"{title}<br/>{_escaped(box.kind)}"
            self._lines.append(f"{indent}{here}{shape[0]}{label}{shape[1]}")
            return
        self._lines.append(f'{indent}subgraph {here}["{title} ({_escaped(box.kind)})"]')
        # Mermaid turns each nested level by a quarter unless it is told not to.
        self._lines.append(f"{indent}  direction TB")
        for number, lane in enumerate(lane for lane in box.lanes if lane.boxes):
            if lane.label:
                name = _escaped(lane.label)
                self._lines.append(f'{indent}  subgraph {here}b{number}["{name}"]')
                self._lines.append(f"{indent}    direction TB")
                self._lane(lane, indent + "    ")
                self._lines.append(f"{indent}  end")
            else:
                self._lane(lane, indent + "  ")
        self._lines.append(f"{indent}end")

    def _arrows(self, lane: Lane) -> None:
        for arrow in lane.arrows:
            ends = self._ids[id(arrow.source)], self._ids[id(arrow.target)]
            dotted = arrow.source.mark == "removed" or arrow.target.mark == "removed"
            line = "-.->" if dotted else "-->"
            label = f'|"{_escaped(arrow.label)}"|' if arrow.label else ""
            self._lines.append(f"  {ends[0]} {line}{label} {ends[1]}")
        for box in lane.boxes:
            for inner in box.lanes:
                self._arrows(inner)


def mermaid(lane: Lane) -> str:
    """The text of a Mermaid flowchart, top to bottom."""
    return _Chart().text(lane)


def _escaped(text: str) -> str:
    """Text inside quotes: entities by number, because Mermaid knows no backslash."""
    text = shown(" ".join(text.split()))
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "".join(_characters(text))


def _characters(text: str) -> Iterator[str]:
    for character in text:
        if character.isalnum() or character in " .,:-_/…·()+~?'" or ord(character) > 127:
            yield character
        else:
            yield f"#{ord(character)};"
