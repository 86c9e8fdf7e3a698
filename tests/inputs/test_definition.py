"""The work per definition, in the program and in the provider."""

from __future__ import annotations

import cProfile
from typing import Any

import pytest

from pulumi_powerautomate.flow import dump, validate
from pulumi_powerautomate.inputs import definition as definitions
from pulumi_powerautomate.inputs.definition import check_definition, definition_inputs
from pulumi_powerautomate.provider.environment_guard import ENVIRONMENT
from tests.harness.definitions import hourly

_OLDS = {ENVIRONMENT: "contoso.crm4.dynamics.com"}


def _calls(profile: cProfile.Profile, function: Any) -> int:
    """How often a function was called, as the interpreter's profiler counts it."""
    found = [item.callcount for item in profile.getstats() if item.code is function.__code__]
    return sum(found)


def test_equal_definitions_are_prepared_once() -> None:
    """Five hundred flows of twenty files: written out by the program, validated by the provider."""
    profile = cProfile.Profile()
    with profile:
        for number in range(500):
            inputs = definition_inputs(hourly(f"Shared {number % 20}"), None, "flow")
            assert check_definition(inputs, {}) == []
    assert _calls(profile, validate) == 20
    assert _calls(profile, dump) == 40


def _checked(definition: Any, ignore: Any, olds: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """How often it is validated, and the inputs after it."""
    inputs = definition_inputs(definition, None, "flow", ignore)
    # As in another process.
    definitions._findings.clear()
    profile = cProfile.Profile()
    with profile:
        assert check_definition(inputs, olds) == []
    return _calls(profile, validate), inputs


@pytest.mark.parametrize(
    ("text", "ignore", "olds", "times"),
    [
        ("Kept", None, _OLDS, 0),
        ("Another one", None, _OLDS, 1),
        ("Kept", ["FLOW303"], _OLDS, 1),
        # Inputs without an environment are of a release that knew fewer rules and other digests.
        ("Kept", None, {}, 1),
    ],
)
def test_what_is_recorded_is_valid(
    text: str, ignore: Any, olds: dict[str, Any], times: int
) -> None:
    """A preview in which nothing has changed validates nothing."""
    _, recorded = _checked(hourly("Kept"), None, {})
    found, inputs = _checked(hourly(text), ignore, {**recorded, **olds})
    assert found == times
    assert inputs["__digest"]


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
