"""The output of `pulumi preview --json`, for stacks that the tests make up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

_TYPE = "pulumi-python:dynamic/powerautomate:"


def step(
    operation: str,
    kind: str,
    name: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One step; states hold the inputs only."""
    found: dict[str, Any] = {"op": operation, "urn": f"urn:pulumi:dev::shop::{_TYPE}{kind}::{name}"}
    for key, inputs in (("oldState", before), ("newState", after)):
        if inputs is not None:
            found[key] = {"inputs": dict(inputs)}
    return found


def flow_inputs(definition: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The inputs of a flow, as the engine has them."""
    return {
        "definition": json.dumps(definition),
        "connection_references": {},
        "name": "Digest",
        "state": "on",
        **more,
    }


def printed(*steps: Mapping[str, Any], **more: Any) -> str:
    """The whole text."""
    stack = {"op": "same", "urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"}
    counts = Counter(item["op"] for item in (stack, *steps))
    # As the engine does: what stays as it is is counted, and has no step.
    told = [item for item in steps if item["op"] != "same"]
    return json.dumps({"steps": [stack, *told], "changeSummary": counts, **more})
