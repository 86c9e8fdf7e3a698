"""Integration tests: the real engine and provider, against a Dataverse of this machine."""

from pathlib import Path
from typing import Any

from reminders import declare

import pulumi_powerautomate as powerautomate

PROJECT = Path(__file__).parent.parent


def test_project_as_it_is_deployed(dataverse: Any, pulumi_stack: Any) -> None:
    """The whole project, with the configuration of a stack: created once, then unchanged."""
    stack = pulumi_stack(PROJECT, stack="test")
    stack.up()
    (flow,) = dataverse.control.rows("workflows")
    assert flow["name"] == "reminder"
    assert flow["statecode"] == 1
    assert stack.outputs()["flow"].value == flow["workflowid"]
    again = stack.preview()
    assert again.change_summary == {"same": 3}
    stack.destroy()
    assert dataverse.control.rows("workflows") == []


def test_change_by_hand_is_not_overwritten(dataverse: Any, pulumi_stack: Any) -> None:
    """A refresh finds the change that an operator made in the portal."""
    stack = pulumi_stack(lambda: declare("Duty managers"))
    stack.up()
    (flow,) = dataverse.control.rows("workflows")
    dataverse.control.patch("workflows", flow["workflowid"], {"description": "Edited"})
    assert stack.refresh().summary.resource_changes == {"same": 2, "update": 1}


def test_every_test_has_an_environment_of_its_own(dataverse: Any) -> None:
    """Nothing of the tests before is left; look-ups of the package reach the same environment."""
    assert powerautomate.get_flows() == []
    assert [team["name"] for team in powerautomate.get_teams(name="Duty managers")] == [
        "Duty managers"
    ]
