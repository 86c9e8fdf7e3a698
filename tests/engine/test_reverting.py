"""A program that goes back, or on, straight after a failed update: bindings and membership."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly, mailing
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.packages import FlowPart, package
from tests.harness.people import CONNECTION

_AWAY = {"do": "status", "status": 504}
_DEFINITION = "c0000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_bindings_go_back(
    project: EngineProject, emulator: Emulator, tmp_path: Path, when: str
) -> None:
    """The responses of all updates are lost, and the service is away for the looks."""
    emulator.control.switches(import_seconds=0)
    definition = {"environmentvariabledefinitionid": _DEFINITION, "schemaname": "contoso_own"}
    emulator.control.insert("environmentvariabledefinitions", definition)
    path = package(
        tmp_path / "p.zip",
        FlowPart(),
        references={"contoso_pack": "shared_office365"},
        variables={"contoso_packed": "x"},
    )

    def program(value: str) -> Callable[[], None]:
        def declared() -> None:
            powerautomate.ConnectionReference(
                "mail",
                logical_name="contoso_mail",
                connector="shared_office365",
                connection_id=value,
            )
            powerautomate.EnvironmentVariableValue("own", schema_name="contoso_own", value=value)
            powerautomate.SolutionImport(
                "contoso",
                package=path,
                connection_references={"contoso_pack": value},
                environment_variables={"contoso_packed": value},
            )

        return declared

    def there() -> set[str]:
        references = [row["connectionid"] for row in emulator.control.rows("connectionreferences")]
        values = [row["value"] for row in emulator.control.rows("environmentvariablevalues")]
        assert (len(references), len(values)) == (2, 2)
        return {*references, *values}

    project.up(program("one"))
    for name in ("connectionreferences", "environmentvariablevalues"):
        emulator.control.fault(method="PATCH", path=name, when=when, **_AWAY)
    for name in ("connectionreferences", "environmentvariabledefinitions"):
        emulator.control.fault(method="GET", path=name, nth=3, **_AWAY)
    with pytest.raises(EngineError, match="is not as declared"):
        project.up(program("two"))
    emulator.control.clear_faults()
    assert there() == {"two" if when == "after_commit" else "one"}
    project.up(program("one"))
    assert there() == {"one"}
    project.sent()
    assert "4 unchanged" in changes(project.up())
    assert project.sent() == []


@pytest.mark.parametrize("back", [True, False])
def test_import_goes_back(
    project: EngineProject, emulator: Emulator, tmp_path: Path, back: bool
) -> None:
    """Nobody could follow the new package's import; the next program decides."""
    emulator.control.switches(import_seconds=0)
    old = package(tmp_path / "1.zip", FlowPart(definition=hourly("Old")))
    new = package(tmp_path / "2.zip", FlowPart(definition=hourly("New")))

    def program(path: Path) -> Callable[[], object]:
        return lambda: powerautomate.SolutionImport("contoso", package=path, import_timeout=3)

    project.up(program(old))
    emulator.control.fault(method="POST", path="ImportSolution", when="after_commit", **_AWAY)
    emulator.control.fault(method="GET", path=r"importjobs\(|asyncoperations", **_AWAY)
    with pytest.raises(EngineError, match="is not as declared"):
        project.up(program(new))
    emulator.control.clear_faults()
    project.up(program(old if back else new))
    (flow,) = emulator.control.rows("workflows")
    assert ('"Old"' if back else '"New"') in flow["clientdata"]
    assert "2 unchanged" in changes(project.up())


def test_reference_in_use_is_renamed(project: EngineProject, emulator: Emulator) -> None:
    """The new one comes first, for the flow keeps the old one from going."""

    def program(name: str) -> Callable[[], None]:
        def declared() -> None:
            powerautomate.ConnectionReference(
                "mail",
                logical_name=name,
                connector="shared_office365",
                connection_id=CONNECTION,
            )
            powerautomate.CloudFlow(
                "digest",
                definition=mailing(),
                connection_references={"shared_office365": {"logical_name": name}},
            )

        return declared

    project.up(program("contoso_mail"))
    project.up(program("contoso_post"))
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectionreferencelogicalname"] == "contoso_post"
    (flow,) = emulator.control.rows("workflows")
    assert "contoso_post" in flow["clientdata"]
    assert flow["statecode"] == 1
    project.up(replace=[_urn(project, "ConnectionReference::mail")])
    assert len(emulator.control.rows("connectionreferences")) == 1
    assert "3 unchanged" in changes(project.up())
    project.destroy()
    assert emulator.control.rows("connectionreferences") == []


