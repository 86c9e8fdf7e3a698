"""The work per definition, in the program's process."""

from __future__ import annotations

import cProfile
import pstats
from typing import Any

from pulumi_powerautomate.inputs.definition import definition_inputs
from tests.harness.definitions import hourly


def _validated(definitions: list[Any]) -> int:
    """How often a definition is validated, as the interpreter's profiler counts it."""
    profile = cProfile.Profile()
    with profile:
        for definition in definitions:
            definition_inputs(definition, None, "flow")
    calls: dict[tuple[str, int, str], tuple[int, ...]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    return sum(
        count[1]
        for (file, _, name), count in calls.items()
        if name == "validate" and "validation" in file
    )


def test_equal_definitions_are_prepared_once() -> None:
    """Five hundred flows of twenty files."""
    definitions = [hourly(f"Shared {number % 20}") for number in range(500)]
    assert _validated(definitions) == 20


def test_what_json_would_mix_up_is_told_apart() -> None:
    """A number and its text, `true` and 1, are other definitions."""
    made = []
    for value in (1, "1", True, 1.0):
        definition = hourly("Told apart")
        definition["parameters"] = {"p": {"type": "Object", "defaultValue": {"value": value}}}
        made.append(definition_inputs(definition, None, "flow")["definition"])
    assert len(set(made)) == 4


def test_a_result_is_nobody_elses() -> None:
    """Whoever changes the prepared references changes them for one flow."""
    references = {"shared_office365": "contoso_mail"}
    first = definition_inputs(hourly("Own"), references, "one")
    first["connection_references"]["other"] = "changed"
    assert (
        "other" not in definition_inputs(hourly("Own"), references, "two")["connection_references"]
    )
