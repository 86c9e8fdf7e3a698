"""The flows of a solution."""

from __future__ import annotations

from ...errors import InvalidInputError
from ..components import SolutionComponents
from .requests import Solutions
from .suggestions import near_names


def flow_ids_of_solution(
    solutions: Solutions, components: SolutionComponents, unique_name: str
) -> list[str]:
    """
    Ids of the flows and other processes of a solution.

    Raises:
        InvalidInputError: there is no such solution.
    """
    members = components.flows_in(unique_name)
    if not members and solutions.find(unique_name) is None:
        raise InvalidInputError(_unknown_solution(solutions, unique_name))
    return members


def _unknown_solution(solutions: Solutions, unique_name: str) -> str:
    near = near_names(unique_name, solutions.installed())
    hint = f"did you mean {', '.join(near)}?" if near else "give its unique name, not its display"
    return f"There is no solution {unique_name!r}; {hint}{'' if near else ' name'}."
