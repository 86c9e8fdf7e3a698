"""A declaration moves to another resource, and the delete of the first one leaves the row alone."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.connection_reference import ConnectionReferenceProvider
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.environment_variable_value import EnvironmentVariableValueProvider
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from pulumi_powerautomate.solution_component import SolutionComponentProvider
from pulumi_powerautomate.solution_import import SolutionImportProvider
from pulumi_powerautomate.unmanaged_solution import SolutionProvider
from tests.harness import kinds
from tests.harness.imports import inputs as import_inputs
from tests.harness.operations import Made, create, kill_at
from tests.harness.packages import FIRST, SECOND, FlowPart, package
from tests.harness.provider_process import (
    IDENTITY,
    UNKNOWN,
    ProviderError,
    ProviderProcess,
    new_provider_process,
    provider_process,
)


def named(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Inputs of a resource with a name of its own."""
    return {**inputs, "__identity": f"{IDENTITY}{name}"}


_SHARE = (FlowShareProvider, named(kinds.share("one"), "single"))
_SHARES = (FlowSharesExclusiveProvider, named(kinds.share_list("one"), "list"))
_BOUND = {"contoso_url": "one"}


@pytest.mark.parametrize("back", [False, True])
def test_a_share_between_kinds_after_a_failed_run(
    emulator: Emulator, settings: Mapping[str, str], back: bool
) -> None:
    """It was made, and the run ended before the old entry went; the next one leaves it."""
    (old, old_inputs), (new, new_inputs) = (_SHARE, _SHARES) if back else (_SHARES, _SHARE)
    with new_provider_process(settings) as process:
        create(process, kinds.flow("shared"))
        goes = create(process.serving(old), old_inputs)
        process.end()
    with provider_process(settings, provider=new) as process:
        stays = create(process, new_inputs)
    with provider_process(settings, provider=new) as process:
        again = process.check(new_inputs, stays.inputs).inputs
        assert not process.diff(stays.id, stays.outputs, again).changes
        process.serving(old).delete(goes.id, goes.outputs)
    assert kinds.masks(emulator) == ["one"]


