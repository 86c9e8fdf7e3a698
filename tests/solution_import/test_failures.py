"""The failures that the documentation lists: each is brought about, and says what the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import hourly, mailing
from tests.harness.imports import created, deleted, inputs
from tests.harness.packages import FIRST, SECOND, FlowPart, package
from tests.harness.provider_process import ProviderError, ProviderProcess, provider_process

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
    provider: ProviderProcess,
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


def test_missing_dependencies_by_kind(emulator: Emulator, tmp_path: Path) -> None:
    """Of solutions to import first, and of none: "Active" is no solution that could be had."""
    emulator.control.switches(required_solutions="registered")
    column = {"type": "2", "schemaName": "contoso_rate", "displayName": "R&D \"rate\"",
              "parentDisplayName": "Account", "solution": "Base (1.2.0.0)"}  # fmt: skip
    step = {"type": "92", "displayName": "On update", "solution": "Base (1.2.0.0)"}
    mail = {"type": "connectionreference", "schemaName": "contoso_mail", "displayName": "Mail",
            "id.connectionreferencelogicalname": "contoso_mail", "solution": "Active"}  # fmt: skip
    path = package(tmp_path / "p.zip", FlowPart(), requires=[column, step, mail])
    with provider_process(emulator.environment, provider=SolutionImportProvider) as process:
        line = _refused(process, path)
    assert (
        'it needs R&D "rate" (column of Account) of Base (1.2.0.0), On update (plug-in step) of '
        "Base (1.2.0.0). Import what is missing first. It needs Mail (connection reference) of no "
        "solution: the package calls it 'Active'"
    ) in line
    assert "Add it to the solution there and export again, or create it here." in line


@pytest.mark.parametrize("names_it", [True, False])
def test_remedies_name_inputs_that_exist(
    emulator: Emulator, tmp_path: Path, names_it: bool
) -> None:
    """The input that the line names makes the flow run."""
    entry: dict[str, Any] = {
        "runtimeSource": "embedded", "connection": {}, "api": {"name": "shared_office365"},
    }  # fmt: skip
    if names_it:
        entry["connection"] = {"connectionReferenceLogicalName": "contoso_mail"}
    flow = FlowPart(definition=mailing(), references={"shared_office365": entry})
    references = {"contoso_mail": "shared_office365"} if names_it else {}
    path = package(tmp_path / "p.zip", flow, references=references)
    connection = "shared-office365-1"
    remedy = {"connection_references": {"contoso_mail": connection}}
    if not names_it:
        remedy = {"connections": {"shared_office365": connection}}
    with provider_process(emulator.environment, provider=SolutionImportProvider) as process:
        id_, news, outputs = created(process, inputs(path))
        (name,) = remedy
        assert f"`{name}` of a SolutionImport" in outputs["solution_error"]
        after = process.check(inputs(path, **remedy), news).inputs
        assert "solution_error" not in process.update(id_, outputs, after)
