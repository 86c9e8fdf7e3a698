"""Which solutions somebody may have meant who named one that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...errors import DataverseError, PowerAutomateError
from ..http.error_responses import is_of_an_unknown_solution

if TYPE_CHECKING:
    from .. import DataverseClient
    from .requests import InstalledSolution

_MOST_NAMES = 5


def near_names(wanted: str, solutions: Iterable[InstalledSolution]) -> list[str]:
    """Unique names of solutions whose unique or display name is like the one that was given."""
    named: dict[str, list[str]] = {}
    for solution in solutions:
        for name in {solution.unique_name.lower(), solution.name.lower()}:
            named.setdefault(name, []).append(solution.unique_name)
    near = difflib.get_close_matches(wanted.lower(), named, n=_MOST_NAMES)
    return list(dict.fromkeys(name for key in near for name in named[key]))[:_MOST_NAMES]


def hint(error: PowerAutomateError, client: DataverseClient, wanted: str) -> str:
    """
    A sentence to append to a refusal; empty where it is another one, or nothing is alike.

    One request, of a run that has failed already; where it fails too, the refusal stays as it is.
    """
    if not isinstance(error, DataverseError) or not is_of_an_unknown_solution(error):
        return ""
    try:
        near = near_names(wanted, client.solutions.installed(managed=False))
    except PowerAutomateError:
        return ""
    return f" Did you mean {', '.join(near)}?" if near else ""
