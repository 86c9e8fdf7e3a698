"""Changes in doubt, drift, conflicts and removal of solutions, in the real provider process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.environment_variable_value import EnvironmentVariableValueProvider
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import hourly, mailing
from tests.harness.imports import call, executed, inputs, states
from tests.harness.operations import Made, check, create, delete, kill_at, update
from tests.harness.packages import FIRST, SECOND, FlowPart, package
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    new_provider_process,
    provider_process,
)

_OFF = {"statecode": 0, "statuscode": 1}
_AWAY = {"do": "status", "status": 504}
_BOUND = {"contoso_mail": "shared-office365-1"}
_SET = {"contoso_url": "https://one"}


@pytest.fixture(autouse=True)
def _quick(emulator: Emulator) -> None:
    emulator.control.switches(import_seconds=0)


@contextmanager
def command(emulator: Emulator, **more: str) -> Iterator[ProviderProcess]:
    """A provider process, which the engine starts for each of its commands."""
    settings = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "5", **more}
    with provider_process(settings, provider=SolutionImportProvider) as process:
        emulator.control.clear_journal()
        yield process


def _made(emulator: Emulator, declared: dict[str, Any]) -> Made:
    with command(emulator) as process:
        return create(process, declared)


def _updated(emulator: Emulator, made: Made, declared: dict[str, Any]) -> Made:
    with command(emulator) as process:
        return update(process, made, declared)


def _settled(emulator: Emulator, made: Made) -> bool:
    with command(emulator) as process:
        return not process.diff(made.id, made.outputs, made.inputs).changes


def _lines(process: ProviderProcess) -> str:
    return "\n".join(line for _, line, ephemeral in process.log if not ephemeral)


def _bound(path: Path, **more: Any) -> dict[str, Any]:
    archive = package(
        path / "p.zip",
        FlowPart(),
        references={"contoso_mail": "shared_office365"},
        variables={"contoso_url": "https://default"},
    )
    declared = {"connection_references": _BOUND, "environment_variables": _SET}
    return inputs(archive, **{**declared, **more})


def _bindings(emulator: Emulator) -> tuple[str, str]:
    (reference,) = emulator.control.rows("connectionreferences")
    (value,) = emulator.control.rows("environmentvariablevalues")
    return reference["connectionid"], value["value"]


def _by_hand(emulator: Emulator, *, connection: str = "", value: str = "") -> None:
    if connection:
        (row,) = emulator.control.rows("connectionreferences")
        key = row["connectionreferenceid"]
        emulator.control.patch("connectionreferences", key, {"connectionid": connection})
    if value:
        (row,) = emulator.control.rows("environmentvariablevalues")
        key = row["environmentvariablevalueid"]
        emulator.control.patch("environmentvariablevalues", key, {"value": value})


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("back", [True, False])
def test_import_in_doubt_is_settled_by_the_next_program(
    emulator: Emulator, tmp_path: Path, when: str, back: bool
) -> None:
    """The program goes back to the old package, or keeps the new one."""
    old = inputs(package(tmp_path / "1.zip", FlowPart(definition=hourly("Old"))))
    new = inputs(package(tmp_path / "2.zip", FlowPart(definition=hourly("New"))))
    made = _made(emulator, old)
    emulator.control.fault(method="POST", path="ImportSolution", when=when, **_AWAY)
    emulator.control.fault(method="GET", path=r"importjobs\(|asyncoperations", **_AWAY)
    made = _updated(emulator, made, {**new, "import_timeout": 2})
    assert "solution_error" in made.outputs
    emulator.control.clear_faults()
    made = _updated(emulator, made, old if back else new)
    (flow,) = emulator.control.rows("workflows")
    assert ('"Old"' if back else '"New"') in flow["clientdata"]
    assert flow["statecode"] == 1
    assert "solution_error" not in made.outputs
    assert _settled(emulator, made)


def test_refresh_keeps_an_import_in_doubt(emulator: Emulator, tmp_path: Path) -> None:
    """The version alone does not tell: the next operation looks at the import."""
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart(definition=hourly("Old")))))
    new = inputs(package(tmp_path / "2.zip", FlowPart(definition=hourly("New"))))
    emulator.control.fault(method="POST", path="ImportSolution", **_AWAY)
    emulator.control.fault(method="GET", path=r"importjobs\(|asyncoperations", **_AWAY)
    made = _updated(emulator, made, {**new, "import_timeout": 2})
    emulator.control.clear_faults()
    with command(emulator) as process:
        _, outputs, _ = process.read(made.id, made.outputs)
    made = _updated(emulator, made._replace(outputs=outputs), new)
    (flow,) = emulator.control.rows("workflows")
    assert '"New"' in flow["clientdata"]


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("connection", ["shared-office365-1", "shared-office365-3"])
def test_binding_in_doubt_is_settled_by_the_next_program(
    emulator: Emulator, tmp_path: Path, when: str, connection: str
) -> None:
    """A change that was in doubt is no edit by hand."""
    made = _made(emulator, _bound(tmp_path))
    for path in ("connectionreferences", "environmentvariablevalues"):
        emulator.control.fault(method="PATCH", path=path, when=when, **_AWAY)
    for path in ("connectionreferences", "environmentvariabledefinitions"):
        emulator.control.fault(method="GET", path=path, nth=2, **_AWAY)
    two = {"contoso_mail": "shared-office365-2"}
    changed = {"connection_references": two, "environment_variables": {"contoso_url": "two"}}
    made = _updated(emulator, made, _bound(tmp_path, **changed))
    assert made.outputs["solution_error"]
    emulator.control.clear_faults()
    wanted = {"contoso_mail": connection}
    made = _updated(emulator, made, _bound(tmp_path, connection_references=wanted))
    assert _bindings(emulator) == (connection, "https://one")
    assert _settled(emulator, made)
    assert executed(emulator) == 1


@pytest.mark.parametrize("imports", [False, True])
@pytest.mark.parametrize("what", ["connection", "value"])
def test_edit_by_hand_is_a_conflict(
    emulator: Emulator, tmp_path: Path, what: str, imports: bool
) -> None:
    """Named, and nothing is bound, set or imported; a refresh shows it, and the program wins."""
    made = _made(emulator, _bound(tmp_path))
    _by_hand(emulator, **{what: "by hand"})
    changed = _bound(tmp_path, activate_flows="all")
    if imports:
        changed["triggers"] = ["again"]
    named = {
        "connection": "connection_id of connection reference contoso_mail",
        "value": "value of environment variable contoso_url",
    }[what]
    for _ in range(2):
        with pytest.raises(ProviderError, match=f"somebody changed the {named} since the last"):
            _updated(emulator, made, changed)
    assert "by hand" in _bindings(emulator)
    assert executed(emulator) == 1
    with command(emulator) as process:
        id_, outputs, seen = process.read(made.id, made.outputs)
    assert seen is not None
    assert "by hand" in str(seen)
    made = _updated(emulator, Made(id_, seen, outputs), changed)
    assert _bindings(emulator) == ("shared-office365-1", "https://one")
    assert _settled(emulator, made)


def test_refresh_sees_activation(emulator: Emulator, tmp_path: Path) -> None:
    """A flow that should be on, and was turned off by hand, is turned on again."""
    made = _made(emulator, inputs(package(tmp_path / "p.zip", FlowPart())))
    emulator.control.patch("workflows", FIRST, _OFF)
    with command(emulator) as process:
        _, outputs, _ = process.read(made.id, made.outputs)
        assert outputs["flows_off"] == ["First"]
        assert process.diff(made.id, outputs, made.inputs).changes
        outputs = process.update(made.id, outputs, made.inputs)
    assert states(emulator) == {"First": 1}
    assert _settled(emulator, made._replace(outputs=outputs))


def test_flow_turned_off_by_hand_is_told(emulator: Emulator, tmp_path: Path) -> None:
    """Another change turns it on again, as declared, and a warning says so."""
    made = _made(emulator, _bound(tmp_path))
    emulator.control.patch("workflows", FIRST, _OFF)
    with command(emulator) as process:
        changed = _bound(tmp_path, environment_variables={"contoso_url": "two"})
        update(process, made, changed)
        assert "somebody had turned off 'First' since the last run" in _lines(process)
    assert states(emulator) == {"First": 1}


def test_lost_activation_is_looked_up(emulator: Emulator, tmp_path: Path) -> None:
    """Its repetition names a version that is gone, for the first one was applied."""
    emulator.control.fault(
        method="PATCH", path="workflows", do="reset", when="after_commit", times=1
    )
    made = _made(emulator, inputs(package(tmp_path / "p.zip", FlowPart(on=False)),
                                  activate_flows="all"))  # fmt: skip
    assert states(emulator) == {"First": 1}
    assert "solution_error" not in made.outputs


def _embedded(name: str = "shared-office365-of-dev") -> dict[str, Any]:
    entry = {
        "connectionName": name,
        "source": "Embedded",
        "id": "/providers/Microsoft.PowerApps/apis/shared_office365",
    }
    return {"shared_office365": entry}


def _rebound(path: Path, connection: str, **more: Any) -> dict[str, Any]:
    archive = package(path / "e.zip", FlowPart(definition=mailing(), references=_embedded()))
    return inputs(archive, connections={"shared_office365": connection}, **more)


@pytest.mark.parametrize("active", ["accept", "reject"])
def test_rebinding_keeps_the_document_and_the_state(
    emulator: Emulator, tmp_path: Path, active: str
) -> None:
    """Other members of the document stay, and a flow that was on is on, whatever is activated."""
    emulator.control.switches(active_clientdata=active)
    made = _made(emulator, _rebound(tmp_path, "prod"))
    row = emulator.control.row("workflows", FIRST)
    document = json.loads(row["clientdata"])
    document["properties"] |= {"templateName": "t", "flowFailureAlertSubscribed": True}
    document["other"] = 1
    emulator.control.patch("workflows", FIRST, {"clientdata": json.dumps(document)})
    made = _updated(emulator, made, _rebound(tmp_path, "test", activate_flows="none"))
    row = emulator.control.row("workflows", FIRST)
    after = json.loads(row["clientdata"])
    assert row["statecode"] == 1
    references = after["properties"].pop("connectionReferences")
    assert references["shared_office365"]["connectionName"] == "test"
    del document["properties"]["connectionReferences"]
    assert after == document
    assert _settled(emulator, made)


def test_rebinding_in_doubt_leaves_no_flow_off(emulator: Emulator, tmp_path: Path) -> None:
    """A flow that was turned off for it is remembered, also when nothing is to be activated."""
    made = _made(emulator, _rebound(tmp_path, "prod"))
    emulator.control.fault(method="PATCH", path="workflows", nth=2, **_AWAY)
    made = _updated(emulator, made, _rebound(tmp_path, "test", activate_flows="none"))
    assert made.outputs["turned_off"] == [FIRST]
    assert states(emulator) == {"First": 0}
    emulator.control.clear_faults()
    made = _updated(emulator, made, _rebound(tmp_path, "prod", activate_flows="none"))
    row = emulator.control.row("workflows", FIRST)
    assert row["statecode"] == 1
    assert '"prod"' in row["clientdata"]
    assert _settled(emulator, made)


_PATCHED = {"method": "PATCH", "path": "workflows", "times": 1}
_NONE = {"activate_flows": "none"}


def _by_hand_on(emulator: Emulator, state: str) -> None:
    columns = {"statecode": 1, "statuscode": 2} if state == "on" else _OFF
    emulator.control.patch("workflows", FIRST, columns)


def _killed(
    emulator: Emulator, made: Made | None, declared: dict[str, Any], **rule: Any
) -> dict[str, Any]:
    """Kill the provider in an update, or in a create; returns the inputs."""
    barrier = emulator.control.barrier(**{"when": "after_commit", **rule})
    with command(emulator) as process:
        if made is None:
            news = check(process, declared)
            kill_at(barrier, process, process.create, news)
        else:
            news = check(process, declared, made.inputs)
            kill_at(barrier, process, process.update, made.id, made.outputs, news)
    return news


@pytest.mark.parametrize("refreshed", [False, True])
@pytest.mark.parametrize("then", ["test", "prod"])
def test_killed_rebinding_leaves_no_flow_off(
    emulator: Emulator, tmp_path: Path, then: str, refreshed: bool
) -> None:
    """It was turned off by the request that changed it: the next program turns it on, and says."""
    made = _made(emulator, _rebound(tmp_path, "prod", **_NONE))
    _by_hand_on(emulator, "on")
    _killed(emulator, made, _rebound(tmp_path, "test", **_NONE), **_PATCHED)
    assert states(emulator) == {"First": 0}
    with command(emulator) as process:
        if refreshed:
            _, outputs, seen = process.read(made.id, made.outputs)
            assert outputs["flows_off"] == ["First"]
            made = Made(made.id, seen or made.inputs, outputs)
        made = update(process, made, _rebound(tmp_path, then, **_NONE))
        told = "'First' was off, by the operation that was interrupted or by somebody; on again"
        assert (told in _lines(process)) is not refreshed
    row = emulator.control.row("workflows", FIRST)
    assert row["statecode"] == 1
    assert f'"{then}"' in row["clientdata"]
    assert "solution_error" not in made.outputs
    assert _settled(emulator, made)


def test_killed_rebinding_of_a_create_leaves_no_flow_off(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The same where the solution was there already and is adopted."""
    with command(emulator, PULUMI_POWERAUTOMATE_JOURNAL="off") as process:
        create(process, _rebound(tmp_path, "prod"))
    assert states(emulator) == {"First": 1}
    declared = _rebound(tmp_path, "test", **_NONE)
    _killed(emulator, None, declared, **_PATCHED)
    assert states(emulator) == {"First": 0}
    made = _made(emulator, declared)
    assert states(emulator) == {"First": 1}
    assert _settled(emulator, made)


