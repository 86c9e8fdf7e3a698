"""Programs in YAML on the real engine, with the native provider as the wheel installs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine import yaml_host_folder
from tests.harness.engine_project import (
    STACK,
    EngineError,
    engine_environment,
    new_stack,
    stored_resources,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "native" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)


class NativeProject:
    """A project on disk, one stack, and the CLI; commands return what the engine printed."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self.emulator = emulator
        kept = {
            key: value for key, value in os.environ.items() if key in ("HOME", "LANG", "TMPDIR")
        }
        more = {name: os.environ[name] for name in os.environ if name.startswith("PULUMI_POWER")}
        self.environment = {**kept, **more, **engine_environment(folder, emulator.environment)}
        self.environment["PATH"] += os.pathsep + str(yaml_host_folder())
        self.environment["PULUMI_STACK"] = STACK
        self._folder = folder
        self.declare({})
        shutil.copytree(new_stack() / "state", folder / "state", dirs_exist_ok=True)
        shutil.copy(new_stack() / f"Pulumi.{STACK}.yaml", self.folder)

    def declare(
        self, resources: Mapping[str, Any], outputs: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        """Write the program. YAML takes JSON, which leaves no doubt about what is a text."""
        program = {"name": "tests", "runtime": "yaml", "resources": resources, **more}
        program["outputs"] = outputs or {}
        (self.folder / "Pulumi.yaml").write_text(json.dumps(program, indent=1), "utf-8")

    def pulumi(self, *arguments: str) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise EngineError(done.stdout + done.stderr)
        return done.stdout + done.stderr

    def up(self, *more: str) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *more)

    def preview(self, *more: str) -> str:
        return self.pulumi("preview", *more)

    def refresh(self, *more: str) -> str:
        return self.pulumi("refresh", "--yes", "--skip-preview", *more)

    def destroy(self) -> str:
        return self.pulumi("destroy", "--yes", "--skip-preview")

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json"))
        return found

    def resources(self) -> dict[str, dict[str, Any]]:
        """Resources of ours in the state, by name."""
        return {
            item["urn"].rpartition("::")[2]: item
            for item in stored_resources(self._folder)
            if "powerautomate" in item["type"] and "providers" not in item["type"]
        }

    def sent(self) -> list[str]:
        """The requests since the last call, `METHOD path` each."""
        found = [f"{item['method']} {item['path']}" for item in self.emulator.control.requests()]
        self.emulator.control.clear_journal()
        return found


@pytest.fixture
def native(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> NativeProject:
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return NativeProject(tmp_path, emulator)


def flow(definition: Any, **more: Any) -> dict[str, Any]:
    """A flow of a YAML program; `options` are the resource's."""
    entry: dict[str, Any] = {"type": "powerautomate:index:CloudFlow"}
    if "options" in more:
        entry["options"] = more.pop("options")
    return {**entry, "properties": {"definition": definition, **more}}
