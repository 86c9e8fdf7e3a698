"""Names of files and resources from the names that people gave to flows."""

from __future__ import annotations

import keyword
import re
import unicodedata

_LONGEST = 60
_ID_DIGITS = 8
# Letters that do not fall apart into an ASCII letter and a mark.
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l",
     "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th"}
)  # fmt: skip
# What a file cannot be called on some system, or a module not at all.
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)


def slug(text: str) -> str:
    """
    Lower-case ASCII letters, digits and hyphens that a text can be recognised by, or nothing.

    A text of which more than half would be lost (one in Japanese, say) gives nothing.
    """
    spelled = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    letters = [character for character in spelled if character.isalnum()]
    kept = sum(character.isascii() for character in letters)
    if kept * 2 < len(letters):
        return ""
    words = re.sub(r"[^a-z0-9]+", "-", "".join(filter(str.isascii, spelled)).lower()).strip("-")
    if len(words) > _LONGEST:
        words = words[: _LONGEST + 1].rpartition("-")[0] or words[:_LONGEST]
    return words


def module_name(name: str) -> str:
    """The module that belongs to a resource name."""
    return name.replace("-", "_")


class Names:
    """Hands out names that nobody else has, whatever the case."""

    def __init__(self, taken: set[str] | None = None) -> None:
        self._taken = {name.lower() for name in taken or ()}

    def take(self, text: str, id_: str, kind: str) -> str:
        """
        A new name.

        Args:
            text: what it is called by people.
            id_: what tells it from others of the same name.
            kind: what it is, for a text that says nothing.
        """
        base = slug(text)
        if not base:
            base = f"{kind}-{id_[:_ID_DIGITS]}"
        if keyword.iskeyword(base) or base in _RESERVED or base[0].isdigit():
            base = f"{kind}-{base}"
        choices = (base, f"{base}-{id_[:_ID_DIGITS]}", f"{base}-{id_}")
        name = next(choice for choice in choices if choice not in self._taken)
        self._taken.add(name)
        return name
