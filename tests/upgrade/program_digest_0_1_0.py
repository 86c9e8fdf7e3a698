"""
Flows in the spellings of designer and service, declared when release 0.1.0 told them apart.

Later releases take them for the same flow in another spelling, so their digest is another one.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pulumi

import pulumi_powerautomate as powerautomate
from tests.harness.definitions import mailing

_RAW = "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$ConnectionKey']"


def packages(folder: Path) -> None:
    """None; the recorder asks every program for its packages."""


def respelt(text: str = "Hello") -> dict[str, Any]:
    """One flow with everything that 0.1.0 took for a difference."""
    definition = copy.deepcopy(mailing())
    definition["metadata"] = {"workflowEntityId": None}
    trigger = definition["triggers"]["Recurrence"]
    trigger |= {"evaluatedRecurrence": trigger["recurrence"], "conditions": [], "correlation": {}}
    definition["actions"]["Send_mail"]["inputs"]["authentication"] = {"type": "Raw", "value": _RAW}
    definition["actions"]["Send_mail"]["runAfter"] = {"Greet": ["SUCCEEDED"]}
    definition["actions"]["Check"] = {
        "type": "if",
        "expression": "@equals(1, 1)",
        "actions": {"Say": {"type": "compose", "inputs": text}},
        "else": {"actions": {}},
        "runAfter": {"Send_mail": ["TimedOut", "FAILED", "Succeeded"]},
    }
    definition["actions"]["Read"] = {
        "type": "ParseJson",
        "inputs": {
            "content": "@outputs('Greet')",
            "schema": {"type": "object", "required": [], "additionalProperties": {}},
        },
        "runAfter": {"Check": ["Succeeded"]},
    }
    return definition


def plain(text: str = "Hello") -> dict[str, Any]:
    """The same flow as the designer writes it."""
    definition = respelt(text)
    del definition["metadata"]
    for member in ("evaluatedRecurrence", "conditions", "correlation"):
        del definition["triggers"]["Recurrence"][member]
    actions = definition["actions"]
    del actions["Send_mail"]["inputs"]["authentication"], actions["Check"]["else"]
    actions["Send_mail"]["runAfter"] = {"Greet": ["Succeeded"]}
    actions["Check"] |= {
        "type": "If",
        "runAfter": {"Send_mail": ["Succeeded", "Failed", "TimedOut"]},
    }
    actions["Check"]["actions"]["Say"]["type"] = "Compose"
    actions["Read"]["inputs"]["schema"] = {"type": "object"}
    return definition


def program(folder: Path, url: str, *, later: bool = False, portal: bool = False) -> None:
    """Declare them; `portal` in the other spelling, `later` with another text."""
    text = "Bye" if later else "Hello"
    reference = powerautomate.ConnectionReference(
        "mail",
        logical_name="contoso_office365",
        connector="shared_office365",
        connection_id="shared-office365-1",
    )
    for name in ("one", "two"):
        powerautomate.CloudFlow(
            name,
            pulumi.ResourceOptions(depends_on=[reference]),
            definition=(plain if portal else respelt)(text),
            connection_references={"shared_office365": "contoso_office365"},
        )
