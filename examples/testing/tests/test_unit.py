"""Unit tests: Pulumi's mocks, no environment, no engine, milliseconds."""

import json
from typing import Any

import pulumi
import pytest
from reminders import declare


class Mocks(pulumi.runtime.Mocks):
    """Every resource exists as it was declared."""

    def __init__(self) -> None:
        self.declared: dict[str, Any] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Keep what was declared, by name."""
        self.declared[args.name] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], None]:
        """No look-up finds anything, and none fails."""
        return {}, None


@pytest.fixture
def mocks() -> Mocks:
    """Mocks of this test alone."""
    found = Mocks()
    pulumi.runtime.set_mocks(found, project="testing", stack="unit")
    return found


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK annotates nothing of it
def test_runs_on_weekdays(mocks: Mocks) -> pulumi.Output[None]:
    """The trigger leaves the weekend out."""

    def check(definition: str) -> None:
        (trigger,) = json.loads(definition)["triggers"].values()
        assert "Sunday" not in trigger["recurrence"]["schedule"]["weekDays"]

    return declare("Duty managers").definition.apply(check)


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK annotates nothing of it
def test_can_be_paused(mocks: Mocks) -> pulumi.Output[None]:
    """A program that is told so declares the flow as off."""

    def check(state: str) -> None:
        assert state == "off"

    return declare("Duty managers", running=False).state.apply(check)
