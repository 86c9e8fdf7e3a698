"""The pytest plugin, in projects of its users and processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.engine import engine_folder
from tests.harness.tools import ROOT

_SEED = {"teams": [{"teamid": "5c1f2a20-0000-4000-8000-000000000031", "name": "Duty"}]}


def _pytest(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, env={**os.environ, **variables},
    )  # fmt: skip


def _project(folder: Path, tests: str) -> Path:
    (folder / "pytest.ini").write_text("[pytest]\ndataverse_seed = seeds\n", "utf-8")
    (folder / "seeds").mkdir()
    (folder / "seeds" / "teams.json").write_text(json.dumps(_SEED), "utf-8")
    (folder / "test_user.py").write_text(tests, "utf-8")
    return folder


_LOADED = """
import sys

def test_other():
    ours = {name for name in sys.modules if name.startswith("pulumi")}
    assert ours == {
        "pulumi_powerautomate",
        "pulumi_powerautomate.late_names",
        "pulumi_powerautomate.pytest_plugin",
    }
    assert not {"grpc", "requests", "msal", "starlette"} & set(sys.modules)
"""


def test_it_loads_nothing_before_a_fixture_is_used(tmp_path: Path) -> None:
    """Neither Pulumi nor the emulator's handle: whoever does not use it does not wait for it."""
    done = _pytest(_project(tmp_path, _LOADED))
    assert "1 passed" in done.stdout, done.stdout


_RESET = """
import os
import pytest
from pulumi_powerautomate import get_teams

urls = []

def names():
    return {team["name"] for team in get_teams()}

def test_first(dataverse):
    dataverse.control.insert("teams", {"name": "Left behind"})
    urls.append(dataverse.url)
    assert {"Duty", "Left behind"} <= names()

@pytest.mark.dataverse("more.json")
def test_second(dataverse):
    assert {"Duty", "More"} <= names()
    assert "Left behind" not in names()
    assert urls == [dataverse.url]

def test_third(dataverse):
    assert "More" not in names()
    assert "ARM_CLIENT_ID" not in os.environ
    assert os.environ["POWERAUTOMATE_ENVIRONMENT_URL"] == dataverse.url

def test_afterwards():
    assert os.environ["ARM_CLIENT_ID"] == "production"
"""


def test_one_emulator_empty_for_each_test(tmp_path: Path) -> None:
    """Seeds of the project and of a test; no other way to sign in is set meanwhile."""
    folder = _project(tmp_path, _RESET)
    (folder / "more.json").write_text(json.dumps({"teams": [{"name": "More"}]}), "utf-8")
    done = _pytest(folder, ARM_CLIENT_ID="production")
    assert "4 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "more.json: No such file or directory."),
        ("{", "more.json is not JSON"),
        ("[]", "more.json is not an object of rows"),
        ('{"tems": [{"name": "A"}]}', "more.json: tems: "),
    ],
)
def test_seeds_that_cannot_be_used(content: str | None, told: str, tmp_path: Path) -> None:
    """The file and what is wrong with it, in one line."""
    tests = '@__import__("pytest").mark.dataverse("more.json")\ndef test_it(dataverse): pass\n'
    folder = _project(tmp_path, tests)
    if content is not None:
        (folder / "more.json").write_text(content, "utf-8")
    assert told in _pytest(folder).stdout


_WITHOUT = """
import sys, importlib.util
import pytest

@pytest.fixture(autouse=True)
def hidden(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "uvicorn" else found(n))

def test_it(hidden, request):
    request.getfixturevalue("dataverse")
"""


def test_without_the_extra(tmp_path: Path) -> None:
    """The line says what to install."""
    done = _pytest(_project(tmp_path, _WITHOUT))
    assert "uvicorn is missing; run `pip install" in done.stdout


def test_without_the_engine(tmp_path: Path) -> None:
    """The line says what is missing."""
    tests = "def test_it(pulumi_stack):\n    pulumi_stack(lambda: None)\n"
    done = _pytest(_project(tmp_path, tests), PATH="/nonexistent")
    assert "The Pulumi CLI is not on PATH" in done.stdout


@pytest.mark.engine
def test_the_example_repository(tmp_path: Path) -> None:
    """Unit tests with mocks and integration tests on the engine, as they are shipped."""
    folder = tmp_path / "testing"
    shutil.copytree(ROOT / "examples" / "testing", folder)
    path = os.pathsep.join((str(engine_folder()), os.environ["PATH"]))
    done = _pytest(folder, PATH=path)
    assert "5 passed" in done.stdout, done.stdout


@pytest.mark.engine
def test_the_tests_of_the_example_can_fail(tmp_path: Path) -> None:
    """A flow that also runs at the weekend is found by the unit test."""
    folder = tmp_path / "testing"
    shutil.copytree(ROOT / "examples" / "testing", folder)
    flow = folder / "flows" / "reminder.json"
    flow.write_text(flow.read_text("utf-8").replace('"Friday"', '"Friday", "Sunday"'), "utf-8")
    (folder / "tests" / "test_integration.py").unlink()
    assert "1 failed, 1 passed" in _pytest(folder).stdout
