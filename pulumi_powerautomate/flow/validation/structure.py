"""The outline of a definition: its trigger, its schedule, its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..problems import Problem
from ..vocabulary import ACTION_TYPES, PARAMETER_TYPES, REQUEST_KINDS, TRIGGER_TYPES
from .model import Flow
from .rules import problem
from .suggestions import listed

_ACTIONS_ONLY = frozenset(name.lower() for name in ACTION_TYPES) - {
    name.lower() for name in TRIGGER_TYPES
}
_EXAMPLES = {"type": ("Recurrence", "Request", "OpenApiConnection"), "kind": REQUEST_KINDS}
_FREQUENCIES = ("Second", "Minute", "Hour", "Day", "Week", "Month", "Year")
_WEEK_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ANEW = "Export the flow again, or write it as an object of names."


def structure_problems(flow: Flow) -> Iterator[Problem]:
    """Problems of the outline."""
    for member in ("triggers", "actions", "parameters", "outputs"):
        value = flow.definition.get(member)
        if value is not None and not isinstance(value, Mapping):
            yield problem("FLOW101", member, f"{member} is not an object.", _ANEW)
        elif value:
            for name, body in value.items():
                if not isinstance(body, (dict, Mapping)):
                    yield problem("FLOW101", f"{member}.{name}", "not an object.", _ANEW)
    yield from _triggers(flow)
    yield from _parameters(flow)


def _triggers(flow: Flow) -> Iterator[Problem]:
    given = flow.definition.get("triggers")
    if given is None or given == {}:
        yield problem(
            "FLOW102", "triggers", "the flow has no trigger.",
            "Give it one: a Recurrence, a Request, or the trigger of a connector.",
        )  # fmt: skip
    elif isinstance(given, Mapping) and len(given) > 1:
        yield problem(
            "FLOW103", "triggers", f"the flow has {len(given)} triggers ({listed(given)}).",
            "Keep one: a cloud flow has exactly one.",
        )  # fmt: skip
    for name, body in flow.triggers.items():
        path = f"triggers.{name}"
        yield from _type(flow, path, body)
        if "recurrence" in body:
            yield from _recurrence(flow, f"{path}.recurrence", body["recurrence"])
        elif body.get("type") == "Recurrence":
            yield problem(
                "FLOW106", path, "a Recurrence has no recurrence.",
                'Add {"frequency": "Day", "interval": 1}.',
            )  # fmt: skip
        for number, condition in enumerate(_list(body.get("conditions"))):
            if not isinstance(condition, Mapping) or not condition.get("expression"):
                yield problem(
                    "FLOW108", f"{path}.conditions[{number}]", "the condition has no expression.",
                    'Write {"expression": "@equals(…)"}, or remove it.',
                )  # fmt: skip


def _type(flow: Flow, path: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    for member, known in (("type", TRIGGER_TYPES), ("kind", REQUEST_KINDS)):
        given = body.get(member)
        if member == "kind" and body.get("type") != "Request":
            continue
        if not isinstance(given, str) or not given:
            yield problem(
                "FLOW104",
                path,
                f"the trigger has no {member}.",
                f"Give it one, such as {listed(_EXAMPLES[member])}.",
            )
        elif member == "type" and given.lower() in _ACTIONS_ONLY:
            yield problem(
                "FLOW104", f"{path}.type", f"{given!r} is a type of actions, not of triggers.",
                f"Give it one of triggers, such as {listed(_EXAMPLES['type'])}.",
            )  # fmt: skip
        elif given.lower() not in {item.lower() for item in known}:
            near = flow.suggestions.near(given, known, 0.75)
            if near:
                yield problem(
                    "FLOW104", f"{path}.{member}", f"there is no trigger {member} {given!r}.",
                    f"Did you mean {near!r}?",
                )  # fmt: skip
            else:
                yield problem(
                    "FLOW105", f"{path}.{member}", f"the trigger {member} {given!r} is not known.",
                    f"If it was not exported from Power Automate, use one of {listed(known, 20)}.",
                )  # fmt: skip


def _recurrence(flow: Flow, path: str, given: Any) -> Iterator[Problem]:
    if not isinstance(given, Mapping):
        yield problem(
            "FLOW106", path, "not an object.", 'Write {"frequency": "Day", "interval": 1}.'
        )
        return
    frequency, interval = given.get("frequency"), given.get("interval")
    if not _dynamic(frequency) and not _one_of(frequency, _FREQUENCIES):
        yield problem(
            "FLOW106", f"{path}.frequency", f"there is no frequency {frequency!r}.",
            flow.suggestions.sentence(
                str(frequency), _FREQUENCIES, f"Use one of {', '.join(_FREQUENCIES)}."
            ),
        )  # fmt: skip
    if not _dynamic(interval) and (number_of(interval) is None or (number_of(interval) or 0) < 1):
        yield problem(
            "FLOW106", f"{path}.interval", f"the interval is {interval!r}.",
            "Write a whole number from 1 on: every so many frequencies the flow runs.",
        )  # fmt: skip
    schedule = given.get("schedule")
    if isinstance(schedule, Mapping):
        for member, most in (("hours", 23), ("minutes", 59)):
            for number, value in enumerate(_list(schedule.get(member))):
                found = number_of(value)
                if not _dynamic(value) and (found is None or not 0 <= found <= most):
                    yield problem(
                        "FLOW106", f"{path}.schedule.{member}[{number}]",
                        f"{value!r} is out of range.", f"Use whole numbers from 0 to {most}.",
                    )  # fmt: skip
        for number, value in enumerate(_list(schedule.get("weekDays"))):
            if not _dynamic(value) and not _one_of(value, _WEEK_DAYS):
                yield problem(
                    "FLOW106", f"{path}.schedule.weekDays[{number}]", f"there is no day {value!r}.",
                    flow.suggestions.sentence(str(value), _WEEK_DAYS, "Use English names of days."),
                )  # fmt: skip


def _parameters(flow: Flow) -> Iterator[Problem]:
    given = flow.definition.get("parameters")
    for name, body in given.items() if isinstance(given, Mapping) else ():
        kind = body.get("type") if isinstance(body, Mapping) else "String"
        if not _one_of(kind, PARAMETER_TYPES):
            yield problem(
                "FLOW107", f"parameters.{name}.type", f"there is no parameter type {kind!r}.",
                flow.suggestions.sentence(
                    str(kind), PARAMETER_TYPES, f"Use one of {', '.join(PARAMETER_TYPES)}."
                ),
            )  # fmt: skip


def _one_of(value: Any, known: tuple[str, ...]) -> bool:
    return isinstance(value, str) and value.lower() in {item.lower() for item in known}


def _dynamic(value: Any) -> bool:
    """Whether a value is an expression, which says nothing before the flow runs."""
    return isinstance(value, str) and value.startswith("@")


def number_of(value: Any) -> int | None:
    """The whole number that a value is or spells; None when it is none."""
    if isinstance(value, bool):
        return None
    try:
        return int(value) if int(value) == float(value) else None
    except (TypeError, ValueError):
        return None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []
