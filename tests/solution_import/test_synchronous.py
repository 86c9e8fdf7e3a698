"""Imports within one request: as safe as those that are jobs, with fewer requests."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.emulator_api import call
from tests.harness.imports import created, executed, inputs, states
from tests.harness.packages import SECOND, FlowPart, package
from tests.harness.provider_process import ProviderError, ProviderProcess, provider_process


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    with provider_process(emulator.environment, provider=SolutionImportProvider) as process:
        yield process


def _paths(emulator: Emulator) -> list[str]:
    """Method and path of each request, without what follows the name."""
    return [
        f"{item['method']} {item['path'].rpartition('/')[2].partition('(')[0]}"
        for item in emulator.control.requests()
    ]


def test_one_request_imports(provider: ProviderProcess, emulator: Emulator, tmp_path: Path) -> None:
    """The import has the id that is looked for, so neither way repeats the other's."""
    news = inputs(package(tmp_path / "p.zip", FlowPart()), synchronous=True)
    emulator.control.clear_journal()
    id_, checked, outputs = created(provider, news)
    sent = _paths(emulator)
    assert sent.count("POST ImportSolution") == 1
    assert not [path for path in sent if "asyncoperations" in path]
    assert states(emulator) == {"First": 1}
    as_a_job = {key: value for key, value in news.items() if key != "synchronous"}
    after = provider.check(as_a_job, checked).inputs
    assert not provider.diff(id_, outputs, after).changes
    assert created(provider, as_a_job)[2]["import_job_id"] == outputs["import_job_id"]
    assert executed(emulator) == 1


def test_figures_of_requests(provider: ProviderProcess, emulator: Emulator, tmp_path: Path) -> None:
    """Of one import that takes a second as a job, and of the same as one request."""
    found = {}
    emulator.control.switches(import_seconds=1)
    for number, synchronous in enumerate((False, True)):
        path = package(tmp_path / f"{number}.zip", FlowPart(), name=f"Contoso{number}")
        emulator.control.clear_journal()
        created(provider, inputs(path, synchronous=synchronous))
        found[synchronous] = len(emulator.control.requests())
    assert found[True] == 4 < found[False]


@pytest.mark.parametrize("do", ["reset", "truncate", "html", "redirect", "status"])
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_lost_response_imports_once(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path, do: str, when: str
) -> None:
    """Whether the import was carried out or not: the job is looked for by its id."""
    status = {"status": 504} if do == "status" else {}
    emulator.control.fault(
        method="POST", path="ImportSolution$", do=do, when=when, times=1, **status
    )
    _, _, outputs = created(
        provider, inputs(package(tmp_path / "p.zip", FlowPart()), synchronous=True)
    )
    assert executed(emulator) == 1
    assert states(emulator) == {"First": 1}
    assert "solution_error" not in outputs


def test_failure_is_told_by_component(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """As of a job: the log names the flow, and the next attempt is another import."""
    broken = FlowPart(definition={"triggers": [], "actions": []})
    news = inputs(package(tmp_path / "p.zip", FlowPart(SECOND, "Fine"), broken), synchronous=True)
    for _ in range(2):
        with pytest.raises(ProviderError, match=r"workflow 'First'.*0x80060468.*whole log: "):
            created(provider, news)
    assert len(emulator.control.rows("importjobs")) == 2
    assert states(emulator) == {}


def test_another_operation_is_waited_for(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """The service runs one at a time and refuses the request."""
    emulator.control.switches(import_seconds=2)
    other = package(tmp_path / "other.zip", FlowPart(SECOND, "Other"), name="Other")
    body = {
        "CustomizationFile": base64.b64encode(other.read_bytes()).decode(),
        "OverwriteUnmanagedCustomizations": False,
        "PublishWorkflows": True,
        "ImportJobId": "d0000000-0000-4000-8000-000000000001",
    }
    assert call(emulator, "POST", "ImportSolutionAsync", body).status_code == 200
    created(provider, inputs(package(tmp_path / "p.zip", FlowPart()), synchronous=True))
    assert states(emulator) == {"First": 1, "Other": 1}
    assert any("waiting for another solution operation" in line for _, line, _ in provider.log)


def test_progress_is_told(provider: ProviderProcess, emulator: Emulator, tmp_path: Path) -> None:
    """Of an import that takes a while: a look at its job beside the request."""
    emulator.control.fault(
        method="POST", path="ImportSolution$", do="delay", seconds=4, when="after_commit", times=1
    )
    created(provider, inputs(package(tmp_path / "p.zip", FlowPart()), synchronous=True))
    assert [line for _, line, _ in provider.log if line.startswith("importing Contoso 1.0.0.0: ")]


def test_upgrade_is_a_job(provider: ProviderProcess, emulator: Emulator, tmp_path: Path) -> None:
    """`StageAndUpgradeAsync`, whatever the input says."""
    path = package(tmp_path / "1.zip", FlowPart(), managed=True)
    id_, checked, outputs = created(provider, inputs(path, synchronous=True))
    path = package(tmp_path / "2.zip", FlowPart(), managed=True, version="2.0.0.0")
    after = provider.check(inputs(path, synchronous=True), checked).inputs
    emulator.control.clear_journal()
    provider.update(id_, outputs, after)
    assert "POST StageAndUpgradeAsync" in _paths(emulator)
