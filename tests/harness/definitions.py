"""Small flows written for the tests."""

from __future__ import annotations

from typing import Any

SCHEMA = (
    "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
    "workflowdefinition.json#"
)


def hourly(text: str = "Hello") -> dict[str, Any]:
    """A flow that needs no connection: every hour it composes a text."""
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "$connections": {"defaultValue": {}, "type": "Object"},
            "$authentication": {"defaultValue": {}, "type": "SecureObject"},
        },
        "triggers": {
            "Recurrence": {
                "type": "Recurrence",
                "recurrence": {"frequency": "Hour", "interval": 1},
            }
        },
        "actions": {"Greet": {"type": "Compose", "inputs": text, "runAfter": {}}},
    }


def mailing(to: str = "ops@contoso.com") -> dict[str, Any]:
    """A flow that sends a mail through the connection `shared_office365`."""
    definition = hourly()
    definition["actions"]["Send_mail"] = {
        "type": "OpenApiConnection",
        "runAfter": {"Greet": ["Succeeded"]},
        "inputs": {
            "host": {
                "apiId": "/providers/Microsoft.PowerApps/apis/shared_office365",
                "connectionName": "shared_office365",
                "operationId": "SendEmailV2",
            },
            "parameters": {
                "emailMessage/To": to,
                "emailMessage/Subject": "@{outputs('Greet')}",
                "emailMessage/Body": "<p>@{outputs('Greet')}</p>",
            },
            "authentication": "@parameters('$authentication')",
        },
    }
    return definition


def calling(*children: str) -> dict[str, Any]:
    """A flow that calls others, and that others can call."""
    definition = hourly()
    definition["triggers"] = {"manual": {"type": "Request", "kind": "Button", "inputs": {}}}
    for number, child in enumerate(children):
        definition["actions"][f"Call_{number}"] = {
            "type": "Workflow",
            "runAfter": {},
            "inputs": {"host": {"workflowReferenceName": child}},
        }
    definition["actions"]["Respond"] = {
        "type": "Response",
        "kind": "Button",
        "runAfter": {},
        "inputs": {"statusCode": 200},
    }
    return definition
