"""
The limits of the service.

Source: "Limits of automated, scheduled, and instant flows" (Microsoft Learn), and for parameters
and outputs "Schema reference guide for the Workflow Definition Language".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..problems import Problem
from ..text import utf16_length
from .actions import member_of
from .model import Flow
from .rules import problem
from .structure import number_of

_ACTIONS, _DEPTH, _CASES, _VARIABLES = 500, 8, 25, 250
_NAME, _DESCRIPTION, _TRACKED = 80, 256, 16_000
_PARAMETERS, _OUTPUTS = 50, 10
_LOOP_AT_ONCE, _RUNS_AT_ONCE, _ROUNDS = 50, 100, 5000
_BUILT_IN = frozenset({"$connections", "$authentication"})
_TEXTS = frozenset({"description", "trackedProperties"})
_DURATION = re.compile(
    r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", re.IGNORECASE
)


def limit_problems(flow: Flow) -> Iterator[Problem]:
    """Problems of size: more than the service takes."""
    yield from _counts(flow)
    for name, body in flow.triggers.items():
        yield from _texts(f"triggers.{name}", name, body)
        yield from _runs_at_once(f"triggers.{name}", body)
    for node in flow.nodes:
        # A character is two units of UTF-16 at most; most actions have a short name and no more.
        if len(node.name) > _NAME // 2 or not _TEXTS.isdisjoint(node.body):
            yield from _texts(node.path, node.name, node.body)
    for node in flow.by_kind.get("foreach", ()):
        yield from _in_range(
            "FLOW611", node.path, node.body, "runtimeConfiguration.concurrency.repetitions",
            _LOOP_AT_ONCE, "So many items of a loop run at once.",
        )  # fmt: skip
    for node in flow.by_kind.get("until", ()):
        yield from _until(node.path, node.body)
    for node in flow.by_kind.get("switch", ()):
        cases = node.body.get("cases")
        if isinstance(cases, Mapping) and len(cases) > _CASES:
            yield problem(
                "FLOW603", f"{node.path}.cases",
                f"the switch has {len(cases)} cases; {_CASES} are allowed.",
                "Put a second Switch into its default branch.",
            )  # fmt: skip


def _counts(flow: Flow) -> Iterator[Problem]:
    if len(flow.nodes) > _ACTIONS:
        yield problem(
            "FLOW601", "actions",
            f"the flow has {len(flow.nodes)} actions; {_ACTIONS} are allowed.",
            "Move a part of them into a child flow.",
        )  # fmt: skip
    # The service counts levels from 0, so that an action below eight others is at the last one.
    deep = [
        node
        for node in flow.nodes
        if node.branch.owner is not None and sum(1 for _ in node.owners) == _DEPTH + 1
    ]
    if deep:
        yield problem(
            "FLOW602", deep[0].path,
            f"the action stands inside of {_DEPTH + 1} others or more; {_DEPTH} are allowed.",
            "Move a part of them into a child flow.",
        )  # fmt: skip
    variables = sum(
        len(given)
        for node in flow.by_kind.get("initializevariable", ())
        if isinstance(given := member_of(node.body, "inputs.variables"), list)
    )
    if variables > _VARIABLES:
        yield problem(
            "FLOW604", "actions",
            f"the flow initializes {variables} variables; {_VARIABLES} are allowed.",
            "Keep several values in one variable of type Object, or use Compose for constants.",
        )  # fmt: skip
    for code, member, most in (
        ("FLOW609", "parameters", _PARAMETERS),
        ("FLOW610", "outputs", _OUTPUTS),
    ):
        given = flow.definition.get(member)
        names = set(given) - _BUILT_IN if isinstance(given, Mapping) else set()
        if len(names) > most:
            yield problem(
                code, member, f"the flow has {len(names)} {member}; {most} are allowed.",
                "Keep several values in one of type Object.",
            )  # fmt: skip


def _texts(path: str, name: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    if utf16_length(name) > _NAME:
        yield problem(
            "FLOW605", path, f"the name has {utf16_length(name)} characters; {_NAME} are allowed.",
            "Shorten it, and where expressions and runAfter refer to it.",
        )  # fmt: skip
    description = body.get("description")
    if isinstance(description, str) and utf16_length(description) > _DESCRIPTION:
        yield problem(
            "FLOW606", f"{path}.description",
            f"the description has {utf16_length(description)} characters; {_DESCRIPTION} are "
            "documented.",
            "Shorten it.",
        )  # fmt: skip
    tracked = body.get("trackedProperties")
    if tracked:
        length = utf16_length(json.dumps(tracked, ensure_ascii=False, default=str))
        if length > _TRACKED:
            yield problem(
                "FLOW608", f"{path}.trackedProperties",
                f"the tracked properties have {length:,} characters; {_TRACKED:,} are allowed.",
                "Track ids instead of whole values.",
            )  # fmt: skip


def _runs_at_once(path: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    for member in ("runs", "maximumWaitingRuns"):
        yield from _in_range(
            "FLOW612", path, body, f"runtimeConfiguration.concurrency.{member}", _RUNS_AT_ONCE,
            "Remove the member to let all runs start at once.",
        )  # fmt: skip


def _until(path: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _in_range(
        "FLOW613", path, body, "limit.count", _ROUNDS, "Without it, a loop ends after 60 rounds."
    )
    timeout = member_of(body, "limit.timeout")
    if timeout is None or (isinstance(timeout, str) and timeout.startswith("@")):
        return
    if not isinstance(timeout, str) or not _DURATION.fullmatch(timeout.strip()):
        yield problem(
            "FLOW613", f"{path}.limit.timeout", f"{timeout!r} is no duration.",
            "Write it in ISO 8601, such as PT1H for an hour or P1D for a day.",
        )  # fmt: skip


def _in_range(
    code: str, path: str, body: Mapping[str, Any], member: str, most: int, hint: str
) -> Iterator[Problem]:
    value = member_of(body, member)
    if value is None or (isinstance(value, str) and value.startswith("@")):
        return
    number = number_of(value)
    if number is None or not 1 <= number <= most:
        yield problem(
            code, f"{path}.{member}", f"{value!r} is out of range.",
            f"Use a whole number from 1 to {most:,}. {hint}",
        )  # fmt: skip
