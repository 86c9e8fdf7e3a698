"""A folder that `adopt` writes, and the CLI in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator, seed
from tests.harness.corpus import connection_reference_rows
from tests.harness.engine import yaml_host_folder
from tests.harness.engine_project import engine_environment

# A flow's connections, as the environment stores them: by a connection reference, and directly.
OFFICE = {
    "api": {"name": "shared_office365"},
    "connection": {"connectionReferenceLogicalName": "contoso_office365"},
    "runtimeSource": "embedded",
}
DIRECT = {
    "connectionName": "shared-office365-9f",
    "id": "/providers/Microsoft.PowerApps/apis/shared_office365",
    "source": "Embedded",
}


class AdoptedProject:
    """
    One project on disk and its stack `dev`.

    Args:
        folder: a folder of the test's own; the program is in `project` below it.
        emulator: the environment.
        language: what `adopt` is asked for; nothing by default.
    """

    def __init__(self, folder: Path, emulator: Emulator, language: str = "") -> None:
        self.path = folder / "project"
        self.language = ["--language", language] if language else []
        kept = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
        self.environment = {**kept, **engine_environment(folder, emulator.environment)}
        if language == "yaml":
            self.environment["PATH"] += os.pathsep + str(yaml_host_folder())

    def adopt(self, *arguments: str) -> str:
        """Run `pulumi-powerautomate adopt` into the folder."""
        return self.run(sys.executable, "-m", "pulumi_powerautomate.cli", "adopt", *arguments,
                        *self.language, "--output", ".")  # fmt: skip

    def pulumi(self, *arguments: str) -> str:
        """Run the Pulumi CLI in the folder."""
        return self.run("pulumi", *arguments, "--non-interactive")

    def import_all(self) -> str:
        """Import what `adopt` has written, the fast way that it tells."""
        self.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
        try:
            return self._import()
        finally:
            del self.environment["PULUMI_SKIP_CHECKPOINTS"]

    def _import(self) -> str:
        return self.pulumi("import", "--file", "import.json", "--generate-code=false",
                           "--protect=false", "--yes", "--skip-preview")  # fmt: skip

    def changes(self) -> dict[str, int]:
        """How many resources the next `up` would treat how."""
        found = json.loads(self.pulumi("preview", "--json"))["changeSummary"]
        return {str(kind): int(number) for kind, number in found.items()}

    def files(self) -> dict[str, str]:
        """Every file of the program, by path."""
        return {
            str(path.relative_to(self.path)): path.read_text("utf-8")
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }

    def run(self, *command: str) -> str:
        """Run a command in the folder; it has to end well."""
        self.path.mkdir(exist_ok=True)
        done = subprocess.run(
            command, cwd=self.path, env=self.environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def document(definition: Any, **references: Any) -> dict[str, Any]:
    """A flow as the environment stores it."""
    return {
        "properties": {"connectionReferences": references, "definition": definition},
        "schemaVersion": "1.0.0.0",
    }


def add_flow(emulator: Emulator, number: int, document: Any, **columns: Any) -> str:
    """Put a flow into the environment as people left it there; returns its id."""
    for row in connection_reference_rows([document]):
        known = emulator.control.rows("connectionreferences")
        if all(row["connectionreferencelogicalname"] != item["connectionreferencelogicalname"]
               for item in known):  # fmt: skip
            emulator.control.insert("connectionreferences", row)
    flow_id = f"5eed0000-0000-4000-8000-{number:012x}"
    on = columns.pop("on", False)
    emulator.control.insert(
        "workflows",
        {
            "workflowid": flow_id,
            "name": f"Flow {number}",
            "category": 5,
            "type": 1,
            "primaryentity": "none",
            "clientdata": json.dumps(document, ensure_ascii=False),
            "statecode": 1 if on else 0,
            "statuscode": 2 if on else 1,
            **columns,
        },
    )
    return flow_id


def add_share(emulator: Emulator, flow_id: str, principal: str, kind: str, mask: int) -> None:
    """Share a flow with somebody, as people did."""
    emulator.control.insert(
        "principalobjectaccessset",
        {"objectid": flow_id, "objecttypecode": "workflow", "principalid": principal,
         "principaltypecode": kind, "accessrightsmask": mask, "inheritedaccessrightsmask": 0},
    )  # fmt: skip


def share_and_place(emulator: Emulator, flow_id: str) -> None:
    """Share a flow with a user and a team, and put it into a solution."""
    add_share(emulator, flow_id, seed.BOB, "systemuser", 1)
    add_share(emulator, flow_id, seed.ON_CALL_TEAM, "team", 327703)
    emulator.control.insert(
        "solutioncomponents",
        {"objectid": flow_id, "componenttype": 29, "_solutionid_value": seed.SOLUTION},
    )
