"""
Libraries that Pulumi's generators make for TypeScript and Go, compiled, and the examples on them.

The Automation API runs an inline program without a language host; the engine, the plugin and the
emulator are the real ones.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.plugin.schema import FILE
from tests.harness.engine import generator
from tests.harness.engine_project import changes, engine_environment

ROOT = Path(__file__).resolve().parents[2]
TEAM = "0e6a3b61-0000-4000-8000-000000000021"

pytestmark = pytest.mark.engine


def _run(command: list[str], folder: Path, more: Mapping[str, str] | None = None) -> str:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR", "LANG") if key in os.environ}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **(more or {})}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _project(name: str, language: str, sdk: str) -> Path:
    """The example beside its library, in a folder that keeps what it has compiled."""
    folder = ROOT / "build" / name
    shutil.copytree(ROOT / "examples" / name, folder, dirs_exist_ok=True)
    _run([str(generator()), str(FILE), str(folder / "generated")], folder)
    shutil.copytree(folder / "generated" / language, folder / sdk, dirs_exist_ok=True)
    return folder


def _lives(run: list[str], folder: Path, environment: Mapping[str, str], emulator: Emulator) -> str:
    """Create, nothing to do, destroy; returns the outputs that the first run printed."""
    printed = _run([*run, "up"], folder, environment)
    emulator.control.clear_journal()
    assert "unchanged" in changes(_run([*run, "preview"], folder, environment))
    assert [item for item in emulator.control.requests() if item["method"] != "GET"] == []
    states = [row["statecode"] for row in emulator.control.rows("workflows")]
    assert set(states) == {1}
    _run([*run, "destroy"], folder, environment)
    assert emulator.control.rows("workflows") == []
    return printed.strip().splitlines()[-1]


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not here")
def test_typescript(tmp_path: Path, emulator: Emulator) -> None:
    """A child flow by its output, structured definitions, and a look-up."""
    folder = _project("typescript", "nodejs", "sdk")
    # Node's tools take minutes on a busy machine, so that equal sources are compiled once.
    sources = [folder / "package.json", folder / "index.ts", folder / "tsconfig.json", FILE]
    wanted = "".join(source.read_text("utf-8") for source in sources)
    stamp = folder / "compiled-from"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        _run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
        _run(["npm", "run", "build"], folder)
        stamp.write_text(wanted, "utf-8")
    environment = engine_environment(tmp_path, emulator.environment)
    printed = _lives(["node", "bin/index.js"], folder, environment, emulator)
    outputs = json.loads(printed)
    assert (outputs["state"], outputs["named"]) == ("on", 1)


@pytest.mark.skipif(shutil.which("go") is None, reason="Go is not here")
def test_go(tmp_path: Path, emulator: Emulator) -> None:
    """A definition as text, and a share with typed arguments."""
    emulator.control.insert("teams", {"teamid": TEAM, "ownerid": TEAM, "name": "On-call"})
    folder = _project("go", "go", "sdk/go")
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOFLAGS": "", "GOWORK": "off"}
    _run(["go", "build", "-buildvcs=false", "-trimpath", "-o", "flows", "."], folder, settings)
    environment = {**engine_environment(tmp_path, emulator.environment), "TEAM_ID": TEAM}
    printed = _lives(["./flows"], folder, environment, emulator)
    assert json.loads(printed)["state"] == "on"
