"""Options that say which flows, and to which environment, for the verbs that look at flows."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ..terminal import shown

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..operations.selection import Selection


def add_selection(verb: argparse.ArgumentParser) -> None:
    """The options of `Selection`, but for the state."""
    verb.add_argument("--name", metavar="GLOB", help="display name, with * and ?")
    verb.add_argument("--owner", metavar="WHO", help="e-mail address, team name, or Dataverse id")
    verb.add_argument("--solution", metavar="NAME", help="unique name of a solution")


def selection(arguments: argparse.Namespace, **more: Any) -> Selection:
    """The values of the options."""
    from ..operations.selection import Selection

    return Selection(arguments.name, arguments.owner, arguments.solution, **more)


def connected() -> DataverseClient:
    """The environment that the variables name, as for every verb."""
    from ..functions.flows import client_of

    return client_of(None)


class Progress:
    """One line on a terminal that says what is going on, and goes away."""

    def __init__(self) -> None:
        self._shown = 0

    def __call__(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{shown(text):<{self._shown}}", end="", file=sys.stderr, flush=True)
            self._shown = len(text)

    def clear(self) -> None:
        """Make room for what comes next."""
        if self._shown:
            print(f"\r{'':<{self._shown}}\r", end="", file=sys.stderr, flush=True)
            self._shown = 0
