"""
Code blocks of the pages, and how each is tried.

Before a block stands a comment, which no reader sees: `<!-- runs: HOW -->`, where HOW is `program`,
`script`, `commands`, `commands, exit 1`, `example`, `ignore file` or a file of tests; or
`<!-- not run: WHY -->`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_COMMENT = re.compile(r"<!-- (runs|not run): (.+) -->")
_FENCE = re.compile(r"^( *)(`{3,}|~{3,})([\w-]*)\s*$")


@dataclass(frozen=True)
class Block:
    """
    A code block.

    Attributes:
        page: path of the page below the repository.
        line: where it begins.
        language: what it is marked as.
        text: what is in it.
        how: how it is run; empty for one that is not, or that says nothing.
        why: why it is not run; empty for one that is, or that says nothing.
    """

    page: str
    line: int
    language: str
    text: str
    how: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """The name of a test of it."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page that a user reads."""
    return [
        *(path for path in sorted(ROOT.glob("*.md")) if path.name != "CHANGELOG.md"),
        *sorted((ROOT / "sdk-docs").rglob("*.md")),
        *sorted((ROOT / "examples").glob("*/*.md")),
    ]


def blocks() -> list[Block]:
    """The blocks of every page, in order."""
    return [block for page in pages() for block in blocks_of(page.read_text("utf-8"), _name(page))]


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(text: str, page: str) -> list[Block]:
    """The blocks of one page."""
    found = []
    lines = text.splitlines()
    comment: tuple[str, str] = ("", "")
    position = 0
    while position < len(lines):
        fence = _FENCE.match(lines[position])
        if fence:
            end = next(
                number
                for number in range(position + 1, len(lines))
                if lines[number].strip() == fence[2]
            )
            kind, told = comment
            body = "\n".join(line[len(fence[1]) :] for line in lines[position + 1 : end])
            found.append(
                Block(
                    page, position + 1, fence[3], body,
                    how=told if kind == "runs" else "", why=told if kind == "not run" else "",
                )
            )  # fmt: skip
            comment = ("", "")
            position = end
        elif lines[position].strip():
            mark = _COMMENT.fullmatch(lines[position].strip())
            comment = (mark[1], mark[2]) if mark else ("", "")
        position += 1
    return found
