"""Every message of the package, read from its source, so that a reader finds it by its text."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pulumi_powerautomate as powerautomate

from .reference import cell

_FOLDER = Path(powerautomate.__file__).parent
_FEWEST_WORDS = 4
# Labels of requests, words of differences, progress and documentation: no messages of their own.
_NO_MESSAGE = frozenset(
    {"send", "pages", "read_together", "Change", "Step", "_rules", "compile", "progress", "report",
     "add_parser", "add_argument", "ArgumentParser", "add_argument_group", "info", "debug"}
)  # fmt: skip
_GROUPS = {
    "warn": "Warnings",
    "problem": "Findings in a definition",
    "Problem": "Findings in a definition",
    "sentence": "Findings in a definition",
}
_REST = "Refusals of inputs, and hints that follow a message"


def page() -> str:
    """The page, one group after the other, each in alphabetical order."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for group, text in _messages():
        groups[group].add(text)
    told = sum(map(len, groups.values()))
    text = (
        f"# Messages\n\nEvery message that the package raises or prints, {told} of them; `…` "
        "stands for a name, value or number. Search for a few words of what you saw. Each says "
        "what to do; [Troubleshooting](../troubleshooting.md) has what does not fit one line.\n"
    )
    for group in sorted(groups, key=lambda name: (not name.endswith("Error"), name == _REST, name)):
        text += f"\n## {group}\n\n"
        text += "".join(f"- {cell(item)}\n" for item in sorted(groups[group], key=_order))
    return text


def _order(text: str) -> str:
    return re.sub(r"[^a-z ]", "", text.lower()).strip()


def _messages() -> Iterator[tuple[str, str]]:
    for path in sorted(_FOLDER.rglob("*.py")):
        if "emulator" not in path.relative_to(_FOLDER).parts:
            yield from messages_of(path.read_text("utf-8"))


def messages_of(source: str) -> Iterator[tuple[str, str]]:
    """The messages of one file: the group that each belongs to, and its text as Markdown."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = re.sub("…+", "…", _text(node) or "")
        if len(re.findall(r"[A-Za-z]{2,}", text)) < _FEWEST_WORDS or _is_part(node, parents):
            continue
        group = _group(node, parents)
        if group:
            yield group, _markdown(text)


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return None


def _is_part(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """A docstring, a piece of a longer text, or the help of an option."""
    parent = parents.get(node)
    if isinstance(parent, ast.keyword):
        return parent.arg in ("help", "description", "epilog", "action")
    return isinstance(parent, (ast.Expr, ast.JoinedStr, ast.FormattedValue))


def _group(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """The exception that the text belongs to, or what else comes of it; empty for no message."""
    found = _REST if re.search(r"[.?:]\s*$", _text(node) or "") else ""
    while node in parents and not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        node = parents[node]
        if isinstance(node, ast.Raise):
            return found or _REST
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name.endswith("Error"):
            return name.lstrip("_")
        if name in _NO_MESSAGE:
            return ""
        found = _GROUPS.get(name, found)
    return found


def _markdown(text: str) -> str:
    """As it reads, with nothing in it that Markdown would take for its own."""
    pieces = re.split(r"(`[^`]*`)", re.sub(r"\s+", " ", text).strip())
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([\\*<>\[\]{}$])", r"\\\1", piece)
        for piece in pieces
    )
