"""The parts of a report, each as Markdown of its own."""

from __future__ import annotations

from collections.abc import Sequence

from ..flow import Change
from .markdown import code, fenced, in_html, plain

_LONGEST_BLOCK = 1500


def changes_in_markdown(changes: Sequence[Change]) -> str:
    """A list of changes; text that does not fit on a line is shown whole below its change."""
    return "".join(_change(change) for change in changes)


def _change(change: Change) -> str:
    path = f" ({code(change.path)})" if change.path else ""
    line = f"- {plain(change.sentence)}{path}\n"
    texts = (change.before, change.after)
    if "…" not in change.sentence or not all(isinstance(text, str) for text in texts):
        return line
    old, new = (
        "".join(f"{sign} {part}\n" for part in str(text)[:_LONGEST_BLOCK].splitlines())
        for sign, text in zip("-+", texts, strict=True)
    )
    block = fenced(old + new, "diff")
    return line + "\n" + "".join(f"  {row}\n" for row in block.splitlines()) + "\n"


def sentences_in_markdown(sentences: Sequence[str]) -> str:
    """A plain list."""
    return "".join(f"- {plain(sentence)}\n" for sentence in sentences)


def collapsed(title: str, note: str, body: str) -> str:
    """Details that open with a click."""
    summary = f"<b>{in_html(title)}</b>: {in_html(note)}"
    return f"<details><summary>{summary}</summary>\n\n{body.rstrip()}\n\n</details>\n\n"
