"""
Names that no row of anybody else has.

A run's number carries a check digit of its own, so a name that merely begins alike is not taken for
one of ours: what a clean-up deletes, a run has made.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid

PREFIX = "papconf"
_RUN = re.compile(rf"{PREFIX}([0-9a-f]{{8}})([0-9a-f]{{4}})")
_SPACE = uuid.UUID("6d0a54f0-5d2f-4b1e-9a5f-6e0f6f6c6f6e")


def new_run() -> str:
    """The number of a new run: eight random digits and four that check them."""
    digits = secrets.token_hex(4)
    return digits + _check(digits)


def run_of(text: str) -> str | None:
    """The run that a name belongs to; None when it is nobody's."""
    found = _RUN.search(text)
    return found[1] + found[2] if found and _check(found[1]) == found[2] else None


class Names:
    """The names of one run."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.stem = f"{PREFIX}{run}"
        # A prefix of customizations has eight characters at most.
        self.prefix = f"pc{run[:6]}"

    def name(self, noun: str) -> str:
        """A display name."""
        return f"{self.stem} {noun}"

    def unique(self, noun: str) -> str:
        """A name of letters, digits and underscores, as solutions have."""
        return f"{self.stem}_{noun}" if noun else self.stem

    def schema(self, noun: str) -> str:
        """A name that begins with the publisher's prefix."""
        return f"{self.prefix}_{self.stem}_{noun}"

    def id(self, noun: str) -> str:
        """An id that this run alone has."""
        return str(uuid.uuid5(_SPACE, f"{self.run} {noun}"))


def _check(digits: str) -> str:
    return hashlib.sha256(f"{PREFIX} {digits}".encode()).hexdigest()[:4]
