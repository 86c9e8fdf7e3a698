"""The output of `pulumi preview --json`, as steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InvalidInputError, one_line

Operation = Literal["create", "update", "replace", "delete"]

# How the engine writes what it does not tell and what it does not know yet.
SECRET = "[secret]"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_OPERATIONS: dict[str, Operation] = {
    "create": "create",
    "import": "create",
    "update": "update",
    "delete": "delete",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import-replacement": "replace",
}
_PREFIXES = ("pulumi-python:dynamic/powerautomate:", "pulumi-python:powerautomate:")


@dataclass(frozen=True)
class Step:
    """
    One resource that will change.

    Attributes:
        kind: `CloudFlow`, `FlowShare`, …; the whole type for resources of other packages.
        name: its name in the stack.
        before: its inputs as they are; empty for a new one.
        after: its inputs as they will be; empty for one that is deleted.
    """

    operation: Operation
    urn: str
    kind: str
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Preview:
    """
    The steps of a preview.

    Attributes:
        stack: the stack's name.
        project: the project's name.
        steps: the resources that change, in the engine's order.
        unchanged: how many do not.
        errors: why the preview failed, if it did.
    """

    stack: str = ""
    project: str = ""
    steps: list[Step] = field(default_factory=list)
    unchanged: int = 0
    errors: list[str] = field(default_factory=list)


def read_preview(text: str) -> Preview:
    """
    Read the output of `pulumi preview --json`.

    Raises:
        InvalidInputError: it is something else.
    """
    document = _document(text)
    steps: dict[str, Step] = {}
    # Resources that stay as they are have no step, only the stack has one.
    unchanged, stack, project = _unchanged(document), "", ""
    for item in _listed(document, "steps"):
        if not isinstance(item, Mapping):
            raise InvalidInputError("the preview holds a step that is not an object.")
        urn, operation = str(item.get("urn") or ""), str(item.get("op") or "")
        parts = urn.split("::")
        if len(parts) >= 4:
            stack, project = parts[0].rpartition(":")[2], parts[1]
        if operation == "same" and len(parts) >= 4 and parts[2] == "pulumi:pulumi:Stack":
            unchanged = max(0, unchanged - 1)
        if operation in _OPERATIONS and len(parts) >= 4:
            kind = parts[2].rpartition("$")[2]
            if kind == "pulumi:pulumi:Stack" or kind.startswith("pulumi:providers:"):
                continue
            steps[urn] = _merged(steps.get(urn), _step(item, operation, urn, kind, parts))
    errors = [
        one_line(str(item.get("message")))
        for item in _listed(document, "diagnostics")
        if isinstance(item, Mapping) and item.get("severity") == "error" and item.get("message")
    ]
    return Preview(stack, project, list(steps.values()), unchanged, errors)


def _listed(document: Mapping[str, Any], key: str) -> list[Any]:
    found = document.get(key) or []
    if not isinstance(found, list):
        raise InvalidInputError(f"the preview's {key} are not a list; pipe its whole output.")
    return found


def _unchanged(document: Mapping[str, Any]) -> int:
    counts = document.get("changeSummary")
    number = counts.get("same") if isinstance(counts, Mapping) else 0
    return number if isinstance(number, int) else 0


def _document(text: str) -> Mapping[str, Any]:
    start = text.find("{")
    try:
        # Programs may print before the engine does.
        document, _ = json.JSONDecoder().raw_decode(text[start:] if start >= 0 else text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, Mapping) or not {"steps", "changeSummary", "diagnostics"} & set(
        document
    ):
        raise InvalidInputError(
            "the input is not what `pulumi preview --json` prints; pipe its whole output."
        )
    return document


def _step(
    item: Mapping[str, Any], operation: str, urn: str, kind: str, parts: list[str]
) -> Step:  # fmt: skip
    for prefix in _PREFIXES:
        kind = kind.removeprefix(prefix)
    name = "::".join(parts[3:])
    before, after = (_inputs(item.get(key)) for key in ("oldState", "newState"))
    return Step(_OPERATIONS[operation], urn, kind, name, before, after)


def _inputs(state: Any) -> Mapping[str, Any]:
    inputs = state.get("inputs") if isinstance(state, Mapping) else None
    return inputs if isinstance(inputs, Mapping) else {}


def _merged(known: Step | None, step: Step) -> Step:
    """A replacement comes as up to three steps."""
    if known is None:
        return step
    return Step(
        "replace", step.urn, step.kind, step.name,
        known.before or step.before, known.after or step.after,
    )  # fmt: skip
