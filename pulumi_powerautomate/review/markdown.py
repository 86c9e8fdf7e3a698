"""
Markdown that shows text as it is, whatever the text holds.

Names and values come from flows and from people. They must not end a table cell, open a tag, or
notify somebody: GitHub reads `@name` and `#1` in any text that is not code.
"""

from __future__ import annotations

import html
import re

from ..terminal import shown, shown_lines

_SPECIAL = re.compile(r"([\\`*_{}\[\]|~!])")
_STARTS = re.compile(r"^(\d*)([-+.)])(?=\s)")
_NOTIFIES = re.compile(r"([@#])(?=[\w<])")
_BREAK = "<!-- -->"


def plain(text: str) -> str:
    """Text for a paragraph, list item or table cell, on one line."""
    text = shown(" ".join(text.split()))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SPECIAL.sub(r"\\\1", text)
    text = _STARTS.sub(r"\1\\\2", text)
    return _NOTIFIES.sub(rf"\1{_BREAK}", text)


def in_html(text: str) -> str:
    """Text inside an HTML tag such as `<summary>`, where Markdown's escapes would be seen."""
    return _NOTIFIES.sub(rf"\1{_BREAK}", html.escape(shown(" ".join(text.split())), quote=False))


def code(text: str) -> str:
    """A code span; the text may hold backticks."""
    text = shown(" ".join(text.split())) or " "
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def fenced(text: str, language: str) -> str:
    """A code block; its fence is longer than any that the text holds."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{shown_lines(text.rstrip())}\n{fence}\n"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
