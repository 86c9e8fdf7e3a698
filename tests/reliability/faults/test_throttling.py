"""The service asks to wait, one request or all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.operations import Made, create
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    Start,
    flow_inputs,
)
from tests.harness.throttling import early_requests

_TOO_MANY = {"path": "workflows", "do": "status", "status": 429, "code": "0x80072322"}


def _create(provider: ProviderProcess, count: int) -> list[Made]:
    """Flows, off, as many at once as may be."""

    def one(number: int) -> Made:
        return create(provider, flow_inputs(f"flow {number}", hourly(), state="off"))

    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(one, range(count)))


@pytest.fixture
def patient(start: Start, emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process with the usual deadlines, in an environment with limits."""
    emulator.control.switches(limits="on")
    with start(emulator.environment) as process:
        yield process


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_scenario_10_one_lane_is_told_to_wait(
    provider: ProviderProcess, emulator: Emulator, as_date: bool
) -> None:
    """No request goes out before the time; all is done, with one request more."""
    emulator.control.limits(latency_ms=100)
    until = int(time.time()) + 4
    wait = formatdate(until, usegmt=True) if as_date else "3"
    emulator.control.fault(**_TOO_MANY, nth=20, times=1, headers={"Retry-After": wait})
    _create(provider, 60)
    sent = emulator.control.requests()
    (throttled,) = [item for item in sent if item["status"] == 429]
    # `Date` has whole seconds, so a date is known to the second.
    seconds = until - throttled["ended"] - 1 if as_date else 3.0
    assert seconds > 1
    throttled["retry_after"] = str(seconds)
    assert early_requests(sent) == []
    assert len(sent) == 60 + 1
    assert len(emulator.control.rows("workflows")) == 60


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"execution_seconds": 3, "window": 3, "latency_ms": 100}, "0x80072321"),
        ({"requests": 40, "window": 3, "latency_ms": 20}, "0x80072322"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_scenario_11_too_many_and_too_long(
    patient: ProviderProcess, emulator: Emulator, limits: dict[str, Any], code: str
) -> None:
    """The limits of a time window are kept to without an error that anybody sees."""
    emulator.control.limits(**limits)
    _create(patient, 80)
    sent = emulator.control.requests()
    assert any(item["status"] == 429 for item in sent), f"{code} was never answered"
    assert early_requests(sent) == []
    assert len(emulator.control.rows("workflows")) == 80


def test_scenario_11_too_many_at_once_narrows_the_lanes(
    patient: ProviderProcess, emulator: Emulator
) -> None:
    """The limit halves until the service takes all: few rejections, and no error (0x80072326)."""
    emulator.control.limits(concurrency=8, latency_ms=50)
    _create(patient, 120)
    sent = emulator.control.requests()
    assert early_requests(sent) == []
    # Of thirty-two at once 24 are too many, of sixteen 8; then one now and then.
    assert 1 <= sum(item["status"] == 429 for item in sent) <= 24 + 8 + 0.1 * 120
    assert len(emulator.control.rows("workflows")) == 120


def test_scenario_12_wait_beyond_the_deadline(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A wait that the operation's deadline does not allow is a clear error at once."""
    emulator.control.fault(**_TOO_MANY, headers={"Retry-After": "3600"})
    started = time.monotonic()
    with pytest.raises(ProviderError, match=r"429.*wait"):
        _create(provider, 1)
    assert time.monotonic() - started < 10
    assert len(emulator.control.requests()) == 1
    assert emulator.control.rows("workflows") == []


@pytest.mark.parametrize("value", ["-1", "soon", None])
def test_scenario_12_wait_that_says_nothing(
    provider: ProviderProcess, emulator: Emulator, value: str | None
) -> None:
    """A `Retry-After` that is no time, or none at all, is replaced by a pause of our own."""
    headers = {} if value is None else {"Retry-After": value}
    emulator.control.fault(**_TOO_MANY, times=2, headers=headers)
    _create(provider, 1)
    first, second, last = emulator.control.requests()
    assert second["started"] - first["ended"] >= 0.5
    assert last["started"] - second["ended"] > second["started"] - first["ended"] - 0.5
    assert last["status"] < 300
