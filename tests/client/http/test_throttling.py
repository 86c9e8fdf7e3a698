"""Concurrent requests under the service's protection limits, judged by what the emulator saw."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_powerautomate import errors
from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.http.throttle import Deadline, Throttle
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from tests.harness.throttling import early_requests


@pytest.fixture
def client(emulator: Emulator) -> Iterator[DataverseClient]:
    """A client that is configured as users do it, of an environment with limits."""
    emulator.control.switches(limits="on")
    client = DataverseClient(resolve(environ=emulator.environment))
    yield client
    client.close()


def _look(client: DataverseClient) -> Any:
    transport = client.transport
    return transport.send("GET", "WhoAmI", action="Look", deadline=transport.deadline())


def _looks(client: DataverseClient, count: int) -> None:
    with ThreadPoolExecutor(32) as pool:
        responses = list(pool.map(lambda _: _look(client), range(count)))
    assert {response.status for response in responses} == {200}


def test_more_requests_than_the_window_takes(client: DataverseClient, emulator: Emulator) -> None:
    """All arrive, none of them before the time that the service named."""
    emulator.control.limits(requests=60, window=4, latency_ms=20)
    _looks(client, 150)
    sent = emulator.control.requests()
    assert sum(item["status"] == 200 for item in sent) == 150
    assert any(item["status"] == 429 for item in sent)
    assert early_requests(sent) == []
    assert client.transport.traffic.throttled == len(sent) - 150
    assert client.transport.traffic.waited >= 3


def test_more_time_than_the_window_takes(client: DataverseClient, emulator: Emulator) -> None:
    """The sum of what requests take is held to as well."""
    emulator.control.limits(execution_seconds=3, window=4, latency_ms=100)
    _looks(client, 70)
    sent = emulator.control.requests()
    assert sum(item["status"] == 200 for item in sent) == 70
    assert early_requests(sent) == []


def test_more_lanes_than_the_service_takes(client: DataverseClient, emulator: Emulator) -> None:
    """The limit shrinks to what is taken: few refusals, and each comes through in the end."""
    emulator.control.limits(concurrency=10, latency_ms=40)
    _looks(client, 400)
    sent = emulator.control.requests()
    assert sum(item["status"] == 200 for item in sent) == 400
    assert len(sent) < 400 * 1.25
    assert early_requests(sent) == []


def test_scenario_11_lanes_narrow_once_per_event_and_recover_one_by_one() -> None:
    """Twenty requests rejected together halve the throttle once; successes widen it slowly."""
    throttle = Throttle(32)
    entered = [throttle.acquire(Deadline(1)) for _ in range(32)]
    assert None not in entered
    for moment in entered:
        throttle.shrink(moment or 0.0)
        throttle.release(succeeded=False)
    assert _free(throttle) == 16
    for _ in range(17):
        throttle.acquire(Deadline(1))
        throttle.release(succeeded=True)
    assert _free(throttle) == 17
    later = throttle.acquire(Deadline(1))
    throttle.shrink(later or 0.0)
    throttle.release(succeeded=False)
    assert _free(throttle) == 8


def _free(throttle: Throttle) -> int:
    count = 0
    while throttle.acquire(Deadline(0.01)) is not None:
        count += 1
    for _ in range(count):
        throttle.release(succeeded=False)
    return count


def test_wait_beyond_the_deadline_fails_every_lane_at_once(
    emulator: Emulator, client: DataverseClient
) -> None:
    """Whoever cannot wait that long says so now, and sends nothing more."""
    emulator.control.limits(requests=1, window=900)
    _look(client)
    started = time.monotonic()
    for _ in range(40):
        with pytest.raises(errors.PowerAutomateError, match="wait"):
            _look(client)
    assert time.monotonic() - started < 20
    assert len(emulator.control.requests()) == 2
