"""`SolutionComponent` in the real provider process: memberships that are added and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution_component import SolutionComponentProvider
from tests.bindings.kinds import URN
from tests.harness.emulator_api import FLOW, call, flow
from tests.harness.operations import Made, create, delete, update
from tests.harness.provider_process import ProviderError, ProviderProcess, provider_process

_ID = f"ContosoAutomation/29/{FLOW}"


def declared(**more: Any) -> dict[str, Any]:
    return {
        "solution": "ContosoAutomation",
        "component_id": FLOW,
        "__identity": f"{URN}SolutionComponent::own",
        **more,
    }


@contextmanager
def command(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process, which the engine starts for each of its commands."""
    settings = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "5"}
    with provider_process(settings, provider=SolutionComponentProvider) as process:
        emulator.control.clear_journal()
        yield process


@pytest.fixture(autouse=True)
def existing_flow(emulator: Emulator) -> None:
    """A flow that somebody else made."""
    assert call(emulator, "POST", "workflows", flow()).status_code == 204


def _members(emulator: Emulator) -> list[tuple[str, int]]:
    rows = emulator.control.rows("solutioncomponents")
    return [(row["objectid"], row["componenttype"]) for row in rows]


def test_a_flow_is_added_and_taken_out(emulator: Emulator) -> None:
    """One request each; the flow itself is never written."""
    before = emulator.control.row("workflows", FLOW)
    with command(emulator) as process:
        made = create(process, declared())
        (row,) = emulator.control.rows("solutioncomponents")
        assert (made.id, made.outputs["membership_id"]) == (_ID, row["solutioncomponentid"])
        assert len(emulator.control.requests()) == 1
        assert process.read(made.id, made.outputs)[2] is None
        delete(process, made)
        assert len(emulator.control.requests()) == 3
        assert process.read(made.id, made.outputs)[0] == ""
        delete(process, made)
    assert _members(emulator) == []
    assert emulator.control.row("workflows", FLOW) == before


def test_types_by_number_and_name(emulator: Emulator) -> None:
    """One that has no fixed number is asked for; spellings of one type are no change."""
    reference = "c0000000-0000-4000-8000-000000000007"
    emulator.control.insert(
        "connectionreferences",
        {
            "connectionreferenceid": reference,
            "connectionreferencelogicalname": "contoso_mail",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
        },
    )
    with command(emulator) as process:
        inputs = declared(component_id=reference, component_type="connection reference")
        made = create(process, inputs)
        assert made.id == f"ContosoAutomation/10162/{reference}"
        assert _members(emulator) == [(reference, 10162)]
        made = create(process, declared())
        for spelling in ("workflow", 29):
            inputs = process.check(declared(component_type=spelling), made.inputs).inputs
            assert not process.diff(made.id, made.outputs, inputs).changes
        inputs = process.check(declared(component_type="canvas app"), made.inputs).inputs
        assert process.diff(made.id, made.outputs, inputs).replaces == ["component_type"]
        with pytest.raises(ProviderError, match="knows no solution component 'nonsense'"):
            create(process, declared(component_type="nonsense"))


def test_import_by_id(emulator: Emulator) -> None:
    """The documented id tells everything."""
    with command(emulator) as process:
        made = create(process, declared())
        here = {"__environment": made.outputs["__environment"]}
        id_, outputs, inputs = process.read(_ID, here)
        assert id_ == _ID
        assert inputs is not None
        assert (inputs["solution"], inputs["component_id"], inputs["component_type"]) == (
            "ContosoAutomation", FLOW, 29,
        )  # fmt: skip
        news = process.check(declared(), inputs).inputs
        assert not process.diff(id_, outputs, news).changes


@pytest.mark.parametrize("do", ["reset", "truncate"])
def test_lost_addition_is_found(emulator: Emulator, do: str) -> None:
    """Sent again, or looked up: adding twice changes nothing."""
    emulator.control.fault(
        method="POST", path="AddSolutionComponent", do=do, when="after_commit", times=9
    )
    with command(emulator) as process:
        made = create(process, declared())
        assert "write_error" not in made.outputs
    assert _members(emulator) == [(FLOW, 29)]


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_addition_in_doubt_is_in_the_state(emulator: Emulator, when: str) -> None:
    """The next program declares it still, or takes it out."""
    away = {"do": "status", "status": 504}
    emulator.control.fault(method="POST", path="AddSolutionComponent", when=when, **away)
    emulator.control.fault(method="GET", path="solutioncomponents", **away)
    with command(emulator) as process:
        made = create(process, declared())
    assert made.outputs["write_error"]
    emulator.control.clear_faults()
    with command(emulator) as process:
        made = update(process, made, declared())
        assert "write_error" not in made.outputs
        assert _members(emulator) == [(FLOW, 29)]
        delete(process, made)
    assert _members(emulator) == []


def test_lost_removal_is_done(emulator: Emulator) -> None:
    """A look finds nothing any more."""
    with command(emulator) as process:
        made = create(process, declared())
        emulator.control.fault(
            method="POST", path="RemoveSolutionComponent", do="reset", when="after_commit"
        )
        delete(process, made)
    assert _members(emulator) == []


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"solution": None}, "solution is missing"),
        ({"solution": "Default"}, "'Default' holds every component by itself"),
        ({"component_id": None}, "component_id is missing"),
        ({"component_id": "My flow"}, "component_id 'My flow' is not a GUID"),
        ({"component_type": "A flow!"}, "component_type 'A flow!' is neither a number nor a name"),
        ({"component_type": 1.5}, "component_type 1.5 is not the number"),
    ],
)
def test_bad_input(emulator: Emulator, wrong: dict[str, Any], line: str) -> None:
    """One line, before any request."""
    with command(emulator) as process:
        (failure,) = process.check(declared(**wrong)).failures
        assert line in failure
    assert emulator.control.requests() == []


def test_missing_solution_and_flow(emulator: Emulator) -> None:
    """The service's own refusal is shown, and nothing is recorded."""
    with command(emulator) as process:
        with pytest.raises(ProviderError, match="Could not find solution with unique name Nope"):
            create(process, declared(solution="Nope"))
        gone = FLOW.replace("1", "2")
        with pytest.raises(ProviderError, match="Does Not Exist"):
            create(process, declared(component_id=gone, __identity=f"{URN}SolutionComponent::2"))


def test_two_resources_for_one_membership(emulator: Emulator) -> None:
    """Each would take out what the other one has added."""
    with command(emulator) as process:
        assert process.check(declared()).failures == []
        other = declared(__identity=f"{URN}SolutionComponent::other")
        (failure,) = process.check(other).failures
        assert "is declared by SolutionComponent 'own' too" in failure


def test_drift_is_repaired(emulator: Emulator) -> None:
    """Taken out by hand: a refresh sees it, and the next program adds it again."""
    with command(emulator) as process:
        made: Made = create(process, declared())
        (row,) = emulator.control.rows("solutioncomponents")
        emulator.control.delete("solutioncomponents", row["solutioncomponentid"])
        assert process.read(made.id, made.outputs)[0] == ""
        create(process, declared())
    assert _members(emulator) == [(FLOW, 29)]
