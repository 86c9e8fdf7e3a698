"""Refusals by the service, or something before it: one line, nothing lost, `up` carries on."""

from __future__ import annotations

from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject, changes

REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "403": (
        {"do": "status", "status": 403, "code": "0x80040220", "message": "missing prvCreate"},
        "0x80040220",
    ),
    "404": ({"do": "status", "status": 404, "code": "0x80060888", "message": "no seg"}, "404"),
    "412": ({"do": "status", "status": 412, "code": "0x80060882", "message": "version"}, "412"),
    "429": (
        {
            "do": "status",
            "status": 429,
            "code": "0x80072322",
            "message": "too many",
            "headers": {"Retry-After": "7200"},
        },
        "wait",
    ),
    "500": ({"do": "status", "status": 500, "message": "unexpected"}, "500"),
    "html": ({"do": "html"}, "web page"),
    "502-html": ({"do": "html", "status": 502}, "502"),
    "redirect": ({"do": "redirect", "location": "https://elsewhere.example/"}, "302"),
    "truncated": ({"do": "truncate"}, "broke"),
    "reset": ({"do": "reset"}, "broke"),
}


def _program() -> None:
    powerautomate.CloudFlow("one", definition=hourly())


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_create(project: EngineProject, emulator: Emulator, case: str) -> None:
    """While it lasts, the run ends with one clean line; when it is over, `up` carries on."""
    rule, expected = REFUSALS[case]
    emulator.control.fault(path="workflows", **rule)
    with pytest.raises(EngineError) as refused:
        project.up(_program)
    text = str(refused.value)
    assert any(expected in line and "error:" in line for line in text.splitlines()), text
    assert "Traceback" not in text
    assert "emulator-secret" not in text
    emulator.control.clear_faults()
    project.up()
    assert [row["statecode"] for row in emulator.control.rows("workflows")] == [1]
    assert "2 unchanged" in changes(project.preview())


def test_short_throttling_is_not_seen(project: EngineProject, emulator: Emulator) -> None:
    """A 429 with a short wait is waited out, by everybody."""
    emulator.control.fault(
        method="POST",
        path="workflows",
        do="status",
        status=429,
        code="0x80072322",
        headers={"Retry-After": "1"},
        times=1,
    )

    def program() -> None:
        for number in range(5):
            powerautomate.CloudFlow(f"flow-{number}", definition=hourly(), state="off")

    project.up(program)
    assert len(emulator.control.rows("workflows")) == 5


def test_wrong_secret_names_the_setting(tmp_path: Any, emulator: Emulator) -> None:
    """A refused sign-in is one line with the setting to look at, and no secret."""
    environment = {**emulator.environment, "POWERAUTOMATE_CLIENT_SECRET": "canary-wrong-secret"}
    project = EngineProject(tmp_path, emulator, environment=environment)
    with pytest.raises(EngineError) as refused:
        project.up(_program)
    text = str(refused.value)
    assert "AADSTS7000215" in text
    assert "client_secret" in text
    assert "canary-wrong-secret" not in text
    assert "Traceback" not in text


def test_a_page_instead_of_a_token(project: EngineProject, emulator: Emulator) -> None:
    """One line that says so; not what msal logs about it, with all that was answered."""
    emulator.control.fault(path="oauth2", do="html")
    with pytest.raises(EngineError) as refused:
        project.up(_program)
    text = str(refused.value)
    assert "is not Microsoft Entra" in text
    assert "<html>" not in text
    assert "JSONDecodeError" not in text


def test_killed_provider_leaves_one_flow(project: EngineProject, emulator: Emulator) -> None:
    """The provider dies after the flow was made and before the response: `up` finds the flow."""
    import os
    import signal
    import subprocess
    import threading

    barrier = emulator.control.barrier(method="POST", path="workflows", when="after_commit")

    def kill() -> None:
        barrier.wait_reached()
        here = os.getpid()
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True)
        parents, victims = {}, []
        for line in listed.stdout.splitlines():
            pid, parent, command = line.split(None, 2)
            parents[int(pid)] = int(parent)
            if "pulumi.dynamic" in command or "pulumi/dynamic" in command:
                victims.append(int(pid))
        for victim in victims:
            ancestor = victim
            while ancestor not in (0, 1, here):
                ancestor = parents.get(ancestor, 0)
            if ancestor == here:
                os.kill(victim, signal.SIGKILL)
        barrier.release()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(EngineError):
        project.up(_program)
    killer.join()
    emulator.control.clear_faults()
    project.up()
    assert [row["statecode"] for row in emulator.control.rows("workflows")] == [1]
    created = [item for item in emulator.control.commits() if item["operation"] == "create"]
    assert len(created) == 1
