"""The page `testing-pytest.md`: each block as a reader would put it into a project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.engine import engine_folder
from tests.harness.tools import ROOT

_PAGE = (ROOT / "sdk-docs" / "testing-pytest.md").read_text("utf-8")
_BLOCKS = re.findall(r"```(python|json|ini)\n(.*?)```", _PAGE, re.DOTALL)


@pytest.mark.engine
def test_blocks_of_the_page(tmp_path: Path) -> None:
    """They stand in one project, its folders where the page says, and all its tests pass."""
    shutil.copytree(ROOT / "examples" / "testing", tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "tests")
    (tmp_path / "tests" / "seeds").mkdir(parents=True)
    more = {"teams": [{"name": "One"}, {"name": "Two"}]}
    (tmp_path / "tests" / "seeds" / "many-teams.json").write_text(json.dumps(more), "utf-8")
    shutil.copy(tmp_path / "flows" / "reminder.json", tmp_path / "flows" / "digest.json")
    for number, (language, text) in enumerate(_BLOCKS):
        if language == "ini":
            (tmp_path / "pytest.ini").write_text(text, "utf-8")
        elif language == "json":
            (tmp_path / "seeds" / "people.json").write_text(text, "utf-8")
        else:
            (tmp_path / "tests" / f"test_block_{number}.py").write_text(text, "utf-8")
    path = os.pathsep.join((str(engine_folder()), os.environ["PATH"]))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert "4 passed" in done.stdout, done.stdout
