"""How much room text takes, guessed on the safe side: no font is at hand, and viewers differ."""

from __future__ import annotations

_NARROW = set("iljtfr.,:;'|!()[] I/")
_WIDE = set("mwMW@%&")


def width(text: str, size: float) -> float:
    """The width of text in pixels; a little more than common sans-serif fonts take."""
    total = 0.0
    for character in text:
        if character in _NARROW:
            total += 0.40
        elif character in _WIDE:
            total += 0.98
        elif ord(character) > 0x2E80:
            total += 1.05
        elif character.isupper():
            total += 0.74
        else:
            total += 0.63
    return total * size


def wrapped(text: str, room: float, size: float, most: int) -> list[str]:
    """Text in at most so many lines of a width; what does not fit ends in `…`."""
    lines: list[str] = []
    line = ""
    for word in text.split() or [""]:
        wider = f"{line} {word}".strip()
        if not line or width(wider, size) <= room:
            line = wider
        else:
            lines.append(line)
            line = word
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [cut(item, room, size) for item in lines]


def cut(text: str, room: float, size: float) -> str:
    """Text that fits into a width."""
    if width(text, size) <= room:
        return text
    left, kept = room - width("…", size), 0
    for character in text:
        left -= width(character, size)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…"
