"""Lines of what a path points to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.flow import Lines, parse_json
from tests.harness.corpus import FLOWS

_TEXT = """{
  "triggers": {},
  "actions": {
    "A \\"quoted\\", name": {
      "inputs": [
        1,
        {"x": [true,
               "]}"]}
      ]
    },
    "B.with.dots": {"type":
      "Compose"}
  }
}"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("triggers", 2),
        ("actions", 3),
        ('actions.A "quoted", name', 4),
        ('actions.A "quoted", name.inputs[0]', 6),
        ('actions.A "quoted", name.inputs[1].x', 7),
        ('actions.A "quoted", name.inputs[1].x[1]', 8),
        ("actions.B.with.dots.type", 11),
        ("actions.B.with.dots.runAfter.Nowhere", 11),
        ("outputs", 1),
    ],
)
def test_lines(path: str, line: int) -> None:
    """Keys with dots and quotes, lists, and members that are missing."""
    assert Lines(_TEXT).of(path) == line


def test_lines_in_an_exported_document() -> None:
    """Paths start in the definition, wherever the document keeps it."""
    text = json.dumps({"properties": {"definition": json.loads(_TEXT)}}, indent=1)
    assert Lines(text).of("actions.B.with.dots.type") == Lines(text).of("actions.B.with.dots") + 1
    assert Lines(text).of("outputs") == 3


@pytest.mark.skipif(not FLOWS, reason="needs the corpus of real flows")
@pytest.mark.parametrize("path", FLOWS[::10], ids=lambda path: path.stem[-40:])
def test_every_member_of_a_real_flow(path: Path) -> None:
    """The line of each member begins with its key, or holds it when many stand on one line."""
    text = path.read_text("utf-8-sig")
    lines = text.split("\n")
    found = Lines(text)
    value = parse_json(text)
    definition = value["properties"]["definition"]
    for where, key in _members("", definition):
        shown = lines[found.of(where) - 1]
        assert key in shown or json.dumps(key) in shown or "\\u" in shown


def _members(path: str, value: Any) -> list[tuple[str, str]]:
    found = []
    if isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}.{key}" if path else key
            found.append((here, key))
            found += _members(here, item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            found += _members(f"{path}[{number}]", item)
    return found
