"""Operations on flows of which nobody knows the outcome, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.operations import kill_at
from tests.harness.provider_process import (
    ProviderProcess,
    new_provider_process,
    provider_process,
)
from tests.provider.test_journal import CASES, _flow, settings

_ = settings
_there = CASES["CloudFlow"].there


def _kill(
    emulator: Emulator, process: ProviderProcess, path: str, call: str, *arguments: Any
) -> None:
    """Kill the provider at a request of a call; the request is never carried out."""
    rule = {"path": path, "when": "before_commit", "times": 1}
    barrier = emulator.control.barrier(**rule)
    emulator.control.fault(**rule, do="reset")
    kill_at(barrier, process, getattr(process, call), *arguments)


def _made_or_gone(
    emulator: Emulator, process: ProviderProcess, then: str, id_: str, outputs: Any, news: Any
) -> None:
    """Go on with an update to variant four, or with a delete, and look at the row."""
    if then == "delete":
        process.delete(id_, outputs)
        assert _there(emulator) == []
        return
    after = process.check(_flow("four"), news).inputs
    assert process.diff(id_, outputs, after).changes
    outputs = process.update(id_, outputs, after)
    assert not process.diff(id_, outputs, after).changes
    assert _there(emulator) == ["four"]


@pytest.mark.parametrize("then", ["update", "delete"])
def test_a_kill_after_creates_in_doubt(
    emulator: Emulator, settings: Mapping[str, str], then: str
) -> None:
    """The flow is of the first create; what the state tells of it outlives a further kill."""
    with provider_process(settings) as process:
        barrier = emulator.control.barrier(
            method="POST", path="workflows$", when="after_commit", times=1
        )
        kill_at(barrier, process, process.create, process.check(_flow("one")).inputs)
    with new_provider_process(settings) as process:
        for method, path in (("POST", "workflows$"), ("GET", "workflows")):
            emulator.control.fault(method=method, path=path, do="status", status=504, times=100)
        news = process.check(_flow("two")).inputs
        id_, outputs = process.create(news)
        assert outputs["current_state"] == "unknown"
        emulator.control.clear_faults()
        process.end()
    with provider_process(settings) as process:
        after = process.check(_flow("three"), news).inputs
        _kill(emulator, process, "^(?!.*oauth2)", "update", id_, outputs, after)
    assert _there(emulator) == ["one"]
    with provider_process(settings) as process:
        _made_or_gone(emulator, process, then, id_, outputs, news)


@pytest.mark.parametrize("then", ["update", "delete"])
def test_a_killed_delete_after_a_lost_update(
    emulator: Emulator, settings: Mapping[str, str], then: str
) -> None:
    """Neither was carried out: what the flow was before is this program's, whatever comes next."""
    with new_provider_process(settings) as process:
        news = process.check(_flow("one")).inputs
        id_, outputs = process.create(news)
        process.end()
    with new_provider_process(settings) as process:
        emulator.control.fault(method="PATCH", path="workflows", do="reset")
        outputs = process.update(id_, outputs, process.check(_flow("two"), news).inputs)
        assert outputs["current_state"] == "unknown"
        emulator.control.clear_faults()
        process.end()
    with provider_process(settings) as process:
        _kill(emulator, process, "workflows", "delete", id_, outputs)
    assert _there(emulator) == ["one"]
    with provider_process(settings) as process:
        _made_or_gone(emulator, process, then, id_, outputs, news)
