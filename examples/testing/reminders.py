"""The declaration of the program, as a function that tests can call."""

from __future__ import annotations

from pathlib import Path

import pulumi

import pulumi_powerautomate as powerautomate

FLOWS = Path(__file__).parent / "flows"


def declare(team: str, running: bool = True) -> powerautomate.CloudFlow:
    """A reminder that a team is told of, and may run."""
    flow = powerautomate.CloudFlow(
        "reminder",
        description=f"Reminds {team} of open incidents.",
        definition=powerautomate.read_definition(FLOWS / "reminder.json"),
        state="on" if running else "off",
        solution="ContosoAutomation",
    )
    powerautomate.FlowShare(
        "duty", flow_id=flow.id, principal=powerautomate.team(team), access=["run-only"]
    )
    pulumi.export("flow", flow.id)
    return flow
