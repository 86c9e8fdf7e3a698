"""Runs of probes against an emulator, as the command makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.conformance.lab import Options
from pulumi_powerautomate.conformance.result import File, file_text, read_file
from pulumi_powerautomate.conformance.runner import Run, carry_out, look_around
from pulumi_powerautomate.conformance.sender import Sender
from pulumi_powerautomate.emulator import Emulator

# What a run makes is in these; jobs are the history of the environment.
TABLES = (
    "publishers", "solutions", "workflows", "connectionreferences", "teams",
    "environmentvariabledefinitions", "environmentvariablevalues", "principalobjectaccessset",
    "solutioncomponents", "teamrolescollection", "systemusers", "roles",
    "systemuserrolescollection",
)  # fmt: skip


def client_of(emulator: Emulator | Mapping[str, str]) -> DataverseClient:
    """A client that takes answers as they come; of an emulator, or of the variables of one."""
    known = resolve(environ=emulator.environment if isinstance(emulator, Emulator) else emulator)
    connection = replace(
        known,
        settings={**known.settings, "verify_responses": "false"},
        origins={**known.origins, "verify_responses": "conformance"},
    )
    return DataverseClient(connection, max_concurrency=1)


def run(emulator: Emulator | Mapping[str, str], *only: str, **options: Any) -> Run:
    """A run with some probes, or with all; flows are turned on unless it is said otherwise."""
    client = client_of(emulator)
    try:
        sender = Sender(client.transport, 5000)
        place = look_around(client, sender)
        wanted = Options(**{"activate": True, **options})
        return carry_out(client, sender, place, wanted, only=only)
    finally:
        client.close()


def rows(emulator: Emulator) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that a run may write to."""
    return {
        table: sorted(emulator.control.rows(table), key=lambda row: sorted(map(str, row.values())))
        for table in TABLES
    }


def filed_run(done: Run, folder: Path, **options: Any) -> File:
    text = file_text(done, Options(activate=True, **options), product="0.1", cloud="public")
    path = folder / "conformance.json"
    path.write_text(text, "utf-8")
    return read_file(path)
