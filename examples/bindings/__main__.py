"""A connection reference, the value of an environment variable, and a flow that uses both."""

import pulumi

import pulumi_powerautomate as powerautomate

config = pulumi.Config()

mail = powerautomate.ConnectionReference(
    "mail",
    logical_name="contoso_office365",
    display_name="Mail of the operations team",
    connector="shared_office365",
    # Connections are made by people; which one it is differs between environments.
    connection_id=config.require("mailConnection"),
    solution="ContosoAutomation",
)

recipient = powerautomate.EnvironmentVariableValue(
    "recipient",
    # The definition came with a solution; its value here is this environment's own.
    schema_name="contoso_recipient",
    value=config.require("recipient"),
)

digest = powerautomate.CloudFlow(
    "daily-digest",
    description="Mails the operations team once a day.",
    definition=powerautomate.read_definition("flows/daily-digest.json"),
    connection_references={"shared_office365": mail.logical_name},
    solution="ContosoAutomation",
    # A flow reads the variables of its trigger when it is turned on.
    opts=pulumi.ResourceOptions(depends_on=[recipient]),
)

pulumi.export("flow", digest.id)
