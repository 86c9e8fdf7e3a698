"""Other dynamic providers of a program share our process: they keep what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    flow_inputs,
    new_provider_process,
)
from tests.provider.neighbour import Neighbour


def test_errors(emulator: Emulator) -> None:
    """Ours are one line and theirs have their traceback, also when both fail at the same time."""
    with new_provider_process(emulator.environment) as ours:
        theirs = ours.serving(Neighbour)
        inputs = ours.check(flow_inputs("a", hourly(), solution="nosuch")).inputs
        fails: list[Callable[[], object]] = [
            lambda: ours.create(inputs),
            lambda: theirs.create({"fails": True}),
        ]
        with ThreadPoolExecutor(16) as pool:
            lines = list(pool.map(_error_of, fails * 40))
    for line in lines[0::2]:
        assert line.startswith("PowerAutomateError: Create flow 'a': HTTP 400")
        assert "\n" not in line
    for line in lines[1::2]:
        assert line.startswith("Traceback (most recent call last):")
        assert "in _fail_deep_down" in line
        assert line.endswith("ValueError: the neighbour's own trouble")


def _error_of(call: Callable[[], object]) -> str:
    with pytest.raises(ProviderError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("workers", ["", "off", "8"])
def test_the_shared_pool_is_told(emulator: Emulator, workers: str) -> None:
    """One line at the end of a run names who shares the pool and what restores Pulumi's four."""
    environment = {**emulator.environment, "PULUMI_POWERAUTOMATE_WORKERS": workers}
    with new_provider_process(environment) as ours:
        theirs = ours.serving(Neighbour)
        ours.check(flow_inputs("a", hourly()))
        with ThreadPoolExecutor(12) as pool:
            outputs = list(pool.map(lambda _: theirs.create({})[1], range(12)))
        ours.end()
        told = [message for _, message, _ in ours.log if "Neighbour" in message]
    most = max(output["most"] for output in outputs)
    assert {"": most > 4, "off": most <= 4, "8": 4 < most <= 8}[workers], most
    assert len(told) == (1 if workers == "" else 0), told
    if told:
        assert "PULUMI_POWERAUTOMATE_WORKERS=off" in told[0]
        assert "explicit powerautomate.Provider" in told[0]


def test_nobody_else(emulator: Emulator) -> None:
    """A program without other dynamic providers reads nothing of it."""
    process: ProviderProcess
    with new_provider_process(emulator.environment) as process:
        process.check(flow_inputs("a", hourly()))
        process.end()
        assert process.log == []
