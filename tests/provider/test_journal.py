"""The provider is killed in an operation, and a program that knows nothing of it comes next."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.connection_reference import ConnectionReferenceProvider
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from pulumi_powerautomate.resources import RESOURCES
from pulumi_powerautomate.solution_component import SolutionComponentProvider
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness import kinds
from tests.harness.definitions import hourly
from tests.harness.imports import inputs
from tests.harness.operations import kill_at
from tests.harness.packages import FlowPart, package
from tests.harness.provider_process import (
    IDENTITY,
    ProviderError,
    ProviderProcess,
    new_provider_process,
    provider_process,
)

_ALL_COLUMNS = {"description": "as declared", "owner": {"type": "user", "id": kinds.BOB}}
_OTHER_STACK = IDENTITY.replace("urn:pulumi:dev", "urn:pulumi:prod") + "left"
# A membership has nothing to change: its own test is below.
_BY_ANOTHER_TEST = {"SolutionImport", "SolutionComponent"}


@pytest.fixture(params=sorted(kinds.CASES))
def case(request: pytest.FixtureRequest, emulator: Emulator) -> kinds.Case:
    """Each kind, with what it needs in the environment."""
    case = kinds.CASES[request.param]
    kinds.define_variable(emulator)
    if "Share" in request.param:
        with provider_process(emulator.environment) as process:
            process.create(process.check(kinds.flow("shared")).inputs)
    return case


def test_every_kind_is_here() -> None:
    """A new resource cannot be forgotten."""
    assert {resource.name for resource in RESOURCES} == set(kinds.CASES) | _BY_ANOTHER_TEST


def _killed(emulator: Emulator, case: kinds.Case, settings: Mapping[str, str], call: str) -> Any:
    """Create variant one, and kill the provider after the commit of a further operation."""
    method = "DELETE" if call == "delete" and case.method == "PATCH" else case.method
    with provider_process(settings, provider=case.provider) as process:
        news = process.check(case.inputs("one")).inputs
        id_, outputs = process.create(news)
        assert case.there(emulator) == ["one"]
        barrier = emulator.control.barrier(
            method=method, path=case.path, when="after_commit", times=1
        )
        if call == "update":
            after = process.check(case.inputs("two"), news).inputs
            kill_at(barrier, process, process.update, id_, outputs, after)
        else:
            kill_at(barrier, process, process.delete, id_, outputs)
    return id_, news, outputs


@pytest.mark.parametrize(
    ("call", "variant"), [("update", "one"), ("update", "three"), ("delete", "one")]
)
def test_the_next_program_decides(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str], call: str, variant: str
) -> None:
    """The program goes back, or on, and the row becomes what it declares."""
    id_, news, outputs = _killed(emulator, case, settings, call)
    assert case.there(emulator) == (["two"] if call == "update" else [])
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(case.inputs(variant), news).inputs
        assert process.diff(id_, outputs, after).changes
        outputs = process.update(id_, outputs, after)
        assert not [text for name, text in outputs.items() if name.endswith("_error")]
    assert case.there(emulator) == [variant]
    before = len(emulator.control.requests())
    with provider_process(settings, provider=case.provider) as process:
        assert not process.diff(
            id_, outputs, process.check(case.inputs(variant), after).inputs
        ).changes
    assert len(emulator.control.requests()) == before


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_killed_import_that_goes_on(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path, refreshed: bool
) -> None:
    """A refresh sees the old version while it runs; the next program imports its own over it."""
    provider = SolutionImportProvider
    old = inputs(package(tmp_path / "1.zip", FlowPart(), version="1.0.0.0"))
    new = inputs(package(tmp_path / "2.zip", FlowPart(definition=hourly("New")), version="2.0.0.0"))
    emulator.control.switches(import_seconds=0)
    with provider_process(settings, provider=provider) as process:
        news = process.check(old).inputs
        id_, outputs = process.create(news)
        emulator.control.switches(import_seconds=4)
        barrier = emulator.control.barrier(
            method="POST", path="ImportSolutionAsync", when="after_commit", times=1
        )
        kill_at(barrier, process, process.update, id_, outputs, process.check(new, news).inputs)
    with provider_process(settings, provider=provider) as process:
        if refreshed:
            _, outputs, _ = process.read(id_, outputs)
            assert outputs["version"] == "1.0.0.0"
        after = process.check(old, news).inputs
        assert process.diff(id_, outputs, after).changes
        outputs = process.update(id_, outputs, after)
        assert "solution_error" not in outputs
        assert not process.diff(id_, outputs, after).changes
    (installed,) = [
        row for row in emulator.control.rows("solutions") if row["uniquename"] == "Contoso"
    ]
    assert installed["version"] == "1.0.0.0"


def test_a_killed_removal_from_a_solution(emulator: Emulator, settings: Mapping[str, str]) -> None:
    """The next program still declares the membership, and it comes back."""
    with provider_process(settings) as process:
        process.create(process.check(kinds.flow("member")).inputs)
    inputs = {"solution": "ContosoAutomation", "component_id": kinds.FLOW}
    case = kinds.Case(
        SolutionComponentProvider, lambda _: inputs, lambda _: ["one"], "SolutionComponent"
    )
    id_, news, outputs = _killed(emulator, case, settings, "delete")
    assert emulator.control.rows("solutioncomponents") == []
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(inputs, news).inputs
        assert process.diff(id_, outputs, after).changes
        outputs = process.update(id_, outputs, after)
        assert not process.diff(id_, outputs, after).changes
    (row,) = emulator.control.rows("solutioncomponents")
    assert (row["objectid"], id_) == (kinds.FLOW, f"ContosoAutomation/29/{kinds.FLOW}")


@pytest.mark.parametrize("kind", sorted(kinds.LOOKED_AT))
def test_a_create_in_doubt_and_then_a_kill(
    emulator: Emulator, settings: Mapping[str, str], kind: str
) -> None:
    """Nothing was made, the next operation does not get far, and the one after that makes it."""
    case, (path, nth) = kinds.CASES[kind], kinds.LOOKED_AT[kind]
    kinds.define_variable(emulator)
    page = {"do": "html", "when": "before_commit", "times": 99}
    with provider_process(settings, provider=case.provider) as process:
        news = process.check(case.inputs("one")).inputs
        for method in ("POST", "PATCH"):
            emulator.control.fault(method=method, **page)
        emulator.control.fault(method="GET", path=path, nth=nth, **page)
        id_, outputs = process.create(news)
        assert [text for name, text in outputs.items() if name.endswith("_error")]
    emulator.control.clear_faults()
    assert case.there(emulator) == []
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(case.inputs("two"), news).inputs
        first = {"path": "^(?!.*oauth2)", "when": "before_commit", "times": 1}
        barrier = emulator.control.barrier(**first)
        emulator.control.fault(**first, do="reset")
        kill_at(barrier, process, process.update, id_, outputs, after)
    assert case.there(emulator) == []
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(case.inputs("three"), news).inputs
        outputs = process.update(id_, outputs, after)
        assert not process.diff(id_, outputs, after).changes
    assert case.there(emulator) == ["three"]


@pytest.mark.parametrize("refreshed", [False, True])
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize(
    ("old", "new", "action"),
    [
        (None, kinds.FIRST, "Add"),
        (kinds.FIRST, None, "Remove"),
        (kinds.FIRST, kinds.SECOND, "Add"),
        (kinds.FIRST, kinds.SECOND, "Remove"),
    ],
)
def test_a_killed_move_between_solutions(
    emulator: Emulator,
    settings: Mapping[str, str],
    old: str | None,
    new: str | None,
    action: str,
    when: str,
    refreshed: bool,
) -> None:
    """The program goes back, and the flow is in the solution from before, and in no other."""
    kinds.second_solution(emulator)

    def inputs(solution: str | None) -> dict[str, Any]:
        return {**kinds.flow("moved"), "solution": solution}

    rule = {"method": "POST", "path": f"{action}SolutionComponent", "when": when, "times": 1}
    with provider_process(settings) as process:
        news = process.check(inputs(old)).inputs
        id_, outputs = process.create(news)
        after = process.check(inputs(new), news).inputs
        barrier = emulator.control.barrier(**rule)
        if when == "before_commit":
            emulator.control.fault(**rule, do="reset")
        kill_at(barrier, process, process.update, id_, outputs, after)
    with provider_process(settings) as process:
        if refreshed:
            _, outputs, live = process.read(id_, outputs)
            news = live or news
        after = process.check(inputs(old), news).inputs
        if process.diff(id_, outputs, after).changes:
            outputs = process.update(id_, outputs, after)
        assert kinds.solutions_of(emulator) == ({old} if old else set())
        assert not process.diff(id_, outputs, after).changes


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("new", [kinds.FIRST, kinds.SECOND, None])
def test_a_killed_delete_and_another_solution(
    emulator: Emulator, settings: Mapping[str, str], when: str, new: str | None
) -> None:
    """The next program declares the flow again, elsewhere: it is there, and only there."""
    kinds.second_solution(emulator)
    rule = {"method": "DELETE", "path": "workflows", "when": when, "times": 1}
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("moved"), "solution": kinds.FIRST}).inputs
        id_, outputs = process.create(news)
        barrier = emulator.control.barrier(**rule)
        if when == "before_commit":
            emulator.control.fault(**rule, do="reset")
        kill_at(barrier, process, process.delete, id_, outputs)
    with provider_process(settings) as process:
        after = process.check({**kinds.flow("moved"), "solution": new}, news).inputs
        outputs = process.update(id_, outputs, after)
        assert kinds.solutions_of(emulator) == ({new} if new else set())
        assert not process.diff(id_, outputs, after).changes


@pytest.mark.parametrize("wrong", ["delete", "look"])
def test_a_delete_that_failed_half_way(
    emulator: Emulator, settings: Mapping[str, str], wrong: str
) -> None:
    """It is off, refused, and cannot be turned on: the program that goes back turns it on."""
    fault = emulator.control.fault
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("one"), "state": "on"}).inputs
        id_, outputs = process.create(news)
        if wrong == "delete":
            fault(method="DELETE", do="status", status=403)
        else:
            # Somebody changed it between the two requests, and nobody may look at it.
            fault(method="DELETE", do="status", status=412, code="0x80060882")
            fault(method="GET", path="workflows", do="status", status=403)
        fault(method="PATCH", nth=2, do="status", status=403, times=9)
        with pytest.raises(ProviderError, match="The flow is off now"):
            process.delete(id_, outputs)
        emulator.control.clear_faults()
        assert kinds.states(emulator) == ["off"]
        after = process.check({**kinds.flow("one"), "state": "on"}, news).inputs
        assert process.diff(id_, outputs, after).changes
        outputs = process.update(id_, outputs, after)
        assert kinds.states(emulator) == ["on"]
        assert not process.diff(id_, outputs, after).changes


def test_a_refused_delete_names_what_somebody_changed(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """It stays as it is, and the program that goes back sends nothing."""
    with provider_process(settings) as process:
        news = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(news)
        emulator.control.patch("workflows", kinds.FLOW, {"name": "by hand"})
        emulator.control.fault(method="DELETE", nth=2, do="status", status=403)
        with pytest.raises(ProviderError, match="Somebody had changed its name since the last run"):
            process.delete(id_, outputs)
        assert not process.diff(id_, outputs, process.check(kinds.flow("one"), news).inputs).changes
    assert kinds.CASES["CloudFlow"].there(emulator) == ["by hand"]


@pytest.mark.parametrize("lost", [0, 3], ids=["done", "lost"])
def test_a_list_of_shares_that_failed_half_way(
    emulator: Emulator, settings: Mapping[str, str], lost: int
) -> None:
    """
    One share is revoked, another one not, and the first cannot be granted again.

    Also where every response to the first one was lost, and a look showed that it is gone.
    """
    provider = FlowSharesExclusiveProvider
    second = {"principal": {"type": "team", "id": kinds.TEAM}, "access": ["read"]}
    with provider_process(settings) as process:
        process.create(process.check(kinds.flow("shared")).inputs)
    with provider_process(settings, provider=provider) as process:
        both = {**kinds.share_list("one"), "shares": [*kinds.share_list("one")["shares"], second]}
        news = process.check(both).inputs
        id_, outputs = process.create(news)
        revoke = {"path": "RevokeAccess", "do": "status"}
        if lost:
            emulator.control.fault(**revoke, when="after_commit", status=500, times=lost)
        emulator.control.fault(**revoke, nth=max(lost, 1) + 1, status=403, times=9)
        emulator.control.fault(path="GrantAccess", do="status", status=403, times=9)
        with pytest.raises(ProviderError, match="Revoked are the shares of"):
            process.delete(id_, outputs)
        emulator.control.clear_faults()
        assert len(kinds.masks(emulator)) == 1
        after = process.check(both, news).inputs
        assert process.diff(id_, outputs, after).changes
        process.update(id_, outputs, after)
    assert len(kinds.masks(emulator)) == 2


def test_a_create_in_doubt_and_another_solution(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """Its response is lost, and the next program declares another solution: it is only there."""
    kinds.second_solution(emulator)
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("moved"), "solution": kinds.FIRST}).inputs
        emulator.control.fault(path="workflows", when="after_commit", do="reset", times=4)
        id_, outputs = process.create(news)
        emulator.control.clear_faults()
        assert outputs["current_state"] == "unknown"
        after = process.check({**kinds.flow("moved"), "solution": kinds.SECOND}, news).inputs
        outputs = process.update(id_, outputs, after)
        assert kinds.solutions_of(emulator) == {kinds.SECOND}
        assert not process.diff(id_, outputs, after).changes


def test_a_flow_that_is_adopted_and_turned_off_is_told(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """Somebody ran it; what is like the declaration but for that is not overwritten in silence."""
    with provider_process(settings) as process:
        inputs = {**kinds.flow("one"), "on_conflict": "adopt"}
        process.create(process.check({**inputs, "state": "on"}).inputs)
    with provider_process(settings) as process:
        process.create(process.check(inputs).inputs)
        said = [message for _, message, _ in process.log]
    assert any("adopted; its state differed and was changed" in line for line in said)
    assert kinds.states(emulator) == ["off"]


@pytest.mark.parametrize("by_hand", ["on", "off"])
def test_a_state_found_after_a_killed_update_is_told(
    emulator: Emulator, settings: Mapping[str, str], by_hand: str
) -> None:
    """Nothing was written and somebody turned the flow on or off: not turned back in silence."""
    declared = "off" if by_hand == "on" else "on"
    rule = {"method": "PATCH", "path": "workflows", "when": "before_commit", "times": 1}
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("one"), "state": declared}).inputs
        id_, outputs = process.create(news)
        after = process.check({**kinds.flow("one"), "state": declared, "name": "b"}, news).inputs
        barrier = emulator.control.barrier(**rule)
        emulator.control.fault(**rule, do="reset")
        kill_at(barrier, process, process.update, id_, outputs, after)
    state, status = {"on": (1, 2), "off": (0, 1)}[by_hand]
    emulator.control.patch("workflows", id_, {"statecode": state, "statuscode": status})
    with provider_process(settings) as process:
        outputs = process.update(id_, outputs, news)
        said = [message for _, message, _ in process.log]
        assert not process.diff(id_, outputs, news).changes
    (line,) = [line for line in said if f"it was {by_hand}, by the operation" in line]
    assert f"it is {declared} again, as declared" in line
    assert kinds.states(emulator) == [declared]


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize("stays", ["one", "two"])
def test_two_entries_for_one_row(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str], stays: str, saved: bool
) -> None:
    """
    A resource that got another name took the row over, and its run failed before the old one went.

    Whichever the next program declares, the row becomes what that says, at once; the entry that
    wrote last is in no doubt. When the engine died, it is not known whether it saved that entry.
    """
    entries: dict[str, Any] = {}
    for variant in ("one", "two"):
        inputs = _taking_over(case, variant)
        with new_provider_process(settings, provider=case.provider) as process:
            news = process.check(inputs).inputs
            entries[variant] = (news, *process.create(news))
            if saved:
                process.end()
    assert case.there(emulator) == ["two"]
    (news, id_, outputs), goes = entries.pop(stays), next(iter(entries.values()))
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(_taking_over(case, stays), news).inputs
        is_older = stays == "one"
        assert process.diff(id_, outputs, after).changes == is_older
        if is_older:
            outputs = process.update(id_, outputs, after)
        process.delete(*goes[1:])
    assert case.there(emulator) == [stays]
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(_taking_over(case, stays), news).inputs
        assert not [text for name, text in outputs.items() if name.endswith("_error")]
        assert not process.diff(id_, outputs, after).changes
    assert case.there(emulator) == [stays]


def test_a_killed_create_under_a_former_name(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str]
) -> None:
    """
    A resource got another name and got its former one again, in a run that was killed while it
    created it there; then the program goes back. What that create wrote is not forgotten.
    """
    with new_provider_process(settings, provider=case.provider) as process:
        news = process.check(_taking_over(case, "one")).inputs
        id_, outputs = process.create(news)
        process.end()
    method = "PATCH" if case.method == "DELETE" else case.method
    with provider_process(settings, provider=case.provider) as process:
        barrier = emulator.control.barrier(
            method=method, path=case.path, when="after_commit", times=1
        )
        inputs = process.check(_taking_over(case, "two")).inputs
        kill_at(barrier, process, process.create, inputs)
    assert case.there(emulator) == ["two"]
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(_taking_over(case, "one"), news).inputs
        assert process.diff(id_, outputs, after).changes
        outputs = process.update(id_, outputs, after)
        assert not [text for name, text in outputs.items() if name.endswith("_error")]
    assert case.there(emulator) == ["one"]
    before = len(emulator.control.requests())
    with new_provider_process(settings, provider=case.provider) as process:
        assert not process.diff(id_, outputs, after).changes
        process.check(_taking_over(case, "one"), news)
        process.end()
        # The create that was killed is settled, and nobody is told of it.
        assert not [text for _, text, _ in process.log if "was interrupted while" in text]
    assert len(emulator.control.requests()) == before


@pytest.mark.parametrize("call", ["update", "delete"])
def test_a_killed_operation_of_the_other_entry(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str], call: str
) -> None:
    """
    A resource got another name in a run that failed, so there are two entries. The program goes
    back, and its update is killed, or its delete; whichever entry comes next looks at the row.
    """
    entries: dict[str, Any] = {}
    for name in ("former", "renamed"):
        with new_provider_process(settings, provider=case.provider) as process:
            inputs = {**_taking_over(case, "one"), "__identity": f"{IDENTITY}{name}"}
            news = process.check(inputs).inputs
            entries[name] = (news, *process.create(news))
            process.end()
    killed, stays = ("former", "renamed") if call == "update" else ("renamed", "former")
    news, id_, outputs = entries[killed]
    method = "DELETE" if call == "delete" and case.method == "PATCH" else case.method
    with provider_process(settings, provider=case.provider) as process:
        barrier = emulator.control.barrier(
            method=method, path=case.path, when="after_commit", times=1
        )
        if call == "update":
            after = process.check({**_taking_over(case, "two"), **_identity(news)}, news).inputs
            kill_at(barrier, process, process.update, id_, outputs, after)
        else:
            kill_at(barrier, process, process.delete, id_, outputs)
    assert case.there(emulator) == (["two"] if call == "update" else [])
    goes = outputs
    news, id_, outputs = entries[stays]
    with provider_process(settings, provider=case.provider) as process:
        after = process.check({**_taking_over(case, "one"), **_identity(news)}, news).inputs
        assert process.diff(id_, outputs, after).changes
        outputs = process.update(id_, outputs, after)
        process.delete(id_, goes)
    assert case.there(emulator) == ["one"]
    with provider_process(settings, provider=case.provider) as process:
        assert not process.diff(id_, outputs, after).changes


def _identity(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"__identity": inputs["__identity"]}


@pytest.mark.parametrize("saved", [True, False])
def test_two_entries_for_one_flow_and_a_solution(
    emulator: Emulator, settings: Mapping[str, str], saved: bool
) -> None:
    """
    A flow was renamed in the program; a run that failed made it anew under its first name, without
    its solution. The renamed one goes on, and is put into the solution again.
    """

    def flow(name: str, **more: Any) -> dict[str, Any]:
        identity = {"__identity": f"{IDENTITY}{name}", "on_conflict": "adopt"}
        return {**kinds.flow("Flow"), **identity, **more}

    with provider_process(settings) as process:
        news = process.check(flow("first", solution=kinds.FIRST)).inputs
        id_, outputs = process.create(news)
    with new_provider_process(settings) as process:
        again = process.create(process.check(flow("first")).inputs)
        if saved:
            process.end()
    assert kinds.solutions_of(emulator) == set()
    renamed = flow("renamed", solution=kinds.FIRST)
    with provider_process(settings) as process:
        after = process.check(renamed, news).inputs
        assert process.diff(id_, outputs, after).changes
        process.delete(*again)
    with provider_process(settings) as process:
        after = process.check(renamed, news).inputs
        assert process.diff(id_, outputs, after).changes
        outputs = process.update(id_, outputs, after)
        assert not process.diff(id_, outputs, after).changes
    assert kinds.solutions_of(emulator) == {kinds.FIRST}


def _taking_over(case: kinds.Case, variant: str) -> dict[str, Any]:
    """Inputs of a resource whose name is its variant, and that takes over what it finds."""
    identity = {"__identity": f"{IDENTITY}{variant}"}
    conflict: dict[type, str] = {CloudFlowProvider: "adopt", FlowShareProvider: "overwrite",
                FlowSharesExclusiveProvider: "overwrite"}  # fmt: skip
    given = conflict.get(case.provider)
    return {**case.inputs(variant), **identity, **({"on_conflict": given} if given else {})}


def test_a_fresh_machine_knows_nothing(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """There a refresh tells, as the documentation says."""
    id_, news, outputs = _killed(emulator, case, settings, "update")
    fresh = {**settings, "PULUMI_POWERAUTOMATE_JOURNAL": str(tmp_path / "another")}
    with provider_process(fresh, provider=case.provider) as process:
        after = process.check(case.inputs("one"), news).inputs
        assert not process.diff(id_, outputs, after).changes
        _, outputs, _ = process.read(id_, outputs)
        assert process.diff(id_, outputs, after).changes


def test_a_refresh_ends_the_doubt(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str]
) -> None:
    """It looks at the row, and the new version of the state's entry says so."""
    id_, _, outputs = _killed(emulator, case, settings, "update")
    with provider_process(settings, provider=case.provider) as process:
        _, outputs, inputs = process.read(id_, outputs)
        assert inputs is not None
        after = process.check(case.inputs("two"), inputs).inputs
        assert not process.diff(id_, outputs, after).changes


