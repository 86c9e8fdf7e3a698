"""The folder and the environment that the pages speak of."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution import pack
from tests.documentation.blocks import ROOT
from tests.harness.definitions import hourly, mailing
from tests.harness.engine_project import engine_environment
from tests.harness.packages import FIRST, FlowPart, package

DIGEST = "6b6c2f10-0000-4000-8000-000000000001"
_CONNECTORS = "/providers/Microsoft.PowerApps/apis/"
_EXAMPLES = ROOT / "examples"
CONFIG = {
    "mailConnection": "shared-office365-dev",
    "recipient": "ops@contoso.com",
    "key": "a key",
}


def furnish(emulator: Emulator) -> None:
    """Put in a flow with two runs, connection references, a variable and a person."""
    control = emulator.control
    control.reset()
    for number, connector in enumerate(("office365", "teams", "sql"), 1):
        control.insert(
            "connectionreferences",
            {
                "connectionreferencelogicalname": f"contoso_{connector}",
                "connectionreferencedisplayname": connector,
                "connectorid": f"{_CONNECTORS}shared_{connector}",
                "connectionid": f"shared-{connector}-{number}",
            },
        )
    control.insert(
        "environmentvariabledefinitions",
        {"schemaname": "contoso_recipient", "displayname": "Recipient", "defaultvalue": "x"},
    )
    (publisher,) = [row for row in control.rows("publishers") if row["uniquename"] == "contoso"]
    control.insert(
        "solutions",
        {
            "uniquename": "ContosoAlerts",
            "friendlyname": "Alerts",
            "version": "1.0.0.0",
            "_publisherid_value": publisher["publisherid"],
        },
    )
    control.insert("systemusers", _person("svc-digest@contoso.com"))
    document = {
        "properties": {"definition": hourly(), "connectionReferences": {}},
        "schemaVersion": "1.0.0.0",
    }
    row = {"workflowid": DIGEST, "name": "Daily digest", "category": 5, "type": 1}
    row |= {"primaryentity": "none", "statecode": 1, "statuscode": 2}
    control.insert("workflows", {**row, "clientdata": json.dumps(document)})
    began = datetime.now(timezone.utc) - timedelta(minutes=5)
    for name, status in (("a", "Succeeded"), ("b", "Failed")):
        run = {"name": name, "status": status, "starttime": began.strftime("%Y-%m-%dT%H:%M:%SZ")}
        control.insert("flowruns", {**run, "_workflow_value": DIGEST})


def _person(address: str) -> dict[str, Any]:
    return {"fullname": address, "internalemailaddress": address, "domainname": address}


def write_folder(folder: Path) -> None:
    """Flows in two versions, packages in two versions, a project."""
    for name in ("flows", "new", "main", "branch", "old", "dist"):
        (folder / name).mkdir()
    _write(folder / "flows" / "daily-digest.json", mailing())
    _write(folder / "flows" / "sync.json", hourly("@if(true, 1)"))
    _write(folder / "flows" / "orders.json", hourly("@{utcNaw()}"))
    for path in ("new/daily-digest.json", "old.json", "daily-digest.json"):
        _write(folder / path, hourly("another text"))
    shutil.copy(_EXAMPLES / "flow-share" / "flows" / "escalation.json", folder / "flows")
    for name in ("main", "branch"):
        shutil.copy(folder / "flows" / "escalation.json", folder / name)
    shutil.copytree(_EXAMPLES / "solution-import" / "src", folder / "src")
    shutil.copytree(_EXAMPLES / "solution-import" / "src", folder / "old" / "src")
    (folder / "ContosoAutomation.zip").write_bytes(pack(folder / "src"))
    shutil.copy(folder / "ContosoAutomation.zip", folder / "dist")
    first, second = FlowPart(FIRST, "Daily digest"), FlowPart(FIRST, "Daily digest", hourly("new"))
    for name, flow in (("old", first), ("ContosoAlerts_1_0_0_0", first), ("contoso", first)):
        package(folder / f"{name}.zip", flow, name="ContosoAlerts")
    package(folder / "ContosoAlerts_1_1_0_0.zip", second, name="ContosoAlerts", version="1.1.0.0")
    package(
        folder / "dist" / "ContosoAlerts.zip", second, name="ContosoAlerts", version="1.1.0.0",
        references={"contoso_office365": "shared_office365"},
        variables={"contoso_recipient": "ops@contoso.com", "contoso_key": "none"},
    )  # fmt: skip
    settings = {
        "EnvironmentVariables": [{"SchemaName": "contoso_recipient", "Value": "ops@contoso.com"}],
        "ConnectionReferences": [
            {
                "LogicalName": "contoso_office365",
                "ConnectionId": "shared-office365-1",
                "ConnectorId": f"{_CONNECTORS}shared_office365",
            }
        ],
    }
    (folder / "settings.dev.json").write_text(json.dumps(settings), "utf-8")
    (folder / "Pulumi.yaml").write_text("name: tests\nruntime: python\n", "utf-8")
    (folder / "__main__.py").write_text("import pulumi\n", "utf-8")


def _write(path: Path, definition: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(definition, indent=2), "utf-8")


class Shell:
    """Commands in the folder, with the CLI, the engine and the environment at hand."""

    def __init__(self, folder: Path, project: Path, variables: Mapping[str, str]) -> None:
        kept = {key: value for key, value in os.environ.items() if key in ("HOME", "LANG")}
        self._environment = {**kept, **engine_environment(folder, variables)}
        self._project = project

    def run(self, command: str, *codes: int) -> str:
        """The output of a command, which has to end with one of these codes."""
        if command.startswith("pulumi-powerautomate emulator"):
            return self._serve(command)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self._project,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (codes or (0,)), f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _serve(self, command: str) -> str:
        """Start a server on a free port, wait until it is ready, and end it."""
        words = command.partition("#")[0].split()
        if "--port" in words:
            words[words.index("--port") + 1] = "0"
        process = subprocess.Popen(
            [sys.executable, "-m", "pulumi_powerautomate.cli", *words[1:]],
            cwd=self._project,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Press Ctrl+C"):
                break
        process.terminate()
        assert process.wait(30) == 0
        assert "POWERAUTOMATE_ENVIRONMENT_URL" in printed
        return printed


def commands_of(text: str) -> list[str]:
    """The lines after a prompt, without what they printed."""
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
