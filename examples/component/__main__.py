"""Two flows with the same rules about who owns and who may change them."""

import pulumi
from team_flow import TeamFlow

import pulumi_powerautomate as powerautomate

escalation = TeamFlow(
    "escalation",
    powerautomate.read_definition("flows/escalation.json"),
    owning_team="Operations",
    on_call="On-call",
)
reminder = TeamFlow(
    "reminder",
    powerautomate.read_definition("flows/reminder.json"),
    owning_team="Operations",
    on_call="On-call",
    run_by=["alice@contoso.com", "bob@contoso.com"],
)

pulumi.export("flows", [escalation.flow.id, reminder.flow.id])
