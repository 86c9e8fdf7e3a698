"""Splitting of option texts outside quotes and parentheses."""

from __future__ import annotations

from ..responses import bad_syntax


def split(text: str, separator: str) -> list[str]:
    """The parts of a text; an unclosed quote or parenthesis is rejected."""
    parts, depth, quoted, current = [], 0, False, ""
    for position, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        if not quoted:
            depth += (character == "(") - (character == ")")
            if depth < 0:
                raise bad_syntax(f"Syntax error at position {position} in '{text}'.")
        if character == separator and depth == 0 and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    if depth or quoted:
        raise bad_syntax(f"')' or ',' expected at position {len(text)} in '{text}'.")
    parts.append(current)
    return [part.strip() for part in parts]


def call(text: str) -> tuple[str, str | None]:
    """A name and what stands in the parentheses behind it, None where there are none."""
    name, parenthesis, rest = text.strip().partition("(")
    if not parenthesis:
        return name.strip(), None
    if not rest.endswith(")"):
        raise bad_syntax(f"Syntax error at position {len(text)} in '{text}'.")
    return name.strip(), rest[:-1]
