"""Options that say which flows, and to which environment, for the verbs that look at flows."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

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
