"""Each import contract has a violation planted; import-linter judges."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
# By contract: the module that breaks it, and the line that does.
_PLANTED = {
    "Layers point down": ("client/principals.py", "from ..cli import main"),
    "Layers of the client point down": (
        "client/principals.py",
        "from .flows.requests import Workflows",
    ),
    "The emulator shares no code with anything else of ours": (
        "emulator/clock.py",
        "from ..redaction import redact",
    ),
    "No import cycles": ("client/http/upload.py", "from .transport import Transport"),
    "pulumi stays in the resource modules, functions and provider": (
        "flow/document.py",
        "import pulumi",
    ),
    "requests and urllib3 are the transport's": ("cloud_flow.py", "import requests"),
    "msal is auth's": ("client/flows/requests.py", "import msal"),
}


def _lint(folder: Path) -> str:
    """The word of import-linter about the package in a folder."""
    command = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [str(command), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("contract", _PLANTED)
def test_planted_violation_is_refused(tmp_path: Path, contract: str) -> None:
    """A line that breaks the contract is found, and it is this contract that finds it."""
    shutil.copytree(
        ROOT / "pulumi_powerautomate",
        tmp_path / "pulumi_powerautomate",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    name, line = _PLANTED[contract]
    module = tmp_path / "pulumi_powerautomate" / name
    text = module.read_text("utf-8")
    first = "from __future__ import annotations\n"
    module.write_text(text.replace(first, f"{first}\n{line}\n", 1), "utf-8")
    assert f"{contract} BROKEN" in _lint(tmp_path)


def test_emulator_imports_nothing_of_ours() -> None:
    """It may import itself only, whatever modules are added beside it."""
    graph = grimp.build_graph("pulumi_powerautomate")
    within = {"pulumi_powerautomate.emulator"}
    within |= graph.find_descendants("pulumi_powerautomate.emulator")
    foreign = {
        f"{module} imports {other}"
        for module in within
        for other in graph.find_modules_directly_imported_by(module)
        if other not in within
    }
    assert foreign == set()