def test_a_share_that_was_refused_is_not_taken_over(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """Nobody has it in the state any more, so the list that goes takes it away."""
    new, inputs = FlowShareProvider, named(kinds.share("two"), "single")
    with provider_process(settings) as process:
        create(process, kinds.flow("shared"))
        goes = create(process.serving(_SHARES[0]), _SHARES[1])
    with provider_process(settings, provider=new) as process:
        with pytest.raises(ProviderError, match=r"shared with user .* already"):
            create(process, inputs)
        process.serving(_SHARES[0]).delete(goes.id, goes.outputs)
        assert kinds.masks(emulator) == []
        create(process, inputs)
    assert kinds.masks(emulator) == ["two"]


class Kind(NamedTuple):
    """A resource of a program: its provider and its inputs."""

    provider: type
    inputs: Mapping[str, Any]


class Move(NamedTuple):
    """Two programs that declare the same, by other kinds, and how a test sees that it is there."""

    before: list[Kind]
    after: list[Kind]
    is_there: Callable[[Emulator], bool]


def _in_the_solution(emulator: Emulator) -> bool:
    return kinds.solutions_of(emulator) == {kinds.FIRST}


def _is_row(entity_set: str, column: str, value: str) -> Callable[[Emulator], bool]:
    return lambda emulator: value in [row[column] for row in emulator.control.rows(entity_set)]


def _moves(folder: Path) -> dict[str, Move]:
    plain, inside = (
        Kind(CloudFlowProvider, kinds.flow("member")),
        {**kinds.flow("member"), "solution": kinds.FIRST},
    )
    member = {"solution": kinds.FIRST.upper(), "component_id": kinds.FLOW}
    component = Kind(SolutionComponentProvider, named(member, "member"))
    flow = Kind(CloudFlowProvider, inside)
    path = package(
        folder / "1.zip", FlowPart(), name="FabrikamFlows", variables={"contoso_url": "d"},
        references={"contoso_mail": "shared_office365"},
    )  # fmt: skip

    def imported(**more: Any) -> Kind:
        return Kind(SolutionImportProvider, import_inputs(path, activate_flows="none", **more))

    value = Kind(EnvironmentVariableValueProvider, named(kinds.variable("one"), "value"))
    with_value = imported(environment_variables={"contoso_URL": kinds.variable("one")["value"]})
    reference = Kind(ConnectionReferenceProvider, named(kinds.reference("one"), "reference"))
    with_reference = imported(connection_references={"contoso_MAIL": "one"})
    container = Kind(SolutionProvider, named(kinds.solution("one"), "container"))
    in_package = {**kinds.flow("First"), "workflow_id": FIRST, "on_conflict": "adopt"}
    packaged = Kind(CloudFlowProvider, named(in_package, "packaged"))
    has_value = _is_row("environmentvariablevalues", "value", kinds.variable("one")["value"])
    has_reference = _is_row("connectionreferences", "connectionid", "one")
    has_container = _is_row("solutions", "uniquename", "FabrikamFlows")
    has_flow = _is_row("workflows", "workflowid", FIRST)
    return {
        "membership": Move([plain, component], [flow], _in_the_solution),
        "membership back": Move([flow], [component, plain], _in_the_solution),
        "value": Move([imported(), value], [with_value], has_value),
        "value back": Move([with_value], [imported(), value], has_value),
        "value of no import": Move([with_value], [value], has_value),
        "reference": Move([imported(), reference], [with_reference], has_reference),
        "reference back": Move([with_reference], [imported(), reference], has_reference),
        "solution": Move([container], [imported()], has_container),
        "solution back": Move([imported()], [container], has_container),
        "flow": Move([packaged], [imported()], has_flow),
        "flow back": Move([imported()], [packaged], has_flow),
    }


_MOVES = (
    "flow", "flow back", "membership", "membership back", "reference", "reference back",
    "solution", "solution back", "value", "value back",
)  # fmt: skip


class Stack:
    """The entries of a state, by identity, and programs that are carried out as the engine does."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[type, Made]] = {}

    def up(self, process: ProviderProcess, program: list[Kind], *, ends_early: bool = False) -> int:
        """Run a program, without the deletes when it ends early; returns how much it changed."""
        declared, done = [str(kind.inputs["__identity"]) for kind in program], 0
        for name, kind in zip(declared, program, strict=True):
            done += self._declare(process.serving(kind.provider), name, kind)
        gone = [name for name in reversed(self._entries) if name not in declared]
        for name in () if ends_early else gone:
            provider, made = self._entries.pop(name)
            process.serving(provider).delete(made.id, made.outputs)
            done += 1
        return done

    def up_alone(
        self, settings: Mapping[str, str], program: list[Kind], *, ends_early: bool = False
    ) -> int:
        """The same in a provider process of its own, which ends in the regular way."""
        with new_provider_process(settings) as process:
            done = self.up(process, program, ends_early=ends_early)
            process.end()
        return done

    def entry(self, inputs: Mapping[str, Any]) -> Made:
        """The entry of a resource."""
        return self._entries[str(inputs["__identity"])][1]

    def forget_versions(self) -> None:
        """As `adopt`, `pulumi import` and earlier releases leave entries."""
        for _, made in self._entries.values():
            del made.outputs["__instance"]

    def kill(
        self, emulator: Emulator, settings: Mapping[str, str], old: Kind, new: Kind | None
    ) -> None:
        """Kill the provider at the last request of an upgrade, or of a delete without `new`."""
        path = "StageAndUpgradeAsync" if new else "UninstallSolutionAsync"
        if old.provider is CloudFlowProvider:
            path = "workflows"
        made = self._entries[str(old.inputs["__identity"])][1]
        with new_provider_process(settings, provider=old.provider) as process:
            barrier = emulator.control.barrier(path=path, when="after_commit", times=1)
            if new is None:
                kill_at(barrier, process, process.delete, made.id, made.outputs)
                return
            after = process.check(new.inputs, made.inputs).inputs
            kill_at(barrier, process, process.update, made.id, made.outputs, after)

    def delete(self, settings: Mapping[str, str], kind: Kind) -> None:
        """Delete one resource alone, as `pulumi destroy --target` does."""
        _, made = self._entries.pop(str(kind.inputs["__identity"]))
        with new_provider_process(settings, provider=kind.provider) as process:
            process.delete(made.id, made.outputs)
            process.end()

    def _declare(self, process: ProviderProcess, name: str, kind: Kind) -> int:
        known = self._entries.get(name)
        checked = process.check(kind.inputs, known[1].inputs if known else None)
        assert checked.failures == []
        if known is None:
            made = Made("", {}, {})
            id_, outputs = process.create(checked.inputs)
        else:
            made, id_ = known[1], known[1].id
            if not process.diff(id_, made.outputs, checked.inputs).changes:
                return 0
            outputs = process.update(id_, made.outputs, checked.inputs)
        assert not [text for key, text in outputs.items() if key.endswith("_error")]
        self._entries[name] = (kind.provider, Made(id_, checked.inputs, outputs))
        return 1


@pytest.mark.parametrize("ends_early", [False, True])
@pytest.mark.parametrize("name", _MOVES)
def test_a_declaration_that_moves_to_another_kind(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path, name: str, ends_early: bool
) -> None:
    """It is there when the resource that declared it before is gone, and stays until both are."""
    emulator.control.switches(import_seconds=0)
    move, stack = _moves(tmp_path)[name], Stack()
    kinds.define_variable(emulator)
    stack.up_alone(settings, move.before)
    assert move.is_there(emulator)
    if ends_early:
        stack.up_alone(settings, move.after, ends_early=True)
    stack.up_alone(settings, move.after)
    assert move.is_there(emulator)
    assert stack.up_alone(settings, move.after) == 0
    assert move.is_there(emulator)


class HalfMove(NamedTuple):
    """A row that the old resource declares with one value, and the new one with another."""

    old: Kind
    new: Kind
    there: Callable[[Emulator], object]


def _half_moves(folder: Path) -> dict[str, HalfMove]:
    path = package(folder / "1.zip", FlowPart(), variables={"contoso_url": "default"})
    imported = import_inputs(path, activate_flows="none")
    importing = Kind(SolutionImportProvider, {**imported, "environment_variables": _BOUND})
    value = Kind(EnvironmentVariableValueProvider, named(kinds.variable("two"), "value"))
    share = Kind(
        FlowShareProvider, {**named(kinds.share("two"), "single"), "on_conflict": "overwrite"}
    )
    listed = Kind(*_SHARES)
    single = Kind(*_SHARE)
    others = {**named(kinds.share_list("two"), "list"), "on_conflict": "overwrite"}

    def values(emulator: Emulator) -> list[str]:
        return [row["value"] for row in emulator.control.rows("environmentvariablevalues")]

    return {
        "share": HalfMove(listed, share, kinds.masks),
        "share back": HalfMove(single, Kind(FlowSharesExclusiveProvider, others), kinds.masks),
        "value": HalfMove(importing, value, values),
    }


@pytest.mark.parametrize(
    ("name", "how"),
    [(name, how) for name in ("share", "share back", "value") for how in ("half-way", "killed")]
    + [("share", "not saved"), ("share back", "not saved")],
)
@pytest.mark.parametrize("version", [True, False], ids=["", "adopted"])
def test_a_move_that_is_reverted(
    emulator: Emulator,
    settings: Mapping[str, str],
    tmp_path: Path,
    name: str,
    how: str,
    version: bool,
) -> None:
    """
    The new resource was made with another value; the old one's is there after two runs at most.

    Its run ended before the old resource went; or the provider was killed after the commit, or
    the state could not be saved, so that it does not have the new resource at all. An entry that
    was adopted has no version.
    """
    emulator.control.switches(import_seconds=0)
    (old, new, there), stack = _half_moves(tmp_path)[name], Stack()
    with new_provider_process(settings) as process:
        create(process, kinds.flow("shared"))
        process.end()
    stack.up_alone(settings, [old])
    if not version:
        stack.forget_versions()
    before = there(emulator)
    if how == "killed":
        path = "environmentvariablevalues" if name == "value" else "ModifyAccess"
        with new_provider_process(settings, provider=new.provider) as process:
            rule = {"path": path, "method": "PATCH" if name == "value" else "POST", "times": 1}
            barrier = emulator.control.barrier(**rule, when="after_commit")
            kill_at(barrier, process, process.create, process.check(new.inputs).inputs)
    else:
        lost = stack if how == "half-way" else copy.deepcopy(stack)
        lost.up_alone(settings, [new], ends_early=True)
    assert there(emulator) != before
    done = [stack.up_alone(settings, [old]) for _ in range(2)]
    assert there(emulator) == before
    assert done[1] == 0 or how == "half-way"
    assert stack.up_alone(settings, [old]) == 0


def test_a_preview_of_an_import_after_a_killed_move(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """All values that it sets are unknown: it is told to change, and nothing is asked."""
    emulator.control.switches(import_seconds=0)
    stack, path = Stack(), package(tmp_path / "1.zip", FlowPart(), variables={"contoso_url": "x"})
    imported = import_inputs(path, activate_flows="none", environment_variables=_BOUND)
    stack.up_alone(settings, [Kind(SolutionImportProvider, imported)])
    made = stack.entry(imported)
    flow = {**kinds.flow("changed"), "workflow_id": FIRST, "on_conflict": "adopt"}
    with new_provider_process(settings) as process:
        barrier = emulator.control.barrier(
            path="workflows", method="PATCH", times=1, when="after_commit"
        )
        kill_at(barrier, process, process.create, process.check(named(flow, "own")).inputs)
    unknown = {**imported, "environment_variables": UNKNOWN}
    _previewed(emulator, settings, SolutionImportProvider, made, unknown)


@pytest.mark.parametrize("owner", [UNKNOWN, {"type": "user", "email": UNKNOWN}])
def test_a_preview_of_a_flow_after_a_killed_removal(
    emulator: Emulator, settings: Mapping[str, str], owner: Any
) -> None:
    """Another resource may have taken it out of its solution, and its owner is not known yet."""
    inside = {**kinds.flow("one"), "solution": kinds.FIRST}
    made, component = _flow_and_member(settings, inside)
    with provider_process(settings, provider=SolutionComponentProvider) as process:
        barrier = emulator.control.barrier(
            path="RemoveSolutionComponent", method="POST", times=1, when="after_commit"
        )
        kill_at(barrier, process, process.delete, component.id, component.outputs)
    _previewed(emulator, settings, CloudFlowProvider, made, {**inside, "owner": owner})


def _previewed(
    emulator: Emulator, settings: Mapping[str, str], provider: type, made: Made, news: Any
) -> None:
    before = len(emulator.control.requests())
    with provider_process(settings, provider=provider) as process:
        checked = process.check(news, made.inputs)
        assert checked.failures == []
        assert process.diff(made.id, made.outputs, checked.inputs).changes
    assert len(emulator.control.requests()) == before


def test_a_flow_that_a_package_wrote_last(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """The program goes back to its own before it goes: as it declares, with a warning."""
    emulator.control.switches(import_seconds=0)
    mine = {**kinds.flow("mine"), "workflow_id": FIRST, "on_conflict": "adopt"}
    flow = Kind(CloudFlowProvider, named(mine, "mine"))
    path = package(tmp_path / "1.zip", FlowPart(name="theirs"), name="FabrikamFlows")
    imported = Kind(SolutionImportProvider, import_inputs(path, activate_flows="none"))
    stack = Stack()
    stack.up_alone(settings, [flow])
    stack.up_alone(settings, [imported], ends_early=True)
    assert kinds.CASES["CloudFlow"].there(emulator) == ["theirs"]
    stack.up_alone(settings, [flow])
    with new_provider_process(settings) as process:
        assert stack.up(process, [flow]) == 1
        said = [line for _, line, _ in process.log]
        process.end()
    assert any("its name" in line and "somebody" in line for line in said), said
    assert kinds.CASES["CloudFlow"].there(emulator) == ["mine"]
    assert stack.up_alone(settings, [flow]) == 0


@pytest.mark.parametrize("provider", [CloudFlowProvider, FlowShareProvider])
def test_a_killed_update_and_another_name(
    emulator: Emulator, settings: Mapping[str, str], provider: type
) -> None:
    """Its content is no conflict with the resource that takes the row over, without an alias."""
    kind = provider.__name__.removesuffix("Provider")
    case, stack = kinds.CASES[kind], Stack()
    with new_provider_process(settings) as process:
        if kind != "CloudFlow":
            create(process, kinds.flow("shared"))
        process.end()
    stack.up_alone(settings, [Kind(provider, named(case.inputs("one"), "old"))])
    made = stack.entry(named({}, "old"))
    with new_provider_process(settings, provider=provider) as process:
        after = process.check(named(case.inputs("two"), "old"), made.inputs).inputs
        barrier = emulator.control.barrier(
            path=case.path, method=case.method, times=1, when="after_commit"
        )
        kill_at(barrier, process, process.update, made.id, made.outputs, after)
    assert case.there(emulator) == ["two"]
    renamed = Kind(provider, named(case.inputs("one"), "new"))
    for _ in range(2):
        stack.up_alone(settings, [renamed])
    assert case.there(emulator) == ["one"]
    assert stack.up_alone(settings, [renamed]) == 0


def test_a_killed_update_of_another_stack(emulator: Emulator, settings: Mapping[str, str]) -> None:
    """Its content is a conflict, as that of any other row that differs."""
    old = named(kinds.flow("one"), "old")
    with provider_process(settings) as process:
        made = create(process, old)
    with provider_process(settings) as process:
        after = process.check({**old, "name": "two"}, made.inputs).inputs
        barrier = emulator.control.barrier(method="PATCH", times=1, when="after_commit")
        kill_at(barrier, process, process.update, made.id, made.outputs, after)
    theirs = {**kinds.flow("one"), "__identity": IDENTITY.replace("::demo::", "::other::") + "new"}
    conflict = pytest.raises(ProviderError, match="exists already and differs")
    with provider_process(settings) as process, conflict:
        create(process, theirs)
    assert kinds.CASES["CloudFlow"].there(emulator) == ["two"]


@pytest.mark.parametrize("how", ["half-way", "half-way in two", "not saved", "killed"])
def test_a_share_that_a_list_revoked_and_the_program_goes_back(
    emulator: Emulator, settings: Mapping[str, str], how: str
) -> None:
    """
    The list has not named it, so the share's own resource makes it again, after two runs at most.

    In two: a first run has the share in the list, and a second one takes it out.
    """
    both, stack = [_shared_with("a", kinds.ALICE), _shared_with("b", kinds.BOB)], Stack()
    listed = _shared_with("list", kinds.ALICE, kinds.BOB)
    shorter = {"shares": listed.inputs["shares"][:1], "on_conflict": "overwrite"}
    one = Kind(listed.provider, {**listed.inputs, **shorter})
    with new_provider_process(settings) as process:
        create(process, kinds.flow("shared"))
        process.end()
    stack.up_alone(settings, both)
    if how == "killed":
        with new_provider_process(settings, provider=one.provider) as process:
            rule = {"path": "RevokeAccess", "method": "POST", "times": 1}
            barrier = emulator.control.barrier(**rule, when="after_commit")
            kill_at(barrier, process, process.create, process.check(one.inputs).inputs)
    else:
        lost = copy.deepcopy(stack) if how == "not saved" else stack
        for program in ([listed], [one]) if how == "half-way in two" else ([one],):
            lost.up_alone(settings, program, ends_early=True)
    assert kinds.masks(emulator) == ["one"]
    for _ in range(2):
        stack.up_alone(settings, both)
    assert kinds.masks(emulator) == ["one", "one"]
    assert stack.up_alone(settings, both) == 0


@pytest.mark.parametrize("how", ["one run", "half-way", "reverted"])
def test_a_membership_that_one_of_two_gives_up(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path, how: str
) -> None:
    """
    The flow leaves the solution and the component, which the run gets to later, adds it again.

    The run ended before it got there; or the program moved the membership to the flow and goes back
    before the component was deleted.
    """
    move, stack = _moves(tmp_path)["membership"], Stack()
    (plain, component), (inside,) = move.before, move.after
    stack.up_alone(settings, [plain, component] if how == "reverted" else [inside, component])
    if how != "one run":
        program = [inside] if how == "reverted" else [plain]
        stack.up_alone(settings, program, ends_early=True)
    changed = 1 if how == "half-way" else 2
    assert stack.up_alone(settings, move.before) == changed
    assert move.is_there(emulator)
    assert stack.up_alone(settings, move.before) == 0


def test_a_flow_that_leaves_while_it_is_added(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The two requests cross: whichever comes first, the flow is in the solution."""
    member = named({"solution": kinds.FIRST, "component_id": kinds.FLOW}, "member")
    with provider_process(settings) as process:
        flow = create(process, {**kinds.flow("member"), "solution": kinds.FIRST})
    with provider_process(settings) as process, ThreadPoolExecutor(1) as pool:
        barrier = emulator.control.barrier(
            method="POST", path="RemoveSolutionComponent", when="before_commit", times=1
        )
        after = process.check(kinds.flow("member"), flow.inputs).inputs
        leaving = pool.submit(process.update, flow.id, flow.outputs, after)
        assert barrier.is_reached(20)
        create(process.serving(SolutionComponentProvider), member)
        barrier.release()
        assert "activation_error" not in leaving.result()
    assert kinds.solutions_of(emulator) == {kinds.FIRST}


def _shared_with(name: str, *principals: str, rights: str = "one") -> Kind:
    """A list for several principals; for a single one it is that share by itself."""
    share = kinds.share(rights)
    listed = [{**share, "principal": {"type": "user", "id": who}} for who in principals]
    if len(principals) == 1:
        return Kind(FlowShareProvider, named(listed[0], name))
    shares = [{key: item[key] for key in ("principal", "access")} for item in listed]
    return Kind(FlowSharesExclusiveProvider, named({"flow_id": kinds.FLOW, "shares": shares}, name))


def _revoking(
    emulator: Emulator,
    settings: Mapping[str, str],
    goes: Kind,
    meanwhile: Callable[[ProviderProcess, Callable[[], None]], None],
) -> None:
    """Do something while the first revocation of a resource that goes is under way."""
    with new_provider_process(settings) as process:
        create(process, kinds.flow("shared"))
        old = create(process.serving(goes.provider), dict(goes.inputs))
        process.end()
    with new_provider_process(settings, provider=goes.provider) as process:
        barrier = emulator.control.barrier(
            method="POST", path="RevokeAccess", when="before_commit", times=1
        )
        with ThreadPoolExecutor(1) as pool:
            going = pool.submit(process.delete, old.id, old.outputs)
            assert barrier.is_reached(20)
            meanwhile(process.serving(FlowShareProvider), barrier.release)
            going.result()


@pytest.mark.parametrize("principals", [[kinds.BOB], [kinds.BOB, kinds.CAROL]])
def test_a_share_that_is_taken_over_while_it_is_revoked(
    emulator: Emulator, settings: Mapping[str, str], principals: list[str]
) -> None:
    """Resources that are numbered: the next one finds the share there, and it is made again."""

    def take_over(process: ProviderProcess, release: Callable[[], None]) -> None:
        create(process, dict(_shared_with("share-0", kinds.BOB).inputs))
        release()

    _revoking(emulator, settings, _shared_with("share-1", *principals), take_over)
    assert kinds.masks(emulator) == ["one"]


def test_a_share_that_is_taken_over_while_others_are_revoked(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """It is the next one of the list that goes, which leaves it."""

    def take_over(process: ProviderProcess, release: Callable[[], None]) -> None:
        create(process, dict(_shared_with("share-0", kinds.CAROL).inputs))
        emulator.control.clear_journal()
        release()

    goes = _shared_with("list", kinds.BOB, kinds.CAROL)
    _revoking(emulator, settings, goes, take_over)
    assert kinds.masks(emulator) == ["one"]
    sent = [request["path"] for request in emulator.control.requests()]
    assert not [path for path in sent if "Access" in path]


def test_a_share_whose_taking_over_fails_is_not_made_again(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """It would be in no state: the revocation waits for the create, and sees that it failed."""

    def fail_to_take_over(process: ProviderProcess, release: Callable[[], None]) -> None:
        taken = _shared_with("share-0", kinds.BOB, rights="two").inputs
        inputs = process.check({**taken, "on_conflict": "overwrite"}).inputs
        rule = {"method": "POST", "path": "ModifyAccess", "when": "before_commit", "times": 1}
        barrier = emulator.control.barrier(**rule)
        emulator.control.fault(**rule, do="status", status=403)
        with ThreadPoolExecutor(1) as pool:
            taking = pool.submit(process.create, inputs)
            assert barrier.is_reached(20)
            release()
            _wait_until(lambda: kinds.masks(emulator) == [])
            barrier.release()
            with pytest.raises(ProviderError, match="403"):
                taking.result()

    _revoking(emulator, settings, _shared_with("share-1", kinds.BOB), fail_to_take_over)
    assert kinds.masks(emulator) == []


@pytest.mark.parametrize("rights", ["one", "two"])
def test_a_share_that_is_revoked_after_the_look_of_a_create(
    emulator: Emulator, settings: Mapping[str, str], rights: str
) -> None:
    """Nothing was to do, so the revocation waits and gives it; or there is nothing to replace."""
    emulator.control.switches(modify_without_share="refuse")

    def take_over(process: ProviderProcess, release: Callable[[], None]) -> None:
        taken = _shared_with("share-0", kinds.BOB, rights=rights).inputs
        inputs = process.check({**taken, "on_conflict": "overwrite"}).inputs
        barrier = emulator.control.barrier(path=r"\$batch", when="after_commit", times=1)
        with ThreadPoolExecutor(1) as pool:
            taking = pool.submit(process.create, inputs)
            assert barrier.is_reached(20)
            release()
            _wait_until(lambda: kinds.masks(emulator) == [])
            barrier.release()
            assert "share_error" not in taking.result()[1]

    _revoking(emulator, settings, _shared_with("share-1", kinds.BOB), take_over)
    assert kinds.masks(emulator) == [rights]


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def _flow_and_member(settings: Mapping[str, str], flow: Mapping[str, Any]) -> tuple[Made, Made]:
    """A flow and the component that has it in the first solution."""
    member = named({"solution": kinds.FIRST, "component_id": kinds.FLOW}, "member")
    with provider_process(settings) as process:
        made = create(process, dict(flow))
        return made, create(process.serving(SolutionComponentProvider), member)


def test_a_component_that_is_added_again_while_it_is_removed(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The flow is in the solution by itself by then, so it is added again."""
    flow, gone = _flow_and_member(settings, kinds.flow("member"))
    with provider_process(settings) as process, ThreadPoolExecutor(1) as pool:
        barrier = emulator.control.barrier(
            method="POST", path="RemoveSolutionComponent", when="before_commit", times=1
        )
        serving = process.serving(SolutionComponentProvider)
        going = pool.submit(serving.delete, gone.id, gone.outputs)
        assert barrier.is_reached(20)
        after = {**kinds.flow("member"), "solution": kinds.FIRST}
        process.update(flow.id, flow.outputs, process.check(after, flow.inputs).inputs)
        barrier.release()
        going.result()
    assert kinds.solutions_of(emulator) == {kinds.FIRST}


def test_a_reference_is_replaced_that_an_import_declares_too(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """Its own delete goes on, or its connector could never change."""
    emulator.control.switches(import_seconds=0)
    provider = ConnectionReferenceProvider
    path = package(tmp_path / "1.zip", references={"contoso_mail": "shared_office365"})
    both = import_inputs(path, connection_references={"contoso_mail": "one"})
    with provider_process(settings, provider=provider) as process:
        package_ = create(process.serving(SolutionImportProvider), both)
        made = create(process, named(kinds.reference("one"), "reference"))
    with provider_process(settings, provider=provider) as process:
        process.serving(SolutionImportProvider).diff(package_.id, package_.outputs, both)
        other = {**made.inputs, "connector": "shared_teams"}
        assert process.diff(made.id, made.outputs, other).old_first
        process.delete(made.id, made.outputs)
        assert emulator.control.rows("connectionreferences") == []


def test_a_refused_create_takes_no_solution_over(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """Nobody else has it in the state, so the import that goes uninstalls it."""
    emulator.control.switches(import_seconds=0)
    path = package(tmp_path / "1.zip", FlowPart(), name="FabrikamFlows", managed=True)
    with provider_process(settings) as process:
        gone = create(process.serving(SolutionImportProvider), import_inputs(path))
    with provider_process(settings) as process:
        with pytest.raises(ProviderError, match="is managed in this environment"):
            create(process.serving(SolutionProvider), named(kinds.solution("one"), "container"))
        process.serving(SolutionImportProvider).delete(gone.id, gone.outputs)
    assert emulator.control.rows("workflows") == []


def test_a_refused_update_takes_no_membership_over(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The flow's state says that it is in no solution, so the component that goes takes it out."""
    flow, gone = _flow_and_member(settings, kinds.flow("one"))
    with provider_process(settings) as process:
        after = process.check({**kinds.flow("two"), "solution": kinds.FIRST}, flow.inputs).inputs
        process.diff(flow.id, flow.outputs, after)
        emulator.control.fault(method="PATCH", path="workflows", do="status", status=403)
        with pytest.raises(ProviderError, match="403"):
            process.update(flow.id, flow.outputs, after)
        process.serving(SolutionComponentProvider).delete(gone.id, gone.outputs)
    assert kinds.solutions_of(emulator) == set()


@pytest.mark.parametrize("back_to", ["import, value", "value, import", "value"])
def test_a_value_that_an_import_wrote_last(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path, back_to: str
) -> None:
    """Its run ended before the value's own resource went, and the program goes back to that."""
    emulator.control.switches(import_seconds=0)
    move, stack = _moves(tmp_path)["value"], Stack()
    before = dict(zip(("import", "value"), move.before, strict=True))
    other = {**before["import"].inputs, "environment_variables": {"contoso_url": "other"}}
    program = [before[name] for name in back_to.split(", ")]
    with new_provider_process(settings) as process:
        stack.up(process, move.before)
        process.end()
    with new_provider_process(settings) as process:
        stack.up(process, [Kind(SolutionImportProvider, other)], ends_early=True)
        process.end()
    assert not move.is_there(emulator)
    for _ in range(2):
        with new_provider_process(settings) as process:
            stack.up(process, program)
            process.end()
    assert move.is_there(emulator)
    with provider_process(settings) as process:
        assert stack.up(process, program) == 0


def test_a_flow_that_goes_with_its_package(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """The program declares it by itself now: the next run makes it, and a line says so."""
    emulator.control.switches(import_seconds=0)
    path = package(tmp_path / "2.zip", FlowPart(), name="FabrikamFlows", managed=True)
    managed = Kind(SolutionImportProvider, import_inputs(path, activate_flows="none"))
    move, stack = _moves(tmp_path)["flow"], Stack()
    with new_provider_process(settings) as process:
        stack.up(process, [managed])
        process.end()
    with new_provider_process(settings) as process:
        stack.up(process, move.before)
        assert any("Run `pulumi up` once more" in line for _, line, _ in process.log)
        process.end()
    assert not move.is_there(emulator)
    with provider_process(settings) as process:
        assert stack.up(process, move.before) == 1
    assert move.is_there(emulator)
    with provider_process(settings) as process:
        assert stack.up(process, move.before) == 0


@pytest.mark.parametrize("variant", ["one", "three"])
@pytest.mark.parametrize("kind", sorted(kinds.CASES))
def test_a_row_that_another_entry_wrote_last(
    emulator: Emulator, settings: Mapping[str, str], kind: str, variant: str
) -> None:
    """
    A resource under another name took the row over, and the run ended before the old entry went.

    The program goes back to the old name, or on with it: that is no conflict with anybody.
    """
    case, stack = kinds.CASES[kind], Stack()
    kinds.define_variable(emulator)
    if "Share" in kind:
        with new_provider_process(settings) as process:
            create(process, kinds.flow("shared"))
            process.end()
    takes_over = {"CloudFlow": {"on_conflict": "adopt"}}.get(
        kind, {"on_conflict": "overwrite"} if "Share" in kind else {}
    )

    def called(name: str, variant: str) -> Kind:
        return Kind(case.provider, named({**case.inputs(variant), **takes_over}, name))

    stack.up_alone(settings, [called("old", "one")])
    stack.up_alone(settings, [called("new", "two")], ends_early=True)
    assert case.there(emulator) == ["two"]
    for _ in range(2):
        stack.up_alone(settings, [called("old", variant)])
    assert case.there(emulator) == [variant]
    assert stack.up_alone(settings, [called("old", variant)]) == 0


class Upgrade(NamedTuple):
    """A package, its next version, which lacks something, and a resource that declares that."""

    first: Kind
    second: Kind
    single: Kind
    is_there: Callable[[Emulator], bool]


def _upgrade(folder: Path, what: str, **more: Any) -> Upgrade:
    flows = (FlowPart(), FlowPart(SECOND, "Second"))
    mail = {"contoso_mail": "shared_office365"}
    later = flows[1:] if what == "flow" else flows
    lacks = {} if what == "reference" else mail
    paths = (
        _managed(folder / "first.zip", *flows, references=mail),
        _managed(folder / "second.zip", *later, references=lacks, version="2.0"),
    )
    first, second = (import_inputs(path, activate_flows="none") for path in paths)
    first["connection_references"] = {"contoso_mail": "one"}
    if lacks:
        second["connection_references"] = {"contoso_mail": "one"}
    move = _moves(folder)[what]
    return Upgrade(
        Kind(SolutionImportProvider, first),
        Kind(SolutionImportProvider, {**second, **more}),
        move.before[-1],
        move.is_there,
    )


def _managed(path: Path, *flows: FlowPart, **more: Any) -> Path:
    return package(path, *flows, name="FabrikamFlows", managed=True, **more)


@pytest.mark.parametrize("how", ["single first", "package first", "half-way"])
@pytest.mark.parametrize("what", ["flow", "reference"])
def test_what_the_upgrade_of_a_package_removes(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path, what: str, how: str
) -> None:
    """It is declared by itself as well, and made again: in that run, or told and in the next."""
    emulator.control.switches(import_seconds=0)
    first, second, single, is_there = _upgrade(tmp_path, what)
    stack = Stack()
    stack.up_alone(settings, [first, single])
    with new_provider_process(settings) as process:
        if how == "half-way":
            stack.up(process, [second], ends_early=True)
        else:
            stack.up(process, [second, single] if how == "package first" else [single, second])
        told = any("it removed the" in line for _, line, _ in process.log)
        process.end()
    assert told is (how == "single first")
    assert is_there(emulator) is (how == "package first")
    assert stack.up_alone(settings, [single, second]) == (how != "package first")
    assert is_there(emulator)
    assert stack.up_alone(settings, [single, second]) == 0


def test_what_a_later_upgrade_of_a_package_removes(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """The version that lacks a flow leaves it where it is, and the state goes on knowing of it."""
    emulator.control.switches(import_seconds=0)
    first, second, single, is_there = _upgrade(tmp_path, "flow", mode="update")
    third = _managed(tmp_path / "third.zip", FlowPart(SECOND, "Second"), version="3.0")
    last = Kind(second.provider, import_inputs(third, activate_flows="none"))
    stack = Stack()
    stack.up_alone(settings, [first, single])
    assert stack.up_alone(settings, [single, second]) == 1
    assert is_there(emulator)
    assert stack.up_alone(settings, [single, second]) == 0
    stack.up_alone(settings, [single, last])
    assert not is_there(emulator)
    assert stack.up_alone(settings, [single, last]) == 1
    assert is_there(emulator)
    assert stack.up_alone(settings, [single, last]) == 0


@pytest.mark.parametrize("call", ["update", "delete"])
def test_what_a_killed_operation_on_a_package_removes(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path, call: str
) -> None:
    """The state tells nothing of it; the flow is looked for, and made again."""
    emulator.control.switches(import_seconds=0)
    first, second, single, is_there = _upgrade(tmp_path, "flow")
    stack = Stack()
    stack.up_alone(settings, [first, single])
    stays = [second] if call == "update" else []
    stack.kill(emulator, settings, first, second if call == "update" else None)
    for _ in range(2):
        stack.up_alone(settings, [single, *stays])
    assert is_there(emulator)
    assert stack.up_alone(settings, [single, *stays]) == 0


def _hanging(by: str, flow_id: str) -> Kind:
    """A share of a flow, in a list or by itself, or the flow's place in a solution."""
    if by == "membership":
        member = named({"solution": kinds.FIRST, "component_id": flow_id}, "member")
        return Kind(SolutionComponentProvider, member)
    provider, inputs = _SHARE if by == "single" else _SHARES
    return Kind(provider, {**inputs, "flow_id": flow_id})


@pytest.mark.parametrize("by", ["single", "list"])
@pytest.mark.parametrize("how", ["told", "killed", "targeted"])
def test_what_hangs_on_a_flow_that_goes_with_its_package(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path, by: str, how: str
) -> None:
    """
    The program declares the flow by itself now, and a share of it as before.

    The run that uninstalled the package was killed, or was told to leave everything else out.
    """
    emulator.control.switches(import_seconds=0)
    path = _managed(tmp_path / "2.zip", FlowPart())
    managed = Kind(SolutionImportProvider, import_inputs(path, activate_flows="none"))
    move, hangs, stack = _moves(tmp_path)["flow"], _hanging(by, FIRST), Stack()
    after = [*move.before, hangs]
    stack.up_alone(settings, [managed, hangs])
    if how == "told":
        stack.up_alone(settings, after)
    else:
        stack.up_alone(settings, [managed, *after])
        if how == "targeted":
            stack.delete(settings, managed)
        else:
            stack.kill(emulator, settings, managed, None)
    assert how == "killed" or kinds.masks(emulator) == []
    for _ in range(1 if how == "told" else 2):
        stack.up_alone(settings, after)
    assert move.is_there(emulator)
    assert kinds.masks(emulator) == ["one"]
    assert stack.up_alone(settings, after) == 0


@pytest.mark.parametrize("by", ["single", "list", "membership"])
@pytest.mark.parametrize("killed", [False, True])
def test_what_hangs_on_a_flow_that_is_deleted_alone(
    emulator: Emulator, settings: Mapping[str, str], by: str, killed: bool
) -> None:
    """
    The run was told to leave the rest out; the next one makes the flow and what hangs on it.

    It was killed, and the one after it made the flow and did not get any further.
    """
    program, stack = [Kind(CloudFlowProvider, kinds.flow("one")), _hanging(by, kinds.FLOW)], Stack()

    def is_there() -> bool:
        return bool(kinds.solutions_of(emulator) or kinds.masks(emulator))

    stack.up_alone(settings, program)
    assert is_there()
    if killed:
        stack.kill(emulator, settings, program[0], None)
        stack.up_alone(settings, program[:1], ends_early=True)
    else:
        stack.delete(settings, program[0])
    assert not is_there()
    assert stack.up_alone(settings, program) == (1 if killed else 2)
    assert is_there()
    assert stack.up_alone(settings, program) == 0