def test_a_preview_ends_no_doubt(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str]
) -> None:
    """It looks at the row as a refresh does, but what it saw is never saved."""
    id_, news, outputs = _killed(emulator, case, settings, "update")
    with new_provider_process(settings, provider=case.provider) as process:
        _, seen, live = process.read(id_, outputs)
        process.diff(id_, seen, process.check(case.inputs("one"), live).inputs)
        process.end()
    with provider_process(settings, provider=case.provider) as process:
        after = process.check(case.inputs("one"), news).inputs
        assert process.diff(id_, outputs, after).changes
        process.update(id_, outputs, after)
    assert case.there(emulator) == ["one"]


def test_a_preview_and_then_a_refresh_of_a_killed_move(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The refresh looks into both solutions, though the preview did so before."""
    kinds.second_solution(emulator)
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("moved"), "solution": kinds.FIRST}).inputs
        id_, outputs = process.create(news)
        after = process.check({**kinds.flow("moved"), "solution": kinds.SECOND}, news).inputs
        barrier = emulator.control.barrier(
            method="POST", path="AddSolutionComponent", when="after_commit", times=1
        )
        kill_at(barrier, process, process.update, id_, outputs, after)
    with new_provider_process(settings) as process:
        process.read(id_, outputs)
        process.end()
    with provider_process(settings) as process:
        _, outputs, live = process.read(id_, outputs)
        after = process.check({**kinds.flow("moved"), "solution": kinds.FIRST}, live or news).inputs
        assert process.diff(id_, outputs, after).changes
        process.update(id_, outputs, after)
    assert kinds.solutions_of(emulator) == {kinds.FIRST}


@pytest.mark.parametrize(
    ("column", "edited"),
    [("name", "by hand"), ("description", "by hand"), ("_ownerid_value", kinds.CAROL)],
)
def test_an_edit_after_the_kill_is_not_lost(
    emulator: Emulator, settings: Mapping[str, str], column: str, edited: str
) -> None:
    """Neither what was there nor what was sent: somebody else's."""
    case = kinds.CASES["CloudFlow"]
    whole = replace(case, inputs=lambda variant: {**case.inputs(variant), **_ALL_COLUMNS})
    id_, news, outputs = _killed(emulator, whole, settings, "update")
    emulator.control.patch("workflows", kinds.FLOW, {column: edited})
    with provider_process(settings) as process:
        after = process.check(whole.inputs("one"), news).inputs
        what = {"_ownerid_value": "owner"}.get(column, column)
        with pytest.raises(ProviderError, match=f"somebody changed its {what}"):
            process.update(id_, outputs, after)
    (row,) = emulator.control.rows("workflows")
    assert row[column] == edited


@pytest.mark.parametrize("who", [{"id": kinds.CAROL}, {"email": "carol@contoso.com"}])
def test_an_owner_of_a_killed_update_is_ours(
    emulator: Emulator, settings: Mapping[str, str], who: Mapping[str, str]
) -> None:
    """It was written by the update that was killed, so going back is no conflict."""
    owners = {"one": {"id": kinds.BOB}, "two": who}
    case = kinds.CASES["CloudFlow"]
    owned = replace(
        case,
        inputs=lambda variant: {
            **case.inputs(variant), "owner": {"type": "user", **owners[variant]}
        },
    )  # fmt: skip
    id_, news, outputs = _killed(emulator, owned, settings, "update")
    (row,) = emulator.control.rows("workflows")
    assert row["_ownerid_value"] == kinds.CAROL
    with provider_process(settings) as process:
        after = process.check(owned.inputs("one"), news).inputs
        outputs = process.update(id_, outputs, after)
        assert not process.diff(id_, outputs, after).changes
    (row,) = emulator.control.rows("workflows")
    assert (row["name"], row["_ownerid_value"]) == ("one", kinds.BOB)


def test_a_refusal_leaves_no_doubt(emulator: Emulator, settings: Mapping[str, str]) -> None:
    """Nothing was changed, so the program that goes back sends nothing."""
    with provider_process(settings) as process:
        news = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(news)
        emulator.control.fault(method="PATCH", do="status", status=403)
        with pytest.raises(ProviderError):
            process.update(id_, outputs, process.check(kinds.flow("two"), news).inputs)
        assert not process.diff(id_, outputs, process.check(kinds.flow("one"), news).inputs).changes


def test_a_killed_create_is_recognized(emulator: Emulator, settings: Mapping[str, str]) -> None:
    """With a chosen id and `on_conflict="fail"`, the row is ours all the same, in any variant."""
    with provider_process(settings) as process:
        barrier = emulator.control.barrier(method="POST", path="workflows$", when="after_commit")
        inputs = process.check(kinds.flow("one")).inputs
        kill_at(barrier, process, process.create, inputs)
    with provider_process(settings) as process:
        process.create(process.check(kinds.flow("two")).inputs)
    assert kinds.CASES["CloudFlow"].there(emulator) == ["two"]


_CREATES = {
    "CloudFlow": ("POST", "workflows$"),
    "FlowShare": ("POST", "GrantAccess"),
    "FlowSharesExclusive": ("POST", "GrantAccess"),
    "EnvironmentVariableValue": ("PATCH", "environmentvariablevalues"),
}


def _killed_create(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str], declared: Mapping[str, Any]
) -> None:
    """Kill the provider after the commit of a create."""
    kind = case.provider.__name__.removesuffix("Provider")
    method, path = _CREATES.get(kind, ("POST", f"{case.path}$"))
    with provider_process(settings, provider=case.provider) as process:
        barrier = emulator.control.barrier(method=method, path=path, when="after_commit", times=1)
        kill_at(barrier, process, process.create, process.check(declared).inputs)


