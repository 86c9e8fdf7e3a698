"""The rules by code, with their severity and subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import InvalidInputError
from ..problems import Problem


@dataclass(frozen=True)
class Rule:
    """One rule; its code never changes its meaning."""

    code: str
    severity: Literal["error", "warning"]
    title: str


def _rules(*rows: tuple[str, Literal["error", "warning"], str]) -> Mapping[str, Rule]:
    return {code: Rule(code, severity, title) for code, severity, title in rows}


RULES = _rules(
    ("FLOW100", "error", "the document cannot be read as a flow"),
    ("FLOW101", "error", "triggers, actions, parameters or outputs are not objects"),
    ("FLOW102", "error", "the flow has no trigger"),
    ("FLOW103", "error", "the flow has more than one trigger"),
    ("FLOW104", "error", "the type or kind of a trigger is missing or misspelt"),
    ("FLOW105", "warning", "the type or kind of a trigger is not known"),
    ("FLOW106", "error", "a schedule is not valid"),
    ("FLOW107", "error", "a parameter has an unknown type"),
    ("FLOW108", "error", "a trigger condition has no expression"),
    ("FLOW110", "error", "an object has a member that it must not have"),
    ("FLOW111", "warning", "an object has a member that is not known"),
    ("FLOW201", "error", "the type of an action is missing or misspelt"),
    ("FLOW202", "warning", "the type of an action is not known"),
    ("FLOW203", "error", "an action lacks what its type needs"),
    ("FLOW204", "error", "an action has a value that its type does not know"),
    ("FLOW205", "error", "an action stands where its type must not stand"),
    ("FLOW206", "error", "two cases of a switch have the same value"),
    ("FLOW207", "warning", "two actions have the same name"),
    ("FLOW211", "error", "runAfter is not an object of lists"),
    ("FLOW212", "error", "runAfter names an action that does not exist"),
    ("FLOW213", "error", "runAfter names an action of another branch"),
    ("FLOW214", "error", "runAfter waits for an outcome that does not exist"),
    ("FLOW215", "error", "actions wait for each other in a cycle"),
    ("FLOW216", "warning", "runAfter waits for no outcome"),
    ("FLOW301", "error", "an expression is not well formed"),
    ("FLOW302", "error", "a function does not exist"),
    ("FLOW303", "error", "a function has too few or too many arguments"),
    ("FLOW401", "error", "an expression refers to an action that does not exist"),
    ("FLOW402", "error", "an expression refers to an action that has not run by then"),
    ("FLOW403", "error", "an expression refers to a loop that does not exist"),
    ("FLOW404", "error", "an expression refers to a loop that it is not in"),
    ("FLOW405", "error", "item() stands outside of everything that has items"),
    ("FLOW406", "error", "a parameter is not declared"),
    ("FLOW407", "error", "a trigger refers to what comes after it"),
    ("FLOW408", "error", "result() names an action that holds no actions"),
    ("FLOW409", "warning", "the trigger has no body"),
    ("FLOW411", "error", "a variable is not initialized anywhere"),
    ("FLOW412", "error", "a variable is not initialized by then"),
    ("FLOW413", "error", "a variable is initialized twice"),
    ("FLOW414", "error", "a variable has the wrong type for an action"),
    ("FLOW415", "error", "a variable is set from itself"),
    ("FLOW501", "error", "a connection has no connection reference"),
    ("FLOW502", "error", "a connection reference is for another connector"),
    ("FLOW503", "error", "the id of a child flow is not a GUID"),
    ("FLOW504", "error", "the operation of a connector is incomplete"),
    ("FLOW505", "error", "a connection is its caller's, but nobody calls the flow"),
    ("FLOW506", "error", "a connection of a child flow is its caller's"),
    ("FLOW601", "error", "too many actions"),
    ("FLOW602", "error", "actions are nested too deep"),
    ("FLOW603", "error", "too many cases of a switch"),
    ("FLOW604", "error", "too many variables"),
    ("FLOW605", "error", "a name is too long"),
    ("FLOW606", "warning", "a description is longer than the designer shows"),
    ("FLOW607", "error", "an expression is too long"),
    ("FLOW608", "error", "tracked properties are too long"),
    ("FLOW609", "error", "too many parameters"),
    ("FLOW610", "error", "too many outputs"),
    ("FLOW611", "error", "the concurrency of a loop is out of range"),
    ("FLOW612", "error", "the concurrency of a trigger is out of range"),
    ("FLOW613", "error", "the limit of a loop is out of range"),
)  # fmt: skip


# Without these there is no flow to send.
NEVER_IGNORED = frozenset({"FLOW100", "FLOW101"})


def ignored_rules(codes: Any, where: str = "ignore") -> frozenset[str]:
    """
    The rules that somebody overrules.

    Args:
        codes: a list of codes such as `FLOW303`, in either case.
        where: what it is called where it was given, for messages.

    Raises:
        InvalidInputError: it is no list of codes, or a code is of no rule, or of one that cannot
            be overruled.
    """
    if not isinstance(codes, (list, tuple, set, frozenset)) or not all(
        isinstance(code, str) for code in codes
    ):
        raise InvalidInputError(f'{where} is not a list of rules; write ["FLOW303"].')
    found = frozenset(code.strip().upper() for code in codes)
    for code in sorted(found):
        if code in NEVER_IGNORED:
            raise InvalidInputError(f"{where}: {code} cannot be overruled: {RULES[code].title}.")
        if code not in RULES:
            import difflib

            near = difflib.get_close_matches(code, RULES, n=1)
            hint = f"did you mean {near[0]}?" if near else "codes look like FLOW303."
            raise InvalidInputError(f"{where}: there is no rule {code!r}; {hint}")
    return found


def problem(code: str, path: str, message: str, remedy: str) -> Problem:
    """A finding under a rule, with the rule's severity."""
    return Problem(code, RULES[code].severity, path, message, remedy)
