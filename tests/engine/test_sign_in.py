"""Signing in, on the real engine."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.sign_in import AUTH_METHODS, Unavailable, base, principal, somebody_types_codes

Make = Callable[..., EngineProject]


def one_flow() -> None:
    """A program with one flow."""
    powerautomate.CloudFlow("flow", definition=hourly())


@pytest.fixture
def make(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A stack in an environment of variables; programs on PATH stay reachable."""
    folder = tmp_path / "project"
    folder.mkdir()

    def project(environ: dict[str, str], config: dict[str, str] | None = None) -> EngineProject:
        tools = environ.pop("PATH", "").partition(":")[0]
        monkeypatch.setenv("PATH", os.pathsep.join(filter(None, (tools, os.environ["PATH"]))))
        # The engine and its provider see this process's variables below those of the stack.
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return EngineProject(folder, emulator, environment=environ, config=config)

    return project


@pytest.mark.parametrize("way", AUTH_METHODS)
def test_each_way(way: str, emulator: Emulator, tmp_path: Path, make: Make) -> None:
    """A flow is created, and nothing is said about signing in unless a person is asked."""
    try:
        environ = AUTH_METHODS[way](emulator, tmp_path)
    except Unavailable as reason:
        pytest.skip(str(reason))
    project = make(environ)
    waiting = somebody_types_codes(emulator) if way == "device-code" else contextlib.nullcontext()
    with waiting:
        printed = project.up(one_flow)
    assert "+ 2 created" in changes(printed)
    (row,) = emulator.control.rows("workflows")
    assert row["statecode"] == 1
    asked = {"device-code": "enter the code", "browser": "in the browser that opens now"}
    assert (asked.get(way, "Sign in to Dataverse") in printed) is (way in asked)
    granted = [one for one in emulator.control.token_requests() if one.get("status") == 200]
    assert len(granted) <= 2, "one for the provider, one for a person who had to be waited for"


