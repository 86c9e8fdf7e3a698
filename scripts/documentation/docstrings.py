"""Docstrings in sections, and what a class says below its attributes."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

_HEADINGS = {"Args": "args", "Attributes": "attributes", "Returns": "returns", "Raises": "raises"}
_ITEM = re.compile(r"([A-Za-z_][\w.]*): ?(.*)")


@dataclass
class Sections:
    """
    A docstring.

    Attributes:
        text: everything outside of the named sections, as Markdown.
        args: meaning of each argument.
        attributes: meaning of each attribute.
        raises: when each exception is raised.
        returns: what is returned.
    """

    text: str = ""
    args: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    raises: dict[str, str] = field(default_factory=dict)
    returns: str = ""


def sections(documented: Any) -> Sections:
    """The sections of an object's own docstring; empty without one."""
    text = documented if isinstance(documented, str) else inspect.getdoc(documented) or ""
    found = Sections()
    paragraphs: list[str] = []
    lines = inspect.cleandoc(text).splitlines()
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        name = _HEADINGS.get(line.removesuffix(":")) if line.endswith(":") else None
        if name is None:
            paragraphs.append(line)
            continue
        start = position
        while position < len(lines) and (not lines[position] or lines[position].startswith(" ")):
            position += 1
        body = textwrap.dedent("\n".join(lines[start:position])).strip()
        setattr(found, name, body if name == "returns" else _items(body))
    found.text = "\n".join(paragraphs).strip()
    return found


def _items(body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in body.splitlines():
        item = None if line.startswith(" ") else _ITEM.match(line)
        if item:
            name = item[1]
            found[name] = item[2]
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def described_fields(kind: type) -> dict[str, str]:
    """The strings below each annotated attribute of a class."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[before.target.id] = inspect.cleandoc(str(after.value.value))
    return found
