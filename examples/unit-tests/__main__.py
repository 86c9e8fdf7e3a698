"""A flow of the operations team, shared with every team whose name begins with `Duty`."""

import pulumi

import pulumi_powerautomate as powerautomate

escalation = powerautomate.CloudFlow(
    "escalation",
    definition=powerautomate.read_definition("flows/escalation.json"),
    state="on" if pulumi.get_stack() == "prod" else "off",
    owner=powerautomate.team("Operations"),
)

for team in powerautomate.get_teams():
    if team["name"].startswith("Duty"):
        powerautomate.FlowShare(
            team["name"],
            flow_id=escalation.id,
            principal=powerautomate.team(team["id"]),
            access="co-owner",
        )

pulumi.export("flow", escalation.id)