def test_replaced_value_goes_after_its_successor_is_gone(
    project: EngineProject, emulator: Emulator
) -> None:
    """A failed run leaves the old one to be deleted; that the new one is gone does not save it."""
    for number in (1, 2):
        row_id = f"{_DEFINITION[:-1]}{number}"
        definition = {"environmentvariabledefinitionid": row_id, "schemaname": f"contoso_{number}"}
        emulator.control.insert("environmentvariabledefinitions", definition)

    def program(number: int, *, broken: bool = False) -> Callable[[], None]:
        def declared() -> None:
            powerautomate.EnvironmentVariableValue(
                "own", schema_name=f"contoso_{number}", value="x"
            )
            if broken:
                _break()

        return declared

    def there() -> list[str]:
        rows = emulator.control.rows("environmentvariablevalues")
        return [row["_environmentvariabledefinitionid_value"][-1] for row in rows]

    project.up(program(1))
    with pytest.raises(EngineError, match="no environment variable"):
        project.up(program(2, broken=True))
    assert sorted(there()) == ["1", "2"]
    new = emulator.control.rows("environmentvariablevalues")[there().index("2")]
    emulator.control.delete("environmentvariablevalues", new["environmentvariablevalueid"])
    project.up(program(2), refresh=True)
    assert there() == ["2"]


def test_replaced_reference_goes_after_the_flow_that_uses_it(
    project: EngineProject, emulator: Emulator
) -> None:
    """A run that renames it and removes the flow fails; the next one deletes the flow first."""

    def program(name: str, *, flow: bool = False, broken: bool = False) -> Callable[[], None]:
        def declared() -> None:
            powerautomate.ConnectionReference(
                "mail", logical_name=name, connector="shared_office365", connection_id=CONNECTION
            )
            if flow:
                powerautomate.CloudFlow(
                    "digest",
                    definition=mailing(),
                    connection_references={"shared_office365": {"logical_name": name}},
                )
            if broken:
                _break()

        return declared

    project.up(program("contoso_mail", flow=True))
    with pytest.raises(EngineError, match="no environment variable"):
        project.up(program("contoso_post", broken=True))
    assert len(emulator.control.rows("connectionreferences")) == 2
    project.up(program("contoso_post"))
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectionreferencelogicalname"] == "contoso_post"
    assert emulator.control.rows("workflows") == []


def _break() -> None:
    """Let the run fail, so that it deletes nothing."""
    powerautomate.EnvironmentVariableValue("unknown", schema_name="contoso_unknown", value="x")


def test_resource_renamed_in_the_program(project: EngineProject, emulator: Emulator) -> None:
    """The row is the same, so the deletion of the old resource leaves it."""

    def program(resource: str) -> Callable[[], object]:
        return lambda: powerautomate.ConnectionReference(
            resource, logical_name="contoso_mail", connector="shared_office365"
        )

    project.up(program("mail"))
    project.up(program("post"))
    assert len(emulator.control.rows("connectionreferences")) == 1
    assert len(project.resources()) == 1
    project.destroy()
    assert emulator.control.rows("connectionreferences") == []


@pytest.mark.parametrize("how", ["lost", "away", "by hand"])
def test_leaving_a_solution_is_repeatable(
    project: EngineProject, emulator: Emulator, how: str
) -> None:
    """A response that was lost once or for ever, or somebody who was faster."""

    def program(solution: str | None) -> Callable[[], object]:
        return lambda: powerautomate.CloudFlow("digest", definition=hourly(), solution=solution)

    project.up(program("ContosoAutomation"))
    (member,) = [
        row for row in emulator.control.rows("solutioncomponents") if row["componenttype"] == 29
    ]
    if how == "by hand":
        emulator.control.delete("solutioncomponents", member["solutioncomponentid"])
    else:
        times = {} if how == "away" else {"times": 1}
        rule = {"path": "RemoveSolutionComponent", "when": "after_commit", **_AWAY, **times}
        emulator.control.fault(method="POST", **rule)
    project.up(program(None))
    assert not [
        row for row in emulator.control.rows("solutioncomponents") if row["componenttype"] == 29
    ]
    emulator.control.clear_faults()
    assert "2 unchanged" in changes(project.up())


def _urn(project: EngineProject, ending: str) -> str:
    urns: list[str] = [item["urn"] for item in project.resources()]
    return next(urn for urn in urns if urn.endswith(ending))