def test_flow_left_off_is_remembered_by_an_import_in_doubt(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The import succeeds, and the look that follows it does not."""
    made = _made(emulator, _rebound(tmp_path, "prod"))
    emulator.control.fault(method="PATCH", path="workflows", nth=2, **_AWAY)
    made = _updated(emulator, made, _rebound(tmp_path, "test", **_NONE))
    assert made.outputs["turned_off"] == [FIRST]
    emulator.control.clear_faults()
    emulator.control.fault(method="GET", path="solutions", **_AWAY)
    again = _rebound(tmp_path, "test", triggers=["again"], **_NONE)
    made = _updated(emulator, made, again)
    emulator.control.clear_faults()
    assert executed(emulator) == 2
    _by_hand_on(emulator, "off")
    made = _updated(emulator, made, again)
    assert states(emulator) == {"First": 1}
    assert _settled(emulator, made)


def test_edit_of_an_embedded_connection(emulator: Emulator, tmp_path: Path) -> None:
    """A conflict; a refresh shows it."""
    made = _made(emulator, _rebound(tmp_path, "prod"))
    row = emulator.control.row("workflows", FIRST)
    edited = row["clientdata"].replace('"prod"', '"by hand"')
    emulator.control.patch("workflows", FIRST, {"clientdata": edited})
    with command(emulator) as process:
        _, outputs, _ = process.read(made.id, made.outputs)
        assert outputs["connections"] == {"shared_office365": "by hand"}
    for _ in range(2):
        made = _updated(emulator, made, _rebound(tmp_path, "test"))
        assert (
            "somebody changed its connection for shared_office365"
            in (made.outputs["solution_error"])
        )
        assert '"by hand"' in emulator.control.row("workflows", FIRST)["clientdata"]
    with command(emulator) as process:
        _, outputs, _ = process.read(made.id, made.outputs)
    made = _updated(emulator, made._replace(outputs=outputs), _rebound(tmp_path, "test"))
    assert '"test"' in emulator.control.row("workflows", FIRST)["clientdata"]
    assert _settled(emulator, made)


_VALUE = {"method": "PATCH", "path": "environmentvariablevalues", "times": 1}
_TOLD = "may have been changed by somebody, since the last run did not settle it; overwritten"


def _unfinished(emulator: Emulator, made: Made, declared: dict[str, Any]) -> Made:
    """An update whose import nobody sees the end of."""
    emulator.control.fault(method="POST", path="ImportSolution", when="after_commit", **_AWAY)
    emulator.control.fault(method="GET", path=r"importjobs\(|asyncoperations", **_AWAY)
    made = _updated(emulator, made, {**declared, "import_timeout": 2, "triggers": ["again"]})
    assert "solution_error" in made.outputs
    emulator.control.clear_faults()
    with command(emulator) as process:
        # The import ends with the next request.
        process.read(made.id, made.outputs)
    return made


@pytest.mark.parametrize("way", ["killed", "unfinished"])
@pytest.mark.parametrize("what", ["connection", "value"])
def test_edit_behind_an_update_in_doubt(
    emulator: Emulator, tmp_path: Path, what: str, way: str
) -> None:
    """A conflict, where the update was not about it; else it may be ours, and a warning tells."""
    made = _made(emulator, _bound(tmp_path))
    two = _bound(tmp_path, environment_variables={"contoso_url": "two"})
    if way == "killed":
        _killed(emulator, made, two, **_VALUE)
    else:
        made = _unfinished(emulator, made, two)
    _by_hand(emulator, **{what: "by hand"})
    again = _bound(tmp_path, environment_variables={"contoso_url": "three"})
    if what == "connection":
        named = "somebody changed the connection_id of connection reference contoso_mail since"
        with pytest.raises(ProviderError, match=named):
            _updated(emulator, made, again)
        assert _bindings(emulator)[0] == "by hand"
        assert executed(emulator) == (1 if way == "killed" else 2)
        return
    with command(emulator) as process:
        made = update(process, made, again)
        assert f"the value of environment variable contoso_url {_TOLD}" in _lines(process)
    assert _bindings(emulator) == ("shared-office365-1", "three")
    assert _settled(emulator, made)


@pytest.mark.parametrize("then", ["update", "delete"])
@pytest.mark.parametrize("killed", ["value", "value of its own", "import"])
def test_import_by_hand_behind_a_killed_update(
    emulator: Emulator, tmp_path: Path, killed: str, then: str
) -> None:
    """It stays, where the other one was about a value; else, or when it is removed, it is told."""
    made = _made(emulator, _bound(tmp_path))
    if killed == "value":
        two = _bound(tmp_path, environment_variables={"contoso_url": "two"})
        _killed(emulator, made, two, **_VALUE)
    elif killed == "value of its own":
        barrier = emulator.control.barrier(when="after_commit", **_VALUE)
        with command(emulator) as process:
            value = process.serving(EnvironmentVariableValueProvider)
            news = value.check({"schema_name": "contoso_url", "value": "two"}).inputs
            kill_at(barrier, process, value.create, news)
    else:
        again = _bound(tmp_path, triggers=["again"])
        _killed(emulator, made, again, method="POST", path="ImportSolution", times=1)
    other = package(
        tmp_path / "hand.zip",
        FlowPart(),
        version="1.1.0.0",
        references={"contoso_mail": "shared_office365"},
        variables={"contoso_url": "https://default"},
    )
    with command(emulator, PULUMI_POWERAUTOMATE_JOURNAL="off") as process:
        create(process, inputs(other))
    imports = executed(emulator)
    with command(emulator) as process:
        process.diff(made.id, made.outputs, made.inputs)
        if then == "delete":
            delete(process, made)
        else:
            made = update(process, made, _bound(tmp_path))
        told = "somebody had changed its version from 1.0.0.0 to 1.1.0.0 since the last run" in (
            _lines(process)
        )
    assert told is (killed == "import" or then == "delete")
    assert executed(emulator) - imports == ((killed, then) == ("import", "update"))


def test_a_killed_import_of_another_version_is_nobodys_edit(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The program goes back, and imports over what it has brought in itself."""
    made = _made(emulator, _bound(tmp_path))
    other = inputs(package(tmp_path / "2.zip", FlowPart(), version="1.1.0.0"))
    _killed(emulator, made, other, method="POST", path="ImportSolution", times=1)
    with command(emulator) as process:
        made = update(process, made, _bound(tmp_path))
        assert "somebody had changed its version" not in _lines(process)
    assert executed(emulator) == 3
    assert _settled(emulator, made)


def test_killed_update_that_was_not_applied_is_nobodys_edit(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The value is as it was, so nothing is told."""
    made = _made(emulator, _bound(tmp_path))
    two = _bound(tmp_path, environment_variables={"contoso_url": "two"})
    emulator.control.fault(when="before_commit", do="reset", **_VALUE)
    _killed(emulator, made, two, when="before_commit", **_VALUE)
    with command(emulator) as process:
        made = update(process, made, two)
        assert "somebody" not in _lines(process)
    assert _bindings(emulator) == ("shared-office365-1", "two")
    assert _settled(emulator, made)


def test_edit_of_an_embedded_connection_in_doubt(emulator: Emulator, tmp_path: Path) -> None:
    """The killed update wrote it too: a warning tells that it is overwritten."""
    made = _made(emulator, _rebound(tmp_path, "prod"))
    _killed(emulator, made, _rebound(tmp_path, "test"), **_PATCHED)
    _embed_by_hand(emulator, "test")
    with command(emulator) as process:
        made = update(process, made, _rebound(tmp_path, "prod"))
        assert f"the connection for shared_office365 in its flows {_TOLD}" in _lines(process)
    assert '"prod"' in emulator.control.row("workflows", FIRST)["clientdata"]
    assert _settled(emulator, made)


def test_edit_of_an_embedded_connection_behind_a_killed_update(
    emulator: Emulator, tmp_path: Path
) -> None:
    """A conflict: the update was about a value."""
    variables = {"contoso_url": "https://default"}
    flow = FlowPart(definition=mailing(), references=_embedded())
    archive = package(tmp_path / "e.zip", flow, variables=variables)

    def declared(value: str) -> dict[str, Any]:
        values = {"contoso_url": value}
        bound = {"shared_office365": "prod"}
        return inputs(archive, connections=bound, environment_variables=values)

    made = _made(emulator, declared("one"))
    _killed(emulator, made, declared("two"), **_VALUE)
    _embed_by_hand(emulator, "prod")
    made = _updated(emulator, made, declared("one"))
    named = "somebody changed its connection for shared_office365"
    assert named in made.outputs["solution_error"]
    assert '"by hand"' in emulator.control.row("workflows", FIRST)["clientdata"]


def _embed_by_hand(emulator: Emulator, present: str) -> None:
    document = emulator.control.row("workflows", FIRST)["clientdata"]
    edited = document.replace(f'"{present}"', '"by hand"')
    assert edited != document
    emulator.control.patch("workflows", FIRST, {"clientdata": edited})


def test_connection_that_a_killed_import_brought_is_nobodys_edit(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The flow names the one of the package: the killed update did not get as far as binding it."""
    made = _made(emulator, _rebound(tmp_path, "prod"))
    again = _rebound(tmp_path, "prod", triggers=["again"])
    emulator.control.fault(when="before_commit", do="reset", **_PATCHED)
    _killed(emulator, made, again, when="before_commit", **_PATCHED)
    assert '"shared-office365-of-dev"' in emulator.control.row("workflows", FIRST)["clientdata"]
    with command(emulator) as process:
        made = update(process, made, again)
        assert "somebody" not in _lines(process)
    assert executed(emulator) == 2
    assert "solution_error" not in made.outputs
    assert '"prod"' in emulator.control.row("workflows", FIRST)["clientdata"]
    assert _settled(emulator, made)


def test_values_that_a_killed_removal_took_along_are_set_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Nobody has changed them, and the program that goes back declares them."""
    archive = package(
        tmp_path / "p.zip",
        FlowPart(),
        managed=True,
        references={"contoso_mail": "shared_office365"},
        variables={"contoso_url": "https://default"},
    )
    declared = inputs(archive, connection_references=_BOUND, environment_variables=_SET)
    made = _made(emulator, declared)
    barrier = emulator.control.barrier(method="POST", path="Uninstall", when="after_commit")
    with command(emulator) as process:
        kill_at(barrier, process, process.delete, made.id, made.outputs)
    made = _updated(emulator, made, declared)
    assert executed(emulator) == 2
    assert _bindings(emulator) == ("shared-office365-1", "https://one")
    assert _settled(emulator, made)


def test_connection_that_the_export_left_out_is_bound(emulator: Emulator, tmp_path: Path) -> None:
    """Exports strip the names of connections that flows hold themselves."""
    stripped = {
        "runtimeSource": "embedded",
        "connection": {},
        "api": {"name": "shared_office365"},
    }
    flow = FlowPart(definition=mailing(), references={"shared_office365": stripped})
    archive = package(tmp_path / "p.zip", flow)
    made = _made(emulator, inputs(archive, connections={"shared_office365": "prod"}))
    assert "solution_error" not in made.outputs
    row = emulator.control.row("workflows", FIRST)
    assert '"connectionName":"prod"' in row["clientdata"]
    assert row["statecode"] == 1


def test_promotion_that_fails_is_resumed(emulator: Emulator, tmp_path: Path) -> None:
    """The staged upgrade is in the state, and promoted by the next run."""
    one = package(tmp_path / "1.zip", FlowPart(), managed=True)
    two = package(tmp_path / "2.zip", FlowPart(), managed=True, version="2.0.0.0")
    made = _made(emulator, inputs(one))
    emulator.control.fault(method="POST", path="DeleteAndPromote", do="status", status=403)
    made = _updated(emulator, made, inputs(two, mode="stage"))
    assert made.outputs["solution_error"]
    emulator.control.clear_faults()
    made = _updated(emulator, made, inputs(two, mode="stage"))
    found = {row["uniquename"]: row["version"] for row in emulator.control.rows("solutions")}
    assert found["Contoso"] == "2.0.0.0"
    assert "Contoso_Upgrade" not in found
    assert _settled(emulator, made)
    assert executed(emulator) == 2


@pytest.mark.parametrize("do", ["reset", "status"])
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_lost_promotion(emulator: Emulator, tmp_path: Path, do: str, when: str) -> None:
    """Done once, in the same run."""
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart(), managed=True)))
    two = package(tmp_path / "2.zip", FlowPart(), managed=True, version="2.0.0.0")
    rule = {"do": do, "when": when, "times": 1, **({"status": 504} if do == "status" else {})}
    emulator.control.fault(method="POST", path="DeleteAndPromote", **rule)
    made = _updated(emulator, made, inputs(two, mode="stage"))
    assert "solution_error" not in made.outputs
    assert "Contoso_Upgrade" not in {
        row["uniquename"] for row in emulator.control.rows("solutions")
    }


@pytest.mark.parametrize("managed", [True, False])
@pytest.mark.parametrize("do", ["reset", "status"])
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_lost_removal(
    emulator: Emulator, tmp_path: Path, managed: bool, do: str, when: str
) -> None:
    """Of a managed solution and of a container."""
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart(), managed=managed)))
    rule = {"do": do, "when": when, "times": 2, **({"status": 504} if do == "status" else {})}
    emulator.control.fault(method="POST", path="Uninstall", **rule)
    emulator.control.fault(method="DELETE", path="solutions", **rule)
    with command(emulator) as process:
        delete(process, made)
        assert ("its flows: First" in _lines(process)) is not managed
    assert "Contoso" not in {row["uniquename"] for row in emulator.control.rows("solutions")}


def test_removal_waits_for_another_operation(emulator: Emulator, tmp_path: Path) -> None:
    """Its own of an earlier run, for example, which went on."""
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart(), managed=True)))
    emulator.control.switches(import_seconds=3)
    with (
        command(emulator) as process,
        pytest.raises(ProviderError, match="Run `pulumi up --refresh` before the program"),
    ):
        delete(process, made._replace(outputs={**made.outputs, "import_timeout": 1}))
    with command(emulator) as process:
        delete(process, made)
    assert states(emulator) == {}


def test_dependents_that_are_many_or_unknown(emulator: Emulator, tmp_path: Path) -> None:
    """Their names take several lists; without any, none is asked for."""
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart(), managed=True)))
    document = json.dumps({"properties": {"definition": call(FIRST)}, "schemaVersion": "1.0.0.0"})
    for number in range(120):
        emulator.control.insert(
            "workflows",
            {"name": f"Caller {number:03}", "category": 5, "type": 1, "clientdata": document},
        )
    with command(emulator) as process, pytest.raises(ProviderError, match="Caller 119"):
        delete(process, made)
    sent = [one["path"] for one in emulator.control.requests()]
    assert max(map(len, sent)) < 8000
    none = {"do": "status", "status": 200, "body": '{"value": []}'}
    emulator.control.fault(path="RetrieveDependencies", **none)
    with command(emulator) as process, pytest.raises(ProviderError, match="by other components"):
        delete(process, made)
    assert not [one for one in emulator.control.requests() if "workflows" in one["path"]]


def test_removing_what_somebody_changed_is_told(emulator: Emulator, tmp_path: Path) -> None:
    """Another version was imported by hand."""
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart())))
    (row,) = [one for one in emulator.control.rows("solutions") if one["uniquename"] == "Contoso"]
    emulator.control.patch("solutions", row["solutionid"], {"version": "3.0.0.0"})
    with command(emulator) as process:
        delete(process, made)
        assert "changed its version from 1.0.0.0 to 3.0.0.0" in _lines(process)


def test_adopting_or_importing_over_is_told(emulator: Emulator, tmp_path: Path) -> None:
    """A solution that was there already, and a version that somebody imported meanwhile."""
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart())))
    two = package(tmp_path / "2.zip", FlowPart(), version="2.0.0.0")
    # Somebody else, on another machine.
    with command(emulator, PULUMI_POWERAUTOMATE_JOURNAL="off") as process:
        create(process, inputs(two))
        assert "it was there already, in version 1.0.0.0, and was adopted" in _lines(process)
    three = package(tmp_path / "3.zip", FlowPart(), version="3.0.0.0")
    with command(emulator) as process:
        update(process, made, inputs(three))
        assert "changed its version from 1.0.0.0 to 2.0.0.0" in _lines(process)


def test_another_solution_comes_first(emulator: Emulator, tmp_path: Path) -> None:
    """
    The components of both stay; the same one is replaced old first, and never removed afterwards.
    """
    made = _made(emulator, inputs(package(tmp_path / "1.zip", FlowPart(), managed=True)))
    other = inputs(package(tmp_path / "2.zip", FlowPart(), name="Fabrikam", managed=True))
    with command(emulator) as process:
        news = check(process, other, made.inputs)
        found = process.diff(made.id, made.outputs, news)
        assert (found.replaces, found.old_first) == (["solution"], False)
        process.create(news)
        delete(process, made)
    assert states(emulator) == {"First": 1}
    names = {row["uniquename"] for row in emulator.control.rows("solutions")}
    assert "Fabrikam" in names
    assert "Contoso" not in names


def test_replaced_under_its_own_name(emulator: Emulator, tmp_path: Path) -> None:
    """`--replace` creates first: what is there is kept, now and after an engine that was killed."""
    declared = inputs(package(tmp_path / "1.zip", FlowPart(), managed=True))
    made = _made(emulator, declared)
    with command(emulator) as process:
        again = create(process, declared)
        delete(process, made)
    with command(emulator) as process:
        process.diff(again.id, again.outputs, again.inputs)
        delete(process, made)
    assert states(emulator) == {"First": 1}
    with command(emulator) as process:
        delete(process, again)
    assert states(emulator) == {}


def test_children_first_after_restoring(emulator: Emulator, tmp_path: Path) -> None:
    """Requests of an update that binds nothing new: one list."""
    flows = (FlowPart(FIRST, "Parent", call(SECOND)), FlowPart(SECOND, "Child"))
    archive = package(tmp_path / "p.zip", *flows)
    made = _made(emulator, inputs(archive))
    with command(emulator) as process:
        update(process, made, inputs(archive, activate_flows="all"))
        assert len(emulator.control.requests()) == 1
    assert states(emulator) == {"Parent": 1, "Child": 1}


_NOTE_OPENS = """
import os, sys

def note(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".zip"):
        with os.fdopen(os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND), "w") as file:
            file.write(str(arguments[0]) + chr(10))

sys.addaudithook(note)
"""


def test_a_package_is_read_once(emulator: Emulator, tmp_path: Path) -> None:
    """An import opens it to read it, to prove that it was not changed since, and to send it."""
    opened = tmp_path / "opened"
    opened.touch()
    (tmp_path / "sitecustomize.py").write_text(_NOTE_OPENS, "utf-8")
    settings = {**emulator.environment, "PYTHONPATH": str(tmp_path), "OPENED": str(opened)}
    old = inputs(package(tmp_path / "1.zip", FlowPart()))
    new = inputs(package(tmp_path / "2.zip", FlowPart(definition=hourly("New"))))
    with new_provider_process(settings, provider=SolutionImportProvider) as process:
        news = process.check(old).inputs
        opened.write_text("")
        id_, outputs = process.create(news)
        assert len(opened.read_text("utf-8").split()) == 3
        after = process.check(new, news).inputs
        opened.write_text("")
        process.update(id_, outputs, after)
        assert len(opened.read_text("utf-8").split()) == 3
