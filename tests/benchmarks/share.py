"""Shares: requests of 500 shares on 100 flows, and the wall against the floor."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.empty import Empty
from tests.benchmarks.figure import Figure, at_most, exactly, seen
from tests.harness.engine_project import EngineProject

_FLOWS = 100
_PEOPLE = 5
_SHARES = _FLOWS * _PEOPLE
_LATENCY = 0.2
_CONCURRENT = 32
_PARALLEL = 64
_PAGE = 5000
_ROOT = str(Path(__file__).resolve().parents[2])


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _requests_of_one()
    yield from _many()


def _requests_of_one() -> Iterator[Figure]:
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        flow_id = _insert_flows(emulator, 1)[0]
        project = EngineProject(Path(folder), emulator)

        def shared(access: powerautomate.Access) -> Callable[[], None]:
            def program() -> None:
                powerautomate.FlowShare(
                    "one", flow_id=flow_id, principal=powerautomate.user(_person(0)), access=access
                )

            return program

        _insert_people(emulator)
        project.preview(shared("read"))
        yield exactly("share.requests_preview", len(project.sent()), 0, "")
        project.up(shared("read"))
        yield at_most("share.requests_create", len(project.sent()), 2, "")
        project.up()
        yield exactly("share.requests_no_op", len(project.sent()), 0, "")
        project.up(shared("write"))
        yield at_most("share.requests_update", len(project.sent()), 1, "")
        project.destroy()
        yield at_most("share.requests_delete", len(project.sent()), 1, "")


def _many() -> Iterator[Figure]:
    with (
        Emulator(latency_ms=_LATENCY * 1000) as emulator,
        tempfile.TemporaryDirectory() as folder,
    ):
        flows = _insert_flows(emulator, _FLOWS)
        _insert_people(emulator)
        project = EngineProject(Path(folder), emulator, parallel=_PARALLEL)

        def program() -> None:
            for number in range(_SHARES):
                powerautomate.FlowShare(
                    f"share-{number}",
                    flow_id=flows[number // _PEOPLE],
                    principal=powerautomate.user(_person(number % _PEOPLE)),
                    access=["read", "write"],
                )

        started = time.perf_counter()
        project.up(program)
        wall = time.perf_counter() - started
        yield at_most("share.requests_up_500", len(project.sent()), 2 * _SHARES, "")
        assert len(emulator.control.rows("principalobjectaccessset")) == _SHARES
        project.up()
        yield exactly("share.requests_no_op_500", len(project.sent()), 0, "")
        project.refresh()
        # The flow and the list of drafts, and pages of shares.
        limit = 2 + math.ceil(_SHARES / _PAGE)
        yield at_most("share.requests_refresh_500", len(project.sent()), limit, "")
        floor = 2 * _LATENCY * math.ceil(_SHARES / _CONCURRENT)
        empty = _empty_up()
        yield seen("share.up_500_at_200ms", wall, "s")
        yield seen("share.up_500_empty_provider", empty, "s")
        yield seen("share.up_500_floor_at_32_lanes", floor, "s")
        yield at_most("share.up_500_over_engine_and_floor", wall / (empty + floor), 1.25, "x")


def _insert_flows(emulator: Emulator, count: int) -> list[str]:
    ids = [f"2{number:07}-1111-4111-8111-111111111111" for number in range(count)]
    for flow_id in ids:
        emulator.control.insert("workflows", {"workflowid": flow_id, "name": "f", "category": 5})
    return ids


def _insert_people(emulator: Emulator) -> None:
    for number in range(_PEOPLE):
        person = {"systemuserid": _person(number), "ownerid": _person(number)}
        emulator.control.insert("systemusers", {**person, "fullname": f"Person {number}"})


def _person(number: int) -> str:
    return f"3{number:07}-1111-4111-8111-111111111111"


def _empty_up() -> float:
    def program() -> None:
        for number in range(_SHARES):
            Empty(
                f"share-{number}",
                {
                    "workflow_id": f"share-{number}",
                    "flow_id": _person(number // _PEOPLE),
                    "principal": {"type": "user", "id": _person(number % _PEOPLE)},
                    "access": ["read", "write"],
                },
            )

    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        environment = {**emulator.environment, "PYTHONPATH": _ROOT}
        project = EngineProject(Path(folder), emulator, environment=environment, parallel=_PARALLEL)
        started = time.perf_counter()
        project.up(program)
        return time.perf_counter() - started
