"""The output of a command, as a picture of a terminal."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

_COLUMNS = 112
# As rich draws it, without the web font that it would load and without the window's buttons.
_FORMAT = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{ font-family: Consolas, Menlo, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
<rect fill="#1b1f24" x="0" y="0" width="{width}" height="{height}" rx="8"/>
<g transform="translate({terminal_x}, 16)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
# `+  TYPE NAME creating (0s) …`: one resource, told again whenever something happens to it.
_ROW = re.compile(r"^ *(?:[^\w\s]+ +)?(\S+:\S+:\S+ \S+) ")


def draw(path: Path, commands: list[tuple[str, str]], name: str) -> None:
    """Write a picture of commands and what each printed."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    for number, (command, printed) in enumerate(commands):
        if number:
            console.print()
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")), soft_wrap=False)
        console.print(Text.from_ansi(condensed(printed)), soft_wrap=False)
    console.print()
    picture = console.export_svg(code_format=_FORMAT, title=name, unique_id=f"t-{path.stem}")
    lines = (line.rstrip() for line in picture.splitlines())
    path.write_text("\n".join(line for line in lines if line) + "\n", "utf-8")


def condensed(printed: str) -> str:
    """
    Of a resource only the last line, as a terminal shows it, which overwrites the earlier ones.

    A line that says in which folder something is, or that the engine is at work, is left out.
    """
    lines = printed.rstrip().splitlines()
    last = {}
    for number, line in enumerate(lines):
        row = _ROW.match(_ESCAPE.sub("", line))
        if row:
            last[row[1]] = number
    kept: list[str] = []
    for number, line in enumerate(lines):
        plain = _ESCAPE.sub("", line)
        row = _ROW.match(plain)
        if (row and last[row[1]] != number) or plain.startswith(("@ ", "Loading", "View ")):
            continue
        if plain.strip() or (kept and kept[-1].strip()):
            kept.append(line)
    return "\n".join(kept)
