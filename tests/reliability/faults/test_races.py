"""Scenarios 35 to 38: two at once, a state that is lost, a service that lags."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject
from tests.harness.operations import Made, check, create, update
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    Start,
    flow_inputs,
)

_ROUNDS = 200


def test_scenario_35_two_stacks_and_one_id(
    start: Start, provider: ProviderProcess, emulator: Emulator
) -> None:
    """One of two creates wins, the other is told of a conflict; never both, never none."""
    with start(emulator.environment) as other:
        for number in range(_ROUNDS):
            flow_id = f"{number:08}-1111-4111-8111-111111111111"
            won: list[str] = []
            lost: list[str] = []

            def create(process: ProviderProcess, name: str, flow_id: str = flow_id,
                       won: list[str] = won, lost: list[str] = lost) -> None:  # fmt: skip
                inputs = flow_inputs(name, hourly(name), state="off", workflow_id=flow_id)
                try:
                    process.create(process.check(inputs).inputs)
                    won.append(name)
                except ProviderError as error:
                    lost.append(str(error))

            threads = [
                threading.Thread(target=create, args=pair)
                for pair in ((provider, "mine"), (other, "yours"))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert (len(won), len(lost)) == (1, 1), (won, lost)
            assert "exists already" in lost[0]
            assert emulator.control.row("workflows", flow_id)["name"] == won[0]
    assert len(emulator.control.rows("workflows")) == _ROUNDS


def test_scenario_36_same_stack_twice_at_once(
    start: Start, provider: ProviderProcess, emulator: Emulator
) -> None:
    """With the lock gone, both runs end with one row, and the version decides who writes last."""
    inputs = flow_inputs("Same", hourly(), state="off")
    with start(emulator.environment) as other:
        both = [check(process, inputs) for process in (provider, other)]
        threads = [
            threading.Thread(target=process.create, args=(news,))
            for process, news in zip((provider, other), both, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (row,) = emulator.control.rows("workflows")
        assert row["workflowid"] == both[0]["workflow_id"]


def test_scenario_36_two_changes_from_one_state(
    start: Start, provider: ProviderProcess, emulator: Emulator
) -> None:
    """One of two updates writes; the other is told, and writes when it has looked."""
    with start(emulator.environment) as other:
        made = create(provider, flow_inputs("Same", hourly(), state="off"))
        for number in range(20):
            done: list[str] = []
            told: dict[str, str] = {}

            def change(process: ProviderProcess, text: str, made: Made = made,
                       done: list[str] = done, told: dict[str, str] = told) -> None:  # fmt: skip
                try:
                    update(process, made, flow_inputs("Same", hourly(text), state="off"))
                    done.append(text)
                except ProviderError as error:
                    told[text] = str(error)

            threads = [
                threading.Thread(target=change, args=(process, f"{who} {number}"))
                for process, who in ((provider, "mine"), (other, "yours"))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            (winner,) = done
            ((loser, problem),) = told.items()
            assert "somebody changed its definition" in problem
            row = emulator.control.row("workflows", made.id)
            assert winner in row["clientdata"]
            id_, outputs, live = other.read(made.id, made.outputs)
            looked = Made(id_, live or made.inputs, outputs)
            made = update(other, looked, flow_inputs("Same", hourly(loser), state="off"))
            assert loser in emulator.control.row("workflows", made.id)["clientdata"]
    assert len(emulator.control.rows("workflows")) == 1


@pytest.mark.parametrize("restored", [False, True], ids=["lost", "of yesterday"])
def test_scenario_37_state_lost_or_old(
    project: EngineProject,
    emulator: Emulator,
    tmp_path: Path,
    restored: bool,
    choose: Callable[[], None],
) -> None:
    """`up` takes all flows over, makes none twice, and needs two requests for each."""

    def program(count: int = 4) -> None:
        choose()
        for number in range(count):
            powerautomate.CloudFlow(f"flow-{number}", definition=hourly(), state="off")

    if restored:
        project.up(lambda: program(2))
    state = tmp_path / "state" / ".pulumi" / "stacks" / "tests" / "dev.json"
    old = state.read_text("utf-8")
    project.up(program)
    state.write_text(old, "utf-8")
    project.sent()
    project.up()
    assert len(emulator.control.rows("workflows")) == 4
    assert len(project.sent()) <= 2 * 4


def test_scenario_38_lag_of_reads(provider: ProviderProcess, emulator: Emulator) -> None:
    """A create whose response is lost and that reads do not show yet is in doubt, and made once."""
    emulator.control.switches(read_lag_seconds=5)
    emulator.control.fault(
        method="POST", path="workflows", when="after_commit", do="reset", times=1
    )
    flow_id, news, outputs = create(provider, flow_inputs("Late", hourly(), state="off"))
    assert outputs["current_state"] == "off"
    assert provider.read(flow_id, outputs)[2] is None
    assert not provider.diff(flow_id, outputs, news).changes
    assert len(emulator.control.rows("workflows")) == 1


def test_scenario_38_refusals_of_a_new_environment(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """
    A flow that a new environment refuses for a while is made once, by the next run.

    The same error means that there is no application user, so it is not waited out but explained.
    """
    emulator.control.switches(fresh_environment_403_seconds=30)
    with pytest.raises(ProviderError, match="application user"):
        create(provider, flow_inputs("Late", hourly(), state="off"))
    emulator.control.advance(31)
    create(provider, flow_inputs("Late", hourly(), state="off"))
    assert len(emulator.control.rows("workflows")) == 1


def test_killed_run_shows_in_the_next(project: EngineProject, emulator: Emulator) -> None:
    """A second program for the same id is told who is there already."""
    chosen = "11111111-1111-4111-8111-111111111111"

    def program(text: str) -> None:
        powerautomate.CloudFlow("flow", definition=hourly(text), workflow_id=chosen, state="off")

    emulator.control.insert(
        "workflows",
        {"workflowid": chosen, "name": "Theirs", "category": 5, "type": 1,
         "primaryentity": "none", "clientdata": "{}"},
    )  # fmt: skip
    with pytest.raises(EngineError, match="exists already and differs"):
        project.up(lambda: program("x"))
