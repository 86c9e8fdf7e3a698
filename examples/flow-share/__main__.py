"""
A team's flow, shared with its on-call team and a service account.

Who they are differs from environment to environment and comes from the stack's configuration.
"""

import pulumi

import pulumi_powerautomate as powerautomate

config = pulumi.Config()

escalation = powerautomate.CloudFlow(
    "escalation",
    description="Escalates incidents that nobody has taken.",
    definition=powerautomate.read_definition("flows/escalation.json"),
    owner=powerautomate.team(config.require("owningTeam")),
    solution="ContosoAutomation",
)

co_owners: list[powerautomate.ShareDeclaration] = [
    {"principal": powerautomate.team(name), "access": ["co-owner"]}
    for name in config.require_object("coOwners")
]
run_only_users: list[powerautomate.ShareDeclaration] = [
    {"principal": powerautomate.user(email=address), "access": ["run-only"]}
    for address in config.require_object("runOnlyUsers")
]

# All shares of the flow: one that somebody makes by hand is revoked by the next `pulumi up`.
powerautomate.FlowSharesExclusive(
    "escalation", flow_id=escalation.id, shares=co_owners + run_only_users
)

pulumi.export("flow", escalation.id)
