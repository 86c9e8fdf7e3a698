"""The failures that the documentation lists: each is brought about, and says what the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.cloud_flow.definitions import hourly, mailing
from tests.packages import FIRST, SECOND, FlowPart, package
from tests.provider_process import ProviderError, ProviderProcess
from tests.solution_import.test_provider_hooks import (  # noqa: F401
    created,
    deleted,
    inputs,
    provider,
)

PAGE = Path(__file__).resolve().parents[2] / "sdk-docs" / "solution-import.md"
Scenario = Callable[[ProviderProcess, Emulator, Path], str]
SCENARIOS: dict[str, Scenario] = {}


def scenario(code: str) -> Callable[[Scenario], Scenario]:
    def add(function: Scenario) -> Scenario:
        SCENARIOS[code] = function
        return function

    return add


def _refused(process: ProviderProcess, path: Path, **more: object) -> str:
    with pytest.raises(ProviderError) as caught:
        created(process, inputs(path, **more))
    return str(caught.value)


@scenario("0x8004801D")
def missing_dependency(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    emulator.control.switches(required_solutions="registered")
    return _refused(process, package(folder / "p.zip", FlowPart(), requires=["Kit (1.2.0.0)"]))


@scenario("0x80048040")
def managed_over_unmanaged(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    created(process, inputs(package(folder / "1.zip", FlowPart())))
    return _refused(process, package(folder / "2.zip", FlowPart(), managed=True))


@scenario("0x80048041")
def unmanaged_over_managed(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    created(process, inputs(package(folder / "1.zip", FlowPart(), managed=True)))
    return _refused(process, package(folder / "2.zip", FlowPart()))


@scenario("0x80048541")
def lower_version(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    created(process, inputs(package(folder / "1.zip", FlowPart(), managed=True, version="2.0.0.0")))
    return _refused(process, package(folder / "2.zip", FlowPart(), managed=True))


@scenario("0x80040220")
def privilege(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    emulator.control.deny("prvImportCustomizationsolution")
    return _refused(process, package(folder / "p.zip", FlowPart()))


@scenario("0x80060468")
def malformed_flow(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    broken = FlowPart(definition={"triggers": [], "actions": []})
    return _refused(process, package(folder / "p.zip", broken))


@scenario("0x80044150")
def too_large(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    emulator.control.switches(max_solution_bytes=100)
    return _refused(process, package(folder / "p.zip", FlowPart()))


@scenario("0x8004853C")
def staged_already(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    created(process, inputs(package(folder / "1.zip", FlowPart(), managed=True)))
    second = package(folder / "2.zip", FlowPart(), managed=True, version="2.0.0.0")
    created(process, inputs(second, mode="hold"))
    third = package(folder / "3.zip", FlowPart(), managed=True, version="3.0.0.0")
    return _refused(process, third, mode="hold")


@scenario("0x8004F01D")
def uninstall_of_what_is_needed(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    path = package(folder / "p.zip", FlowPart(), managed=True)
    id_, _, outputs = created(process, inputs(path))
    parent = hourly()
    parent["actions"] = {
        "Call": {"type": "Workflow", "inputs": {"host": {"workflowReferenceName": FIRST}}}
    }
    created(process, inputs(package(folder / "q.zip", FlowPart(SECOND, "P", parent), name="Q")))
    with pytest.raises(ProviderError) as caught:
        deleted(emulator, id_, outputs)
    return str(caught.value)


@scenario("0x80060467")
def connection_is_missing(process: ProviderProcess, emulator: Emulator, folder: Path) -> str:
    reference = {
        "shared_office365": {
            "runtimeSource": "embedded",
            "connection": {"connectionReferenceLogicalName": "contoso_mail"},
            "api": {"name": "shared_office365"},
        }
    }
    flow = FlowPart(definition=mailing(), references=reference)
    path = package(folder / "p.zip", flow, references={"contoso_mail": "shared_office365"})
    _, _, outputs = created(process, inputs(path))
    return str(outputs["solution_error"])


def _documented() -> dict[str, str]:
    """Words of the message by code, from the page's table."""
    rows = re.findall(r"^\| `(0x\w+)` \| [^|]* \| “([^|]*)” \| [^|]* \|$", PAGE.read_text("utf-8"),
                      re.MULTILINE)  # fmt: skip
    return dict(rows)


@pytest.mark.parametrize("code", SCENARIOS)
def test_documented_failure(
    provider: ProviderProcess,  # noqa: F811
    emulator: Emulator,
    tmp_path: Path,
    code: str,
) -> None:
    """The message has the words of the page, on one line."""
    said = SCENARIOS[code](provider, emulator, tmp_path)
    words = _documented()[code]
    assert words in said
    assert "\n" not in said


def test_every_documented_failure_is_tested() -> None:
    """And no other way round either."""
    assert set(_documented()) == set(SCENARIOS)
