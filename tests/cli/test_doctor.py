"""`pulumi-powerautomate doctor`, as a program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator

STEPS = [
    *("configuration", "dns", "tls", "token", "environment", "privileges", "limits", "clock"),
]


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it with these variables."""
    return subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate.cli", "doctor", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def steps_of(environ: dict[str, str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and each step by its name."""
    done = run(environ, "--json")
    document = json.loads(done.stdout)
    assert document["ok"] is (done.returncode == 0)
    steps = {step["name"]: step for step in document["steps"]}
    assert list(steps) == STEPS
    return done.returncode, steps


@pytest.fixture(params=[False, True], ids=["http", "https"])
def served(request: pytest.FixtureRequest) -> Any:
    """An emulator over each protocol."""
    with Emulator(https=request.param) as emulator:
        yield emulator


def test_everything_works(served: Emulator) -> None:
    """All steps are done, the secret is named as present only, and the exit code is 0."""
    served.control.switches(limits="on")
    environ = dict(served.environment)
    code, steps = steps_of(environ)
    assert code == 0
    outcomes = {name: step["outcome"] for name, step in steps.items()}
    tls = outcomes.pop("tls")
    assert tls == ("ok" if served.url.startswith("https") else "skipped")
    assert set(outcomes.values()) == {"ok"}
    settings = steps["configuration"]["details"]
    assert settings["client_secret"] == {
        "value": "present",
        "from": "variable POWERAUTOMATE_CLIENT_SECRET",
    }
    assert steps["token"]["details"]["tenant"] == environ["POWERAUTOMATE_TENANT_ID"]
    assert steps["token"]["details"]["application"] == environ["POWERAUTOMATE_CLIENT_ID"]
    assert steps["environment"]["details"]["version"].startswith("9.2.")
    assert steps["limits"]["details"]["requests_left"] > 5000
    text = run(environ).stdout
    assert environ["POWERAUTOMATE_CLIENT_SECRET"] not in text
    assert "eyJ" not in text
    assert [line.split()[1] for line in text.splitlines() if line[0] != " "] == STEPS


def test_missing_privileges(emulator: Emulator) -> None:
    """Each missing privilege is listed for each kind of resource; the exit code is 1."""
    emulator.control.deny("prvShareworkflow", "prvImportCustomization")
    code, steps = steps_of(dict(emulator.environment))
    assert code == 1
    assert steps["privileges"]["outcome"] == "failed"
    assert steps["privileges"]["details"]["missing"] == {
        "FlowShare": ["prvShareWorkflow"],
        "FlowSharesExclusive": ["prvShareWorkflow"],
        "SolutionImport": ["prvImportCustomization"],
    }


@pytest.mark.parametrize(
    ("changes", "failed", "says"),
    [
        ({"POWERAUTOMATE_ENVIRONMENT_URL": ""}, "configuration", "No environment is configured"),
        ({"ARM_USE_MSI": "perhaps"}, "configuration", "use true or false"),
        ({"POWERAUTOMATE_CLIENT_SECRET": ""}, "configuration", "client_secret is missing"),
        (
            {"POWERAUTOMATE_ENVIRONMENT_URL": "https://nowhere.invalid"},
            "configuration",
            "not a Dataverse host",
        ),
        (
            {
                "POWERAUTOMATE_ENVIRONMENT_URL": "https://nowhere.invalid",
                "POWERAUTOMATE_TRUSTED_HOST": "nowhere.invalid",
            },
            "dns",
            "not known",
        ),
        ({"POWERAUTOMATE_CLIENT_SECRET": "wrong-secret"}, "token", "AADSTS7000215"),
    ],
)
def test_what_fails_is_named(
    emulator: Emulator, changes: dict[str, str], failed: str, says: str
) -> None:
    """The first step that fails says why; what needs it is skipped; the exit code is 1."""
    code, steps = steps_of({**emulator.environment, **changes})
    assert code == 1
    first = next(step for step in steps.values() if step["outcome"] == "failed")
    assert first["name"] == failed
    assert says in first["summary"]
    assert steps["privileges"]["outcome"] == "skipped"


def test_untrusted_certificate() -> None:
    """TLS that this machine does not trust names the setting."""
    with Emulator(https=True) as emulator:
        code, steps = steps_of({**emulator.environment, "POWERAUTOMATE_CA_BUNDLE": ""})
    assert code == 1
    assert steps["tls"]["outcome"] == "failed"
    assert "ca_bundle" in steps["tls"]["summary"]


def test_application_without_user(emulator: Emulator) -> None:
    """A token that is good for nothing here fails at the environment."""
    client_id = "77777777-7777-4777-8777-777777777777"
    emulator.control.sign_in.application(client_id, secrets=["another-secret"], member=False)
    changes = {
        "POWERAUTOMATE_CLIENT_ID": client_id,
        "POWERAUTOMATE_CLIENT_SECRET": "another-secret",
    }
    _, steps = steps_of({**emulator.environment, **changes})
    assert steps["token"]["outcome"] == "ok"
    assert "0x80072560" in steps["environment"]["summary"]


def test_exhausted_limits(emulator: Emulator) -> None:
    """A window that is used up is told."""
    emulator.control.switches(limits="on")
    emulator.control.limits(requests=2)
    _, steps = steps_of(dict(emulator.environment))
    assert steps["limits"]["outcome"] == "failed" or steps["environment"]["outcome"] == "failed"


def test_clock_that_is_wrong() -> None:
    """Ten minutes of difference fail, whichever way."""
    from pulumi_powerautomate.operations.doctor import _clock

    assert _clock(None).outcome == "skipped"
    assert _clock(2.0).outcome == "ok"
    assert _clock(600.0).outcome == _clock(-600.0).outcome == "failed"
    assert "ahead" in _clock(600.0).summary


def test_stack_that_cannot_be_read(emulator: Emulator, tmp_path: Path) -> None:
    """A call that cannot be carried out is exit code 2, with one line."""
    done = run({**emulator.environment, "PATH": str(tmp_path)}, "--stack", "dev")
    assert done.returncode == 2
    assert done.stderr == "error: --stack: the Pulumi CLI is not on PATH.\n"
