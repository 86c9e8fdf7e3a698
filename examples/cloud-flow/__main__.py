"""Three real flows, bound to the connection references of this environment."""

import pulumi

import pulumi_powerautomate as powerautomate

# The connection references that the maker portal or a solution made in this environment.
DATAVERSE = "contoso_dataverse"
OUTLOOK = "contoso_office365"
TEAMS = "contoso_teams"
ADMIN = "contoso_powerplatformforadmins"

notification = powerautomate.CloudFlow(
    "send-notification",
    description="Child flow: tells the owner of an agent by mail and in Teams.",
    definition=powerautomate.read_definition("flows/send-notification.json"),
    connection_references={
        "shared_commondataserviceforapps": DATAVERSE,
        "shared_office365-1": OUTLOOK,
        "shared_teams": TEAMS,
    },
    solution="ContosoAutomation",
)

environments = powerautomate.CloudFlow(
    "sync-environments",
    definition=powerautomate.read_definition("flows/sync-environments.json"),
    connection_references={
        "shared_powerplatformforadmins_2": ADMIN,
        "shared_commondataserviceforapps": DATAVERSE,
        "shared_commondataserviceforapps_1": DATAVERSE,
    },
    solution="ContosoAutomation",
)

packages = powerautomate.CloudFlow(
    "package-arrived",
    name="When packages come in, notify receiver",
    definition=powerautomate.read_definition("flows/package-arrived.json"),
    connection_references={
        "shared_office365": OUTLOOK,
        "shared_commondataserviceforapps_1": DATAVERSE,
    },
    state="off",
    owner=powerautomate.team("0e6a3b61-0000-4000-8000-000000000021"),
    solution="ContosoAutomation",
)

pulumi.export("flows", [notification.id, environments.id, packages.id])
