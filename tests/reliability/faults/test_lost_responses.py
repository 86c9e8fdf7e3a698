"""Answers that get lost, break off or never come."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.inputs.package import package_inputs
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import hourly
from tests.harness.operations import create, delete, update
from tests.harness.packages import FlowPart, package
from tests.harness.people import ALICE as _ALICE
from tests.harness.provider_process import ProviderProcess, Start, flow_inputs

_FLOW = "11111111-1111-4111-8111-111111111111"
_URN = "o/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:"


def _flow(text: str = "Hello") -> dict[str, Any]:
    return flow_inputs("flow", hourly(text), state="off")


def _requests(emulator: Emulator) -> int:
    """Requests since the last call."""
    count = len(emulator.control.requests())
    emulator.control.clear_journal()
    return count


def test_scenario_09_lost_answers_of_a_flow(provider: ProviderProcess, emulator: Emulator) -> None:
    """Create, update and delete succeed in the same run, with two requests more at most."""
    for method in ("POST", "PATCH", "DELETE"):
        emulator.control.fault(method=method, when="after_commit", do="reset", times=1)
    made = create(provider, _flow())
    assert _requests(emulator) <= 1 + 2
    made = update(provider, made, _flow("Bye"))
    assert _requests(emulator) <= 1 + 2
    (row,) = emulator.control.rows("workflows")
    assert (row["workflowid"], '"Bye"' in row["clientdata"]) == (made.id, True)
    delete(provider, made)
    assert _requests(emulator) <= 1 + 2
    assert emulator.control.rows("workflows") == []


def test_scenario_09_lost_answers_of_a_share(provider: ProviderProcess, emulator: Emulator) -> None:
    """Grant, modify and revoke succeed in the same run, with two requests more at most."""
    emulator.control.insert("workflows", {"workflowid": _FLOW, "name": "flow", "category": 5})
    shares = provider.serving(FlowShareProvider)
    declared = {"flow_id": _FLOW, "principal": {"type": "user", "id": _ALICE},
                "__identity": f"{_URN}FlowShare::share"}  # fmt: skip
    for path in ("GrantAccess", "ModifyAccess", "RevokeAccess"):
        emulator.control.fault(path=path, when="after_commit", do="reset", times=1)
    made = create(shares, {**declared, "access": ["read"]})
    assert _requests(emulator) <= 2 + 2
    made = update(shares, made, {**declared, "access": ["read", "write"]})
    assert _requests(emulator) <= 1 + 2
    (row,) = emulator.control.rows("principalobjectaccessset")
    assert (row["principalid"], row["accessrightsmask"]) == (_ALICE, 3)
    delete(shares, made)
    assert _requests(emulator) <= 1 + 2
    assert emulator.control.rows("principalobjectaccessset") == []


def test_scenario_09_lost_answer_of_an_import(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """The import that was started is found and followed in the same run; it is executed once."""
    emulator.control.switches(import_seconds=0.3)
    emulator.control.fault(path="ImportSolutionAsync", when="after_commit", do="reset", times=1)
    archive = package(tmp_path / "p.zip", FlowPart())
    declared = {**package_inputs(archive), "__identity": f"{_URN}SolutionImport::contoso"}
    made = create(provider.serving(SolutionImportProvider), declared)
    assert made.outputs["version"] == "1.0.0.0"
    assert [job["progress"] for job in emulator.control.rows("importjobs")] == [100.0]
    started = [item for item in emulator.control.requests() if "Import" in item["path"]]
    assert len(started) == 1


@pytest.mark.parametrize("do", ["reset", "truncate", "wrong_content_length"])
def test_scenario_15_broken_off_answer(
    provider: ProviderProcess, emulator: Emulator, do: str
) -> None:
    """A response that breaks off half-way is a lost one, of a write and of a read."""
    for method in ("POST", "PATCH", "GET"):
        emulator.control.fault(
            method=method, path="workflows", when="mid_body", do=do, times=1
        )  # fmt: skip
    made = create(provider, _flow())
    made = update(provider, made, _flow("Bye"))
    stored = emulator.control.row("workflows", made.id)
    assert made.outputs["etag"] == f'W/"{stored["versionnumber"]}"'
    assert '"Bye"' in stored["clientdata"]
    emulator.control.fault(method="GET", path="workflows", when="mid_body", do=do, times=1)
    assert provider.read(made.id, made.outputs) == (made.id, made.outputs, None)
    assert len(emulator.control.rows("workflows")) == 1
    hit = [item for item in emulator.control.requests() if item["fault"] == do]
    assert len(hit) == 4


@pytest.mark.parametrize(
    "rule",
    [
        {"do": "drip", "seconds": 1},
        {"do": "delay", "seconds": 30, "when": "after_commit"},
        {"do": "hang", "when": "after_commit"},
    ],
    ids=lambda rule: str(rule["do"]),
)
def test_scenario_16_answer_that_does_not_end(
    start: Start, emulator: Emulator, rule: dict[str, Any]
) -> None:
    """The deadline of the whole operation ends it; what is in doubt is kept and found again."""
    settings = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "2"}
    with start(settings) as provider:
        emulator.control.fault(method="POST", path="workflows", times=1, **rule)
        started = time.monotonic()
        made = create(provider, _flow())
        assert time.monotonic() - started < 10, "nobody would wait that long with 2 s given"
        assert made.outputs["current_state"] == "unknown"
        emulator.control.clear_faults()
        made = update(provider, made, _flow())
        assert made.outputs["current_state"] == "off"
        assert [row["workflowid"] for row in emulator.control.rows("workflows")] == [made.id]
