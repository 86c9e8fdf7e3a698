"""
One solution package, bound to each environment's own connection and recipient.

The package is packed from `src`, which is what people review:
`pulumi-powerautomate pack src dist/ContosoAlerts.zip`.
"""

import pulumi

import pulumi_powerautomate as powerautomate

config = pulumi.Config()

alerts = powerautomate.SolutionImport(
    "alerts",
    package="dist/ContosoAlerts.zip",
    connection_references={"contoso_office365": config.require("mailConnection")},
    environment_variables={"contoso_recipient": config.require("recipient")},
)

pulumi.export("version", alerts.version)
pulumi.export("flows", alerts.flows)
