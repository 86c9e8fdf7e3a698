"""
Tables for a terminal, whose letters are not all as wide as one another.

Sources: Unicode UAX #11 for letters that take two columns, UTS #51 for emoji that are made of
several characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from .terminal import shown

_EMOJI = "\ufe0f"
_JOINER = "\u200d"


def text_table(
    rows: Sequence[Sequence[str]],
    *,
    widest: int | None = None,
    paint: Callable[[int, str], str] = lambda column, cell: cell,
) -> str:
    """
    Columns as wide as their contents, two spaces apart; the last one is not padded.

    Args:
        rows: the cells, row by row; the first row is the heading.
        widest: how many columns of the terminal a cell may take; longer ones are cut. No limit by
            default.
        paint: what makes a colour of a cell (its column, its padded text), after the widths are
            known.
    """
    lines = [[_cut(shown(" ".join(cell.split())), widest) for cell in row] for row in rows]
    widths = [max(columns(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            paint(place, cell + " " * (width - columns(cell)))
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    taken, joined, last = 0, False, 0
    for character in text:
        if character == _JOINER:
            joined = True
            continue
        if character == _EMOJI:
            # It makes a picture of a narrow sign.
            taken += 2 - last if last == 1 else 0
            last = 2
            continue
        if joined:
            joined = False
            continue
        if unicodedata.category(character) in ("Mn", "Me", "Cf"):
            continue
        last = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        taken += last
    return taken


def _cut(text: str, widest: int | None) -> str:
    if widest is None or columns(text) <= widest:
        return text
    kept = ""
    for character in text:
        if columns(kept + character) > widest - 1:
            break
        kept += character
    return f"{kept}…"
