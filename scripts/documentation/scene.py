"""A copy of an example with an emulator of its own, in which commands are run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator
from scripts.engine import engine_folder

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_OURS = ("PULUMI_", "POWERAUTOMATE_", "ARM_", "AZURE", "REQUESTS_", "HTTP_PROXY", "HTTPS_PROXY")


class Scene:
    """
    A project.

    Args:
        project: the folder that commands are run in.
        environment: their variables.
    """

    def __init__(self, project: Path, environment: Mapping[str, str]) -> None:
        self.project = project
        self._environment = environment

    def run(self, command: str, *, fails: bool = False, quiet: bool = False) -> tuple[str, str]:
        """A command line as a person types it, and what it printed, in colour."""
        colour = "" if quiet or not command.startswith("pulumi ") else " --color always"
        done = subprocess.run(
            ["bash", "-c", f"{command}{colour}"],
            cwd=self.project,
            env=dict(self._environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode and not fails:
            raise SystemExit(f"error: {command}\n{done.stdout}")
        return command, done.stdout


@contextmanager
def scene(example: str) -> Iterator[Scene]:
    """A scene of one example."""
    seed = _EXAMPLES / example / "emulator.json"
    rows = json.loads(seed.read_text("utf-8")) if seed.exists() else {}
    with tempfile.TemporaryDirectory() as folder, Emulator(seed=rows) as emulator:
        project = Path(folder) / example
        shutil.copytree(_EXAMPLES / example, project)
        (Path(folder) / "state").mkdir()
        outside = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
        programs = (str(Path(sys.executable).parent), str(engine_folder()), outside["PATH"])
        yield Scene(
            project,
            {
                **outside,
                **emulator.environment,
                "PATH": os.pathsep.join(programs),
                "PULUMI_HOME": f"{folder}/home",
                "PULUMI_BACKEND_URL": f"file://{folder}/state",
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
                "COLUMNS": "100",
            },
        )
