"""The Web API, spoken plainly."""

from __future__ import annotations

import json
from typing import Any

import requests

from pulumi_powerautomate.emulator import Emulator

FLOW = "11111111-1111-4111-8111-111111111111"
ALICE = "0e6a3b61-0000-4000-8000-000000000011"
BOB = "0e6a3b61-0000-4000-8000-000000000012"


def call(
    emulator: Emulator,
    method: str,
    path: str,
    body: Any = None,
    token: str = "emulator",
    **headers: str,
) -> requests.Response:
    """One request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(
        method,
        f"{emulator.url}/api/data/v9.2/{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}", **named},
        allow_redirects=False,
        timeout=30,
    )


def document(**actions: Any) -> str:
    """The document of a flow that runs every hour."""
    definition = {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
        "2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": {
            "Recurrence": {
                "type": "Recurrence",
                "recurrence": {"frequency": "Hour", "interval": 1},
            }
        },
        "actions": actions,
    }
    properties = {"definition": definition, "connectionReferences": {}}
    return json.dumps({"properties": properties, "schemaVersion": "1.0.0.0"})


def flow(name: str = "Flow", **columns: Any) -> dict[str, Any]:
    """The body that creates a flow."""
    body = {"category": 5, "type": 1, "primaryentity": "none", "clientdata": document()}
    return {"workflowid": FLOW, "name": name, **body, **columns}


def share(emulator: Emulator, action: str, mask: str, principal: str = ALICE) -> requests.Response:
    """GrantAccess or ModifyAccess on the flow."""
    body = {
        "Target": {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": FLOW},
        "PrincipalAccess": {
            "AccessMask": mask,
            "Principal": {
                "@odata.type": "Microsoft.Dynamics.CRM.systemuser",
                "systemuserid": principal,
            },
        },
    }
    return call(emulator, "POST", action, body)


def rights(emulator: Emulator) -> str:
    """The rights that Alice was granted on the flow."""
    target = "{'@odata.id':'workflows(" + FLOW + ")'}"
    answer = call(emulator, "GET", f"RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={target}")
    found = answer.json()["PrincipalAccesses"]
    return str(found[0]["AccessMask"]) if found else ""
