"""
A newcomer: from the wheel to a flow in the emulator, by what getting-started.md says.

The commands are those of the page, typed into shells; the installation is that of configuration.md,
from the wheel.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from tests.documentation.blocks import ROOT, Block, blocks_of
from tests.harness.engine import engine_folder

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
_PAGE = ROOT / "sdk-docs" / "getting-started.md"
_MOST_COMMANDS = 11
_MOST_MINUTES = 5.0


def _blocks() -> list[Block]:
    text = _PAGE.read_text("utf-8").partition("\n## 3.")[0]
    return blocks_of(text, _PAGE.name)


def _commands(block: Block) -> list[str]:
    return [
        re.sub(r" +#.*", "", line[2:]) for line in block.text.splitlines() if line.startswith("$ ")
    ]


def _run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env=dict(environment),
        input="yes\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_by_the_page(tmp_path: Path, wheel: Path) -> None:
    """No more than eleven steps and five minutes, and a flow that is on."""
    install, project, program, server, deploy = _blocks()
    began = time.monotonic()
    log: list[str] = []
    kept = {key: os.environ[key] for key in ("LANG", "TMPDIR", "PATH") if key in os.environ}
    pip = {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    # Pulumi finds a person's folder without `HOME`, so its own variable says where that is here.
    environment = {**kept, **pip, "HOME": str(tmp_path), "PULUMI_HOME": str(tmp_path / "pulumi")}
    environment["PATH"] = os.pathsep.join((str(engine_folder()), kept["PATH"]))
    commands = [item for line in _commands(install) for item in line.split(" && ")]
    folder = tmp_path / "flows"
    for command in commands:
        log.append(command)
        if command.startswith("mkdir"):
            folder.mkdir()
        elif command == ". .venv/bin/activate":
            environment["PATH"] = f"{folder}/.venv/bin{os.pathsep}{environment['PATH']}"
        elif command.startswith("pip install"):
            found = subprocess.run(
                ["bash", "-c", f"pip install --quiet '{wheel}[emulator]'"],
                cwd=folder, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if "from versions: none" in found.stderr:
                pytest.skip("no package registry can be reached")
            assert found.returncode == 0, found.stderr
        elif not command.startswith("cd "):
            _run(command, folder, environment)
    (folder / "Pulumi.yaml").write_text(project.text, "utf-8")
    (folder / "__main__.py").write_text(program.text, "utf-8")
    (start,) = _commands(server)
    log.append(start)
    with _Server(start.replace("--port 8080", "--port 0"), folder, environment) as running:
        environment |= running.variables
        log.append("(paste the export lines)")
        for command in _commands(deploy):
            log.append(command)
            if command.startswith("export "):
                name, _, value = command.removeprefix("export ").partition("=")
                environment[name] = value
            else:
                printed = _run(_here(command, tmp_path), folder, environment)
        assert "2 created" in printed
        assert running.flows() == [("hello", 1)]
    minutes = (time.monotonic() - began) / 60
    told = {"commands": len(log), "minutes": round(minutes, 2), "log": log}
    (tmp_path / "newcomer.json").write_text(json.dumps(told, indent=2), "utf-8")
    assert len(log) <= _MOST_COMMANDS
    assert minutes < _MOST_MINUTES


def _here(command: str, folder: Path) -> str:
    """A command that asks nobody, and that leaves the states of the person who tests alone."""
    if command == "pulumi login --local":
        return f"pulumi login file://{folder}"
    return f"{command} --yes" if command == "pulumi up" else command


class _Server:
    """The emulator in a terminal of its own, and the lines that it prints to be pasted."""

    def __init__(self, command: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "-c", f"exec {command} --control"],
            cwd=folder, env=dict(environment), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.variables: dict[str, str] = {}
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                self.variables[name] = value
            if line.startswith("Press Ctrl+C"):
                break

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def flows(self) -> list[tuple[str, int]]:
        """Name and state of every flow that is there."""
        url = self.variables["POWERAUTOMATE_ENVIRONMENT_URL"]
        answer = requests.get(f"{url}/__emulator__/rows/workflows", timeout=30)
        answer.raise_for_status()
        return [(row["name"], row["statecode"]) for row in answer.json()]
