"""Imports of solutions in a provider process, and what the emulator holds afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.inputs.package import package_inputs
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import hourly
from tests.harness.provider_process import ProviderProcess, provider_process

IDENTITY = "o/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:SolutionImport::contoso"
THIRD = "a0000000-0000-4000-8000-000000000003"


def inputs(path: Path, **more: Any) -> dict[str, Any]:
    return {**package_inputs(path), "__identity": IDENTITY, **more}


def created(
    provider: ProviderProcess, news: dict[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    checked = provider.check(news)
    assert checked.failures == []
    id_, outputs = provider.create(checked.inputs)
    return id_, checked.inputs, outputs


def deleted(emulator: Emulator, id_: str, outputs: dict[str, Any]) -> list[str]:
    """Delete as another command does, in a process of its own; returns the lines that stay."""
    with provider_process(emulator.environment, provider=SolutionImportProvider) as process:
        process.delete(id_, outputs)
        return [line for _, line, ephemeral in process.log if not ephemeral]


def executed(emulator: Emulator) -> int:
    """Imports that the service carried out."""
    return len([row for row in emulator.control.rows("importjobs") if row["progress"] >= 100])


def states(emulator: Emulator) -> dict[str, int]:
    return {row["name"]: row["statecode"] for row in emulator.control.rows("workflows")}


def call(child: str) -> dict[str, Any]:
    definition = hourly()
    definition["actions"] = {
        "Call": {
            "type": "Workflow",
            "runAfter": {},
            "inputs": {"host": {"workflowReferenceName": child}},
        }
    }
    return definition