def test_a_killed_create_and_another_program(
    emulator: Emulator, case: kinds.Case, settings: Mapping[str, str]
) -> None:
    """The row that was made is its own, whatever the next program declares of it."""
    identity = {"__identity": f"{IDENTITY}made"}
    _killed_create(emulator, case, settings, {**case.inputs("one"), **identity})
    assert case.there(emulator) == ["one"]
    with provider_process(settings, provider=case.provider) as process:
        after = process.check({**case.inputs("two"), **identity}).inputs
        id_, outputs = process.create(after)
        assert not process.diff(id_, outputs, after).changes
    assert case.there(emulator) == ["two"]


@pytest.mark.parametrize("kind", ["CloudFlow", "ConnectionReference", "FlowShare"])
def test_a_killed_create_and_another_name(
    emulator: Emulator, settings: Mapping[str, str], kind: str
) -> None:
    """The engine knows of no entry, so the renamed resource creates what its stack has made."""
    if kind == "FlowShare":
        with provider_process(emulator.environment) as process:
            process.create(process.check(kinds.flow("shared")).inputs)
    case = kinds.CASES[kind]
    former = {**case.inputs("one"), "__identity": f"{IDENTITY}former"}
    if kind == "ConnectionReference":
        former["connector"] = "shared_teams"
    _killed_create(emulator, case, settings, former)
    renamed = {**case.inputs("two"), "__identity": f"{IDENTITY}renamed"}
    with provider_process(settings, provider=case.provider) as process:
        if kind != "ConnectionReference":
            with pytest.raises(ProviderError, match="already"):
                process.create(process.check({**renamed, "__identity": _OTHER_STACK}).inputs)
            assert case.there(emulator) == ["one"]
    with provider_process(settings, provider=case.provider) as process:
        process.create(process.check(renamed).inputs)
    assert case.there(emulator) == ["two"]


