"""
A dry run of `POWERAUTOMATE_TEST_ENVIRONMENT`: the tests against an environment they do not control.

The environment is an emulator in a process of its own, without its control surface and with every
switch that makes it stricter: tokens of its sign-in service only, for registered resources only,
registered connections, limits.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.sign_in import token_of

_ROOT = Path(__file__).parents[2]
STRICT = {
    "strict_tokens": "on", "resources": "registered", "connections": "registered", "limits": "on",
    "required_solutions": "registered",
}  # fmt: skip
_CONNECTION = "shared-office365-real"
_SEED = {
    "connections": [
        {
            "name": _CONNECTION,
            "connector": "/providers/Microsoft.PowerApps/apis/shared_office365",
            "owner": "0e6a3b61-0000-4000-8000-000000000010",
        }
    ]
}


@pytest.fixture
def strict() -> Iterator[Emulator]:
    """Another emulator, which is nobody's to control."""
    with Emulator(control=False, switches=STRICT, seed=_SEED) as other:
        yield other


def _pytest(environment: Emulator, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = dict(environment.environment)
    variables["POWERAUTOMATE_TEST_ENVIRONMENT"] = variables.pop("POWERAUTOMATE_ENVIRONMENT_URL")
    variables["POWERAUTOMATE_TEST_CONNECTION"] = _CONNECTION
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-n", "0", "-p", "no:cacheprovider",
         *arguments],
        cwd=_ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _counts(printed: str) -> dict[str, int]:
    return {word: int(number) for number, word in re.findall(r"(\d+) (passed|skipped|failed|error)",
                                                             printed.splitlines()[-1])}  # fmt: skip


@pytest.mark.timeout(900)
def test_engine_and_scenarios_run_there(strict: Emulator) -> None:
    """Lives of flows, a connection of its own, a scenario; what needs a fault is skipped."""
    done = _pytest(
        strict,
        "tests/engine/test_lifecycle.py::test_drift_is_shown_and_repaired",
        "tests/engine/test_docs.py::test_readme",
        "tests/reliability/faults/test_edits_by_hand.py",
        "tests/reliability/faults/test_lost_responses.py::test_scenario_09_lost_answers_of_a_flow",
    )  # fmt: skip
    counts = _counts(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert counts["passed"] >= 5, done.stdout[-3000:]
    assert "needs control of the service (fault)" in done.stdout
    token = token_of(strict)
    assert _flows(strict, token) == []


def _flows(environment: Emulator, token: str) -> list[object]:
    import requests

    answer = requests.get(
        f"{environment.url}/api/data/v9.2/workflows?$select=name",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    rows: list[object] = answer.json()["value"]
    return rows


def test_failing_test_fails_there(strict: Emulator, tmp_path: Path) -> None:
    """It is not that everything is skipped."""
    wrong = tmp_path / "test_wrong.py"
    wrong.write_text(
        "from tests.conftest import _clean_environment, _shared_emulator, emulator\n"
        "def test_there_is_a_flow(emulator):\n"
        "    assert emulator.control.rows('workflows') != []\n",
        "utf-8",
    )
    done = _pytest(strict, "--rootdir", str(_ROOT), str(wrong))
    assert _counts(done.stdout).get("failed") == 1, done.stdout[-2000:]


def test_production_ends_the_tests() -> None:
    """Nothing is made there."""
    with Emulator(control=False, switches=STRICT, organization_type="Customer") as other:
        done = _pytest(other, "tests/engine/test_lifecycle.py")
        assert "calls itself Customer" in done.stdout + done.stderr
        assert "passed" not in done.stdout
