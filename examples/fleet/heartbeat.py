"""
The program of every environment of the fleet: a flow that tells that the environment is alive.
"""

import pulumi

import pulumi_powerautomate as powerautomate


def program() -> None:
    """Declare it; the stack's name is the environment's."""
    definition = {
        "parameters": {
            "$authentication": {"defaultValue": {}, "type": "SecureObject"},
            "$connections": {"defaultValue": {}, "type": "Object"},
        },
        "triggers": {
            "Every_hour": {
                "type": "Recurrence",
                "recurrence": {"frequency": "Hour", "interval": 1},
            }
        },
        "actions": {
            "Tell": {
                "type": "OpenApiConnection",
                "runAfter": {},
                "inputs": {
                    "parameters": {
                        "emailMessage/To": "platform@contoso.com",
                        "emailMessage/Subject": f"{pulumi.get_stack()} is alive",
                        "emailMessage/Body": "<p>@{utcNow()}</p>",
                    },
                    "host": {
                        "apiId": "/providers/Microsoft.PowerApps/apis/shared_office365",
                        "connectionName": "shared_office365",
                        "operationId": "SendEmailV2",
                    },
                    "authentication": "@parameters('$authentication')",
                },
            }
        },
    }
    flow = powerautomate.CloudFlow(
        "heartbeat",
        definition=definition,
        connection_references={"shared_office365": "contoso_office365"},
        solution="ContosoAutomation",
    )
    pulumi.export("flow", flow.id)