@pytest.mark.parametrize("kind", ["FlowShare", "FlowSharesExclusive"])
def test_a_share_that_was_edited_after_a_killed_create(
    emulator: Emulator, settings: Mapping[str, str], kind: str
) -> None:
    """Somebody gave other rights meanwhile: that is refused, as before the create."""
    with provider_process(emulator.environment) as process:
        process.create(process.check(kinds.flow("shared")).inputs)
    case = kinds.CASES[kind]
    declared = {**case.inputs("one"), "__identity": f"{IDENTITY}made"}
    _killed_create(emulator, case, settings, declared)
    (row,) = emulator.control.rows("principalobjectaccessset")
    by_hand = {"accessrightsmask": 3}
    emulator.control.patch("principalobjectaccessset", row["principalobjectaccessid"], by_hand)
    with provider_process(settings, provider=case.provider) as process:
        after = process.check({**declared, **case.inputs("three")}).inputs
        with pytest.raises(ProviderError, match="on_conflict"):
            process.create(after)
    assert case.there(emulator) == ["two"]


@pytest.mark.parametrize("doubts", [1, 2])
@pytest.mark.parametrize("then", ["update", "delete"])
def test_creates_in_doubt_after_a_killed_one(
    emulator: Emulator, settings: Mapping[str, str], doubts: int, then: str
) -> None:
    """
    The flow is the killed one's: the next ones found it there, and their responses were lost.

    The state goes on telling what each has tried, so that the row is recognized.
    """
    with provider_process(settings) as process:
        barrier = emulator.control.barrier(
            method="POST", path="workflows$", when="after_commit", times=1
        )
        kill_at(barrier, process, process.create, process.check(kinds.flow("one")).inputs)
    for method, path in (("POST", "workflows$"), ("GET", "workflows")):
        emulator.control.fault(
            method=method, path=path, do="status", status=504, when="after_commit", times=100
        )
    with new_provider_process(settings) as process:
        news = process.check(kinds.flow("two")).inputs
        id_, outputs = process.create(news)
        for _ in range(doubts - 1):
            news = process.check(kinds.flow("three"), news).inputs
            outputs = process.update(id_, outputs, news)
        assert outputs["current_state"] == "unknown"
        process.end()
    emulator.control.clear_faults()
    assert kinds.CASES["CloudFlow"].there(emulator) == ["one"]
    with provider_process(settings) as process:
        if then == "delete":
            process.delete(id_, outputs)
            assert kinds.CASES["CloudFlow"].there(emulator) == []
            return
        news = process.check(kinds.flow("four"), news).inputs
        assert process.diff(id_, outputs, news).changes
        outputs = process.update(id_, outputs, news)
        assert not process.diff(id_, outputs, news).changes
    assert kinds.CASES["CloudFlow"].there(emulator) == ["four"]