def test_settings_of_a_stack(emulator: Emulator, make: Make) -> None:
    """Everything may stand in the stack's configuration, its secrets encrypted."""
    secret = "c0nf1g-canary-7d1f"
    emulator.control.sign_in.application(_application(emulator), secrets=[secret])
    given = principal(emulator)
    project = make(
        {},
        {
            "powerautomate:environmentUrl": emulator.url,
            "powerautomate:authorityHost": given["POWERAUTOMATE_AUTHORITY_HOST"],
            "powerautomate:caBundle": given["POWERAUTOMATE_CA_BUNDLE"],
            "powerautomate:tenantId": given["ARM_TENANT_ID"],
            "powerautomate:clientId": given["ARM_CLIENT_ID"],
            "powerautomate:clientSecret": secret,
            "powerautomate:auth": "client_secret",
        },
    )
    project.up(one_flow)
    assert len(emulator.control.rows("workflows")) == 1
    assert secret not in project.state_text()
    assert "no changes" in project.preview() or "unchanged" in project.preview()
    environ = {**os.environ, "PULUMI_BACKEND_URL": f"file://{project.folder / 'state'}"}
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate.cli", "doctor", "--json", "--stack", "dev"],
        cwd=_project_file(project.folder),
        env={**environ, "PULUMI_CONFIG_PASSPHRASE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    settings = json.loads(done.stdout)["steps"][0]["details"]
    assert settings["client_secret"]["value"] == "present"
    assert settings["client_secret"]["from"] == "stack configuration powerautomate:clientSecret"


def test_explicit_provider(emulator: Emulator, make: Make, tmp_path: Path) -> None:
    """Arguments win over what the process's environment holds; secrets are encrypted in state."""
    values = AUTH_METHODS["certificate-pfx-value-password"](emulator, tmp_path)
    project = make({"ARM_USE_MSI": "true"})

    def program() -> None:
        provider = powerautomate.Provider(
            "other",
            environment_url=emulator.url,
            authority_host=values["POWERAUTOMATE_AUTHORITY_HOST"],
            ca_bundle=values["POWERAUTOMATE_CA_BUNDLE"],
            tenant_id=values["ARM_TENANT_ID"],
            client_id=values["ARM_CLIENT_ID"],
            client_certificate=values["ARM_CLIENT_CERTIFICATE"],
            client_certificate_password=values["ARM_CLIENT_CERTIFICATE_PASSWORD"],
            use_cli=False,
            use_oidc=False,
            request_timeout=60,
        )
        powerautomate.CloudFlow(
            "flow", definition=hourly(), opts=pulumi.ResourceOptions(provider=provider)
        )
        pulumi.export("flows", len(powerautomate.get_flows(provider=provider)))

    project.up(program)
    assert len(emulator.control.rows("workflows")) == 1
    state = project.state_text()
    assert values["ARM_CLIENT_CERTIFICATE"] not in state
    assert values["ARM_CLIENT_CERTIFICATE_PASSWORD"] not in state


def test_two_environments_in_one_stack(emulator: Emulator, make: Make) -> None:
    """Two providers sign in as two identities, one token each."""
    with Emulator() as second:
        project = make({})

        def program() -> None:
            for name, one in (("first", emulator), ("second", second)):
                provider = powerautomate.Provider(
                    name,
                    environment_url=one.url,
                    authority_host=one.environment["POWERAUTOMATE_AUTHORITY_HOST"],
                    ca_bundle=one.environment["POWERAUTOMATE_CA_BUNDLE"],
                    tenant_id=one.environment["POWERAUTOMATE_TENANT_ID"],
                    client_id=one.environment["POWERAUTOMATE_CLIENT_ID"],
                    client_secret=one.environment["POWERAUTOMATE_CLIENT_SECRET"],
                )
                for number in range(3):
                    powerautomate.CloudFlow(
                        f"{name}-{number}",
                        definition=hourly(),
                        opts=pulumi.ResourceOptions(provider=provider),
                    )

        project.up(program)
        for one in (emulator, second):
            assert len(one.control.rows("workflows")) == 3
            assert len(one.control.token_requests()) == 1


def test_one_token_for_many_flows(emulator: Emulator, make: Make) -> None:
    """Forty flows at once are created with one token."""
    project = make(dict(emulator.environment))

    def program() -> None:
        for number in range(40):
            powerautomate.CloudFlow(f"flow-{number}", definition=hourly())

    project.up(program)
    assert len(emulator.control.rows("workflows")) == 40
    assert len(emulator.control.token_requests()) == 1


def test_token_that_ends_in_the_middle(emulator: Emulator, make: Make) -> None:
    """A token that is revoked during an `up` is renewed once, and no flow fails."""
    project = make(dict(emulator.environment))
    barrier = emulator.control.barrier(method="POST", path="workflows", nth=5)

    def program() -> None:
        for number in range(20):
            powerautomate.CloudFlow(f"flow-{number}", definition=hourly())

    def revoke() -> None:
        barrier.wait_reached()
        emulator.control.tokens(revoke=True)
        barrier.release()

    thread = threading.Thread(target=revoke, daemon=True)
    thread.start()
    project.up(program)
    thread.join()
    assert len(emulator.control.rows("workflows")) == 20
    assert len(emulator.control.token_requests()) == 2


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"ARM_USE_OIDC": "1", "ARM_USE_MSI": "1"}, "contradict each other"),
        ({"ARM_USE_OIDC": "maybe"}, "use true or false"),
        ({"ARM_USE_OIDC": "true"}, "needs an assertion"),
        ({"ARM_ENVIRONMENT": "mars"}, "use one of public"),
        ({"ARM_CLIENT_CERTIFICATE_PATH": "/p", "ARM_CLIENT_SECRET": "s"}, "are both set"),
    ],
)
def test_settings_are_checked_at_preview(
    environ: dict[str, str], says: str, emulator: Emulator, make: Make
) -> None:
    """Settings that contradict each other or are missing are one line before any request."""
    project = make({**base(emulator), **environ})
    with pytest.raises(EngineError) as refused:
        project.preview(one_flow)
    assert says in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert emulator.control.sign_in.requests() == []


@pytest.mark.parametrize(
    ("bring_about", "says"),
    [
        (lambda one: one.sign_in.refuse(7000215), "AADSTS7000215"),
        (lambda one: one.sign_in.policies(block=True), "AADSTS53003"),
        (
            lambda one: one.sign_in.policies(
                challenge={"access_token": {"acrs": {"essential": True, "value": "c1"}}}
            ),
            "claims challenge",
        ),
    ],
)
def test_refusals_are_one_line(
    bring_about: Callable[[Any], None], says: str, emulator: Emulator, make: Make
) -> None:
    """A sign-in that is refused is one line in the run, without a traceback or a secret."""
    project = make(dict(emulator.environment))
    bring_about(emulator.control)
    with pytest.raises(EngineError) as refused:
        project.up(one_flow)
    lines = [line for line in str(refused.value).splitlines() if says in line]
    assert lines
    assert all("error: " in line or "PowerAutomateError: " in line for line in lines), lines
    assert "Traceback" not in str(refused.value)
    assert emulator.environment["POWERAUTOMATE_CLIENT_SECRET"] not in str(refused.value)


def _application(emulator: Emulator) -> str:
    return principal(emulator)["ARM_CLIENT_ID"]


def _project_file(folder: Path) -> Path:
    """The Automation API keeps no project file for an inline program; the CLI wants one."""
    (folder / "Pulumi.yaml").write_text("name: tests\nruntime: python\n", "utf-8")
    return folder
