"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable

# A part of a name that is shorter says little about it.
_SHORTEST = 4


class Suggestions:
    """
    Finds near names, for a bounded number of questions.

    Comparing costs more than everything else here; who has a hundred mistakes in one flow is helped
    by the first ones.
    """

    def __init__(self, questions: int = 50) -> None:
        self._left = questions

    def near(self, name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
        """The known name that resembles one most; None when there is none."""
        if self._left <= 0:
            return None
        self._left -= 1
        by_lower_case = {item.lower(): item for item in known}
        wanted = name.lower()
        import difflib

        found = difflib.get_close_matches(wanted, by_lower_case, n=1, cutoff=cutoff)
        return by_lower_case[found[0]] if found else None

    def sentence(self, name: str, known: Iterable[str], otherwise: str) -> str:
        """`Did you mean 'x'?`, or what to do when nothing resembles the name."""
        names = list(known)
        found = self.near(name, names)
        if found is None and len(name) >= _SHORTEST:
            found = next((item for item in names if name.lower() in item.lower()), None)
        return f"Did you mean {found!r}?" if found else otherwise


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names for a sentence, not too many of them."""
    given = list(names)
    shown = ", ".join(given[:most])
    return f"{shown} and {len(given) - most} more" if len(given) > most else shown