def test_a_create_in_doubt_and_another_name(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The id derives from the former name, which proves that the flow is this program's."""
    emulator.control.fault(
        path="workflows", do="status", status=504, when="before_commit", times=100
    )
    with new_provider_process(settings) as process:
        declared = {**kinds.flow("one"), "__identity": f"{IDENTITY}former"}
        del declared["workflow_id"], declared["on_conflict"]
        news = process.check(declared).inputs
        id_, outputs = process.create(news)
        assert outputs["current_state"] == "unknown"
        process.end()
    emulator.control.clear_faults()
    row = {"workflowid": id_, "name": "of a run elsewhere", "category": 5, "type": 1,
           "primaryentity": "none", "clientdata": news["definition"]}  # fmt: skip
    emulator.control.insert("workflows", row)
    with provider_process(settings) as process:
        news = process.check({**declared, "__identity": f"{IDENTITY}present"}, news).inputs
        assert news["workflow_id"] == id_
        process.update(id_, outputs, news)
    assert kinds.CASES["CloudFlow"].there(emulator) == ["one"]


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_a_killed_create_for_another_connector(
    emulator: Emulator, settings: Mapping[str, str], when: str
) -> None:
    """The connector of a reference cannot be changed: what the killed create made goes first."""
    provider = ConnectionReferenceProvider
    rule = {"method": "POST", "path": "connectionreferences$", "when": when, "times": 1}
    with provider_process(settings, provider=provider) as process:
        barrier = emulator.control.barrier(**rule)
        if when == "before_commit":
            emulator.control.fault(**rule, do="reset")
        inputs = process.check({**kinds.reference("one"), "connector": "shared_teams"}).inputs
        kill_at(barrier, process, process.create, inputs)
    with provider_process(settings, provider=provider) as process:
        process.create(process.check(kinds.reference("two")).inputs)
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectorid"].endswith("/shared_office365")
    assert row["connectionid"] == "two"


def test_a_connector_of_somebody_elses_reference_stays(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """Nobody of ours made it: it is refused, and left alone."""
    provider = ConnectionReferenceProvider
    with provider_process(settings, provider=provider) as process:
        process.create(
            process.check({**kinds.reference("one"), "connector": "shared_teams"}).inputs
        )
        with pytest.raises(ProviderError, match="exists already, for shared_teams"):
            process.create(process.check(kinds.reference("two")).inputs)
    assert len(emulator.control.rows("connectionreferences")) == 1


@pytest.mark.parametrize(
    "kind",
    ["CloudFlow", "FlowShare", "ConnectionReference", "EnvironmentVariableValue", "Publisher"],
)
def test_a_killed_create_that_nobody_declares_is_told_once(
    emulator: Emulator, settings: Mapping[str, str], kind: str
) -> None:
    """At the end of a run of the same stack that declares something else, and of no other."""
    kinds.define_variable(emulator)
    if kind == "FlowShare":
        with provider_process(emulator.environment) as process:
            process.create(process.check({**kinds.flow("shared")}).inputs)
    case = kinds.CASES[kind]
    declared = {**case.inputs("one"), "__identity": f"{IDENTITY}left"}
    _killed_create(emulator, case, settings, declared)
    assert _told(settings, case.provider, {**declared, "__identity": _OTHER_STACK}) == []
    assert _told(settings, case.provider, declared) == []
    (line,) = _told(settings, case.provider, {**declared, "__identity": f"{IDENTITY}other"})
    assert f"while it created {kind} 'left'" in line
    assert _told(settings, case.provider, {**declared, "__identity": f"{IDENTITY}other"}) == []


def _told(settings: Mapping[str, str], provider: type, inputs: Mapping[str, Any]) -> list[str]:
    """Lines about killed creates at the end of a preview with one resource."""
    process = ProviderProcess(settings, provider=provider)
    try:
        process.check(inputs)
        process.end()
        return [text for _, text, _ in process.log if "was interrupted while" in text]
    finally:
        process.close()


def test_somebody_elses_create_proves_nothing(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """Another resource on this machine has created a flow with the id: `fail` reports it."""
    with provider_process(settings) as process:
        process.create(process.check(kinds.flow("one")).inputs)
    with provider_process(settings) as process:
        other = {**kinds.flow("two"), "__identity": f"{IDENTITY}other"}
        with pytest.raises(ProviderError, match="exists already and differs"):
            process.create(process.check(other).inputs)


def test_nothing_secret_is_written(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """Neither a value nor a name of the declaration; and only its owner may read the file."""
    kinds.define_variable(emulator)
    _killed(emulator, kinds.CASES["EnvironmentVariableValue"], settings, "update")
    _killed(emulator, kinds.CASES["CloudFlow"], settings, "update")
    folder = tmp_path / "journal"
    written = b"".join(file.read_bytes() for file in folder.iterdir())
    assert kinds.FLOW.encode() in written
    for text in (kinds.CANARY, '"two"', "Recurrence"):
        assert text.encode() not in written
    assert {file.stat().st_mode & 0o077 for file in (folder, *folder.iterdir())} == {0}


@pytest.mark.parametrize("obstacle", ["off", "a file", "broken"])
def test_without_a_journal_everything_works(
    emulator: Emulator, tmp_path: Path, obstacle: str
) -> None:
    """It is turned off, cannot be made, or is no database."""
    folder = tmp_path / "journal"
    if obstacle == "a file":
        folder.write_text("in the way", "utf-8")
    elif obstacle == "broken":
        folder.mkdir()
        (folder / "operations.sqlite3").write_text("no database " * 200, "utf-8")
    value = "off" if obstacle == "off" else str(folder)
    settings = {**emulator.environment, "PULUMI_POWERAUTOMATE_JOURNAL": value}
    with provider_process(settings) as process:
        news = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(news)
        after = process.check(kinds.flow("two"), news).inputs
        assert process.diff(id_, outputs, after).changes
        process.delete(id_, process.update(id_, outputs, after))
    assert kinds.CASES["CloudFlow"].there(emulator) == []


def test_the_record_goes_when_the_state_is_saved(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """Another command finds the result in the state; the run itself has not saved it yet."""
    with provider_process(settings) as process:
        inputs = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(inputs)
        process.diff(id_, outputs, inputs)
        assert _records(tmp_path) == 1
    with provider_process(settings) as process:
        assert not process.diff(id_, outputs, inputs).changes
        assert _records(tmp_path) == 0


def _records(folder: Path) -> int:
    with sqlite3.connect(folder / "journal" / "operations.sqlite3") as journal:
        (count,) = journal.execute("select count(*) from records").fetchone()
    return int(count)


def test_a_killed_delete_of_what_was_never_seen(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The state has no version of a flow whose create was in doubt; the delete is in doubt too."""
    away = {"do": "status", "status": 504}
    with provider_process(settings) as process:
        emulator.control.fault(method="POST", path="workflows$", when="after_commit", **away)
        emulator.control.fault(method="GET", path="workflows", **away)
        news = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(news)
        assert "etag" not in outputs
        emulator.control.clear_faults()
        barrier = emulator.control.barrier(method="DELETE", path="workflows", when="after_commit")
        kill_at(barrier, process, process.delete, id_, outputs)
    with provider_process(settings) as process:
        after = process.check(kinds.flow("one"), news).inputs
        assert process.diff(id_, outputs, after).changes
        process.update(id_, outputs, after)
    assert kinds.CASES["CloudFlow"].there(emulator) == ["one"]


@pytest.mark.parametrize("edited", [False, True])
def test_a_state_that_was_not_saved(
    emulator: Emulator, settings: Mapping[str, str], edited: bool
) -> None:
    """The provider ends in the regular way, and the state is the one from before all the same."""
    process = ProviderProcess(settings)
    inputs = process.check(kinds.flow("one")).inputs
    id_, first = process.create(inputs)
    process.update(id_, first, process.check(kinds.flow("two"), inputs).inputs)
    process.end()
    process.close()
    if edited:
        emulator.control.patch("workflows", kinds.FLOW, {"name": "by hand"})
    with provider_process(settings) as later:
        after = later.check(kinds.flow("one"), inputs).inputs
        assert later.diff(id_, first, after).changes
        if edited:
            with pytest.raises(ProviderError, match="somebody changed its name"):
                later.update(id_, first, after)
        else:
            later.update(id_, first, after)
    assert kinds.CASES["CloudFlow"].there(emulator) == ["by hand" if edited else "one"]


def test_a_process_that_runs_is_not_in_doubt(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """Two commands at once from one state: the second finds a conflict, as without a journal."""
    with provider_process(settings) as one, provider_process(settings) as other:
        inputs = one.check(kinds.flow("one")).inputs
        id_, outputs = one.create(inputs)
        one.update(id_, outputs, one.check(kinds.flow("two"), inputs).inputs)
        three = other.check(kinds.flow("three"), inputs).inputs
        with pytest.raises(ProviderError, match="somebody changed its name"):
            other.update(id_, outputs, three)
