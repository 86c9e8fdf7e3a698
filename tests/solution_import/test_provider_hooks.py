"""The hooks of `SolutionImport`, in the real provider process, against the emulator."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.inputs.package import TIMEOUTS
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import mailing
from tests.harness.imports import IDENTITY, THIRD, call, created, deleted, executed, inputs, states
from tests.harness.packages import FIRST, SECOND, FlowPart, package
from tests.harness.provider_process import ProviderError, ProviderProcess, provider_process


def test_second_create_imports_nothing(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """A lost state: the import is found by its id and read."""
    news = inputs(package(tmp_path / "p.zip", FlowPart()))
    _, _, first = created(provider, news)
    _, _, second = created(provider, news)
    # Each create marks what it made as its own.
    assert first.pop("__instance") != second.pop("__instance")
    assert first == second
    assert executed(emulator) == 1


def test_trigger_imports_again(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """The option to force it."""
    path = package(tmp_path / "p.zip", FlowPart())
    id_, news, outputs = created(provider, inputs(path))
    after = provider.check(inputs(path, triggers=["2"]), news).inputs
    assert provider.diff(id_, outputs, after).changes
    provider.update(id_, outputs, after)
    assert executed(emulator) == 2


def test_removed_by_hand_is_imported_again(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """A read finds nothing, and the import that succeeded once does not count any more."""
    id_, news, outputs = created(provider, inputs(package(tmp_path / "p.zip", FlowPart())))
    (solution,) = [r for r in emulator.control.rows("solutions") if r["uniquename"] == "Contoso"]
    emulator.control.delete("solutions", solution["solutionid"])
    assert provider.read(id_, outputs)[0] == ""
    provider.create(news)
    assert executed(emulator) == 2


def test_version_drift(provider: ProviderProcess, emulator: Emulator, tmp_path: Path) -> None:
    """An older version shows, and the declared one is imported over it."""
    id_, news, outputs = created(provider, inputs(package(tmp_path / "p.zip", FlowPart())))
    assert provider.read(id_, outputs) == (id_, outputs, None)
    (solution,) = [r for r in emulator.control.rows("solutions") if r["uniquename"] == "Contoso"]
    emulator.control.patch("solutions", solution["solutionid"], {"version": "0.1.0.0"})
    _, after, live = provider.read(id_, outputs)
    assert live is not None
    assert live["version"] == "0.1.0.0"
    assert provider.diff(id_, after, news).changes
    provider.update(id_, after, news)
    assert executed(emulator) == 2


@pytest.mark.parametrize("do", ["reset", "truncate", "html", "redirect"])
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_lost_start_imports_once(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path, do: str, when: str
) -> None:
    """Whether the start was carried out or not."""
    emulator.control.fault(method="POST", path="ImportSolution", do=do, when=when, times=1)
    created(provider, inputs(package(tmp_path / "p.zip", FlowPart())))
    assert executed(emulator) == 1
    assert states(emulator) == {"First": 1}


def test_polls_that_fail_are_not_the_import_failing(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """A gateway that stutters for a while."""
    emulator.control.fault(
        path="importjobs", do="status", status=503, nth=2, times=6, when="before_commit"
    )
    created(provider, inputs(package(tmp_path / "p.zip", FlowPart())))
    assert executed(emulator) == 1


@pytest.mark.parametrize("lock", ["start", "job"])
def test_another_import_is_waited_for(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path, lock: str
) -> None:
    """Somebody else's, and one of the same program: one after the other, all imported."""
    emulator.control.switches(import_lock=lock, import_seconds=1)
    paths = [
        package(tmp_path / "a.zip", FlowPart(), name="A"),
        package(tmp_path / "b.zip", FlowPart(SECOND, "Second"), name="B"),
    ]
    with provider_process(emulator.environment, provider=SolutionImportProvider) as somebody:
        other = package(tmp_path / "c.zip", FlowPart(THIRD, "Third"), name="C")
        threads = [
            threading.Thread(target=created, args=(process, inputs(path)))
            for process, path in ((somebody, other), (provider, paths[0]), (provider, paths[1]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        said = {line for process in (provider, somebody) for _, line, _ in process.log}
    assert states(emulator) == {"First": 1, "Second": 1, "Third": 1}
    assert executed(emulator) == 3
    if lock == "start":
        assert any("waiting for another solution operation" in line for line in said)


def test_progress_in_its_own_row(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """Percent, component and seconds while it runs, counts at the end, under the resource's URN."""
    emulator.control.switches(import_seconds=2)
    created(provider, inputs(package(tmp_path / "p.zip", FlowPart(), FlowPart(SECOND, "Second"))))
    assert any("%, workflow 'Second', 4 of 4, " in line for _, line, _ in provider.log)
    assert [line for _, line, ephemeral in provider.log if not ephemeral] == [
        "imported Contoso 1.0.0.0: 4 components"
    ]
    lines = [(urn, line) for urn, line, ephemeral in provider.log if ephemeral]
    assert any("importing Contoso 1.0.0.0: " in line and "%" in line for _, line in lines)
    assert {urn for urn, _ in lines} == {IDENTITY.partition("/")[2]}


def test_deadline_leaves_the_import_running(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """The state has where it stands, for the run to fail with; the next one follows the import."""
    emulator.control.switches(import_seconds=4)
    news = inputs(package(tmp_path / "p.zip", FlowPart()), import_timeout=1)
    id_, checked, outputs = created(provider, news)
    told = r"still running at \d+ %.*next `pulumi up` follows it"
    assert re.search(told, outputs["solution_error"])
    # A refresh meanwhile does not forget it.
    assert provider.read(id_, outputs) == (id_, outputs, None)
    patient = {**checked, "import_timeout": 60}
    assert provider.diff(id_, outputs, patient).changes
    after = provider.update(id_, outputs, patient)
    assert executed(emulator) == 1
    assert after["import_job_id"] == outputs["import_job_id"]
    assert "solution_error" not in after
    assert not provider.diff(id_, after, patient).changes


def test_deadline_and_a_changed_mind(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """An import that was begun and is declared no longer is uninstalled when it has arrived."""
    emulator.control.switches(import_seconds=2)
    only_once = {TIMEOUTS: {"create": 1.0}}
    news = inputs(package(tmp_path / "p.zip", FlowPart(), managed=True), **only_once)
    id_, _, outputs = created(provider, news)
    deleted(emulator, id_, outputs)
    assert executed(emulator) == 1
    assert not [r for r in emulator.control.rows("solutions") if r["uniquename"] == "Contoso"]


@pytest.mark.parametrize(("path", "nth"), [(r"importjobs\b", 3), (r"\$batch", 2)])
def test_token_refused_while_following(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path, path: str, nth: int
) -> None:
    """The import goes on without us, and stays in the state."""
    refused = {"do": "status", "status": 401, "when": "before_commit"}
    emulator.control.switches(import_seconds=1)
    emulator.control.fault(path=path, nth=nth, times=20, **refused)
    id_, checked, outputs = created(provider, inputs(package(tmp_path / "p.zip", FlowPart())))
    assert "refused the token" in outputs["solution_error"]
    emulator.control.clear_faults()
    after = provider.update(id_, outputs, checked)
    assert (executed(emulator), after.get("solution_error")) == (1, None)


def test_failed_import_is_tried_again_next_time(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """It has ended; the next attempt is another one."""
    broken = FlowPart(definition={"triggers": [], "actions": []})
    news = inputs(package(tmp_path / "p.zip", FlowPart(SECOND, "Fine"), broken))
    for _ in range(2):
        with pytest.raises(ProviderError, match=r"0x80060468.*export again.*whole log: ") as caught:
            created(provider, news)
        log = Path(str(caught.value).rpartition("whole log: ")[2].strip())
        assert "importexportxml" in log.read_text("utf-8")
        log.unlink()
    assert len(emulator.control.rows("importjobs")) == 2
    assert states(emulator) == {}


def test_children_before_parents(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """All three on, although the package names the parents first."""
    flows = (
        FlowPart(FIRST, "Grandparent", call(SECOND), on=False),
        FlowPart(SECOND, "Parent", call(THIRD), on=False),
        FlowPart(THIRD, "Child", on=False),
    )
    path = package(tmp_path / "p.zip", *flows)
    _, _, outputs = created(provider, inputs(path, activate_flows="all"))
    assert "solution_error" not in outputs
    assert states(emulator) == {"Grandparent": 1, "Parent": 1, "Child": 1}


def test_parent_of_a_refused_child_is_not_tried(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """Each refusal with its own reason."""
    child = FlowPart(SECOND, "Child", mailing(), {}, on=False)
    path = package(tmp_path / "p.zip", FlowPart(FIRST, "Parent", call(SECOND), on=False), child)
    _, _, outputs = created(provider, inputs(path, activate_flows="all"))
    assert "Flow 'Child' is off." in outputs["solution_error"]
    assert "Flow 'Parent' is off. It calls 'Child'" in outputs["solution_error"]


def test_embedded_connections_are_bound(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """As the documentation of the Web API says: by changing the flow's clientdata."""
    reference = {
        "shared_office365": {
            "connectionName": "shared-office365-of-dev",
            "source": "Embedded",
            "id": "/providers/Microsoft.PowerApps/apis/shared_office365",
        }
    }
    path = package(tmp_path / "p.zip", FlowPart(definition=mailing(), references=reference))
    created(provider, inputs(path, connections={"shared_office365": "shared-office365-of-prod"}))
    (row,) = emulator.control.rows("workflows")
    assert "shared-office365-of-prod" in row["clientdata"]
    assert "shared-office365-of-dev" not in row["clientdata"]
    assert row["statecode"] == 1


@pytest.mark.parametrize(
    ("mode", "left"),
    [("upgrade", ["First"]), ("stage", ["First"]), ("update", ["First", "Second"])],
)
def test_ways_to_bring_in_a_new_version(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path, mode: str, left: list[str]
) -> None:
    """An upgrade, staged or not, removes what the new version lacks; an update keeps it."""
    two = (FlowPart(), FlowPart(SECOND, "Second"))
    one = package(tmp_path / "1.zip", *two, managed=True)
    id_, news, outputs = created(provider, inputs(one))
    newer = package(tmp_path / "2.zip", FlowPart(), managed=True, version="2.0.0.0")
    after = provider.check(inputs(newer, mode=mode), news).inputs
    provider.update(id_, outputs, after)
    assert sorted(states(emulator)) == left
    found = {row["uniquename"]: row["version"] for row in emulator.control.rows("solutions")}
    assert found["Contoso"] == "2.0.0.0"
    assert "Contoso_Upgrade" not in found


def test_hold_leaves_the_old_version(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """Until a later run promotes it."""
    id_, news, outputs = created(
        provider, inputs(package(tmp_path / "1.zip", FlowPart(), managed=True))
    )
    newer = package(tmp_path / "2.zip", FlowPart(), managed=True, version="2.0.0.0")
    held = provider.check(inputs(newer, mode="hold"), news).inputs
    outputs = provider.update(id_, outputs, held)
    assert provider.read(id_, outputs)[2] is None
    found = {row["uniquename"]: row["version"] for row in emulator.control.rows("solutions")}
    assert (found["Contoso"], found["Contoso_Upgrade"]) == ("1.0.0.0", "2.0.0.0")
    imports = len(emulator.control.rows("importjobs"))
    staged = provider.check(inputs(newer, mode="stage"), held).inputs
    assert "solution_error" not in provider.update(id_, outputs, staged)
    found = {row["uniquename"]: row["version"] for row in emulator.control.rows("solutions")}
    assert found["Contoso"] == "2.0.0.0"
    assert "Contoso_Upgrade" not in found
    assert len(emulator.control.rows("importjobs")) == imports


def _binding(key: str, value: Any) -> Callable[[Path], dict[str, Any]]:
    return lambda path: inputs(
        package(
            path,
            FlowPart(),
            references={"contoso_mail": "shared_office365"},
            variables={"contoso_url": "x"},
        ),
        **{key: value},
    )


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_binding("connection_references", {"contoso_mial": "x"}), "did you mean 'contoso_mail'"),
        (_binding("connection_references", {}), "binds nothing to contoso_mail"),
        (_binding("environment_variables", {"contoso_uri": "x"}), "did you mean 'contoso_url'"),
        (_binding("connections", {"shared_sql": "x"}), "no embedded connection 'shared_sql'"),
        (_binding("mode", "overlay"), 'use one of "update"'),
        (_binding("mode", "upgrade"), "unmanaged, which can only be updated"),
        (_binding("activate_flows", "some"), '"as-exported"'),
        (_binding("publish_workflows", "yes"), "use True or False"),
        (_binding("import_timeout", 0), "seconds from 1"),
        (_binding("connection_references", ["x"]), "not a mapping"),
        (lambda path: inputs(path.with_name("none.zip")), "does not exist"),
    ],
)
def test_bad_input_is_one_line(
    provider: ProviderProcess,
    emulator: Emulator,
    tmp_path: Path,
    make: Callable[[Path], dict[str, Any]],
    expected: str,
) -> None:
    """The problem, the place, and the remedy; nothing is sent."""
    reasons = provider.check(make(tmp_path / "p.zip")).failures
    assert any(expected in reason for reason in reasons), reasons
    assert not any("\n" in reason for reason in reasons)
    assert emulator.control.requests() == []


def test_lost_uninstall(provider: ProviderProcess, emulator: Emulator, tmp_path: Path) -> None:
    """Deleting is done once too."""
    path = package(tmp_path / "p.zip", FlowPart(), managed=True)
    id_, _, outputs = created(provider, inputs(path))
    emulator.control.fault(
        method="POST", path="Uninstall", do="reset", when="after_commit", times=1
    )
    deleted(emulator, id_, outputs)
    assert states(emulator) == {}
    deleted(emulator, id_, outputs)


def test_privilege_is_missing(
    provider: ProviderProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """One line with the privilege and what to do."""
    emulator.control.deny("prvImportCustomizationsolution")
    with pytest.raises(ProviderError, match=r"0x80040220.*role with this privilege"):
        created(provider, inputs(package(tmp_path / "p.zip", FlowPart())))
    started = [one for one in emulator.control.requests() if "ImportSolution" in one["path"]]
    assert len(started) == 1
