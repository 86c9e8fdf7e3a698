"""Tokens that end or are refused, and clocks that differ."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.operations import Made, create
from tests.harness.provider_process import ProviderError, ProviderProcess, flow_inputs

_HOUR = 3600.0


def _create(provider: ProviderProcess, numbers: Iterable[int]) -> list[Made]:
    """Flows, off, sixteen at once."""

    def one(number: int) -> Made:
        return create(provider, flow_inputs(f"flow {number}", hourly(), state="off"))

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, numbers))


def test_scenario_17_token_that_ends_in_a_run(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """One token request renews it for all threads, and no operation fails."""
    _create(provider, range(4))
    assert len(emulator.control.token_requests()) == 1
    emulator.control.advance(2 * _HOUR)
    emulator.control.limits(latency_ms=50)
    _create(provider, range(4, 40))
    refused = [item for item in emulator.control.requests() if item["status"] == 401]
    assert 1 <= len(refused) <= 16
    assert len(emulator.control.token_requests()) == 2
    assert len(emulator.control.rows("workflows")) == 40


def test_scenario_18_token_that_is_refused_though_fresh(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """It is renewed once; then the error names the cause, and nothing goes round in cycles."""
    emulator.control.fault(path="workflows", do="status", status=401)
    with pytest.raises(ProviderError, match="401") as refused:
        _create(provider, range(1))
    assert "token" in str(refused.value)
    assert [item["status"] for item in emulator.control.requests()] == [401, 401]
    assert len(emulator.control.token_requests()) == 2


def test_scenario_18_claims_challenge(provider: ProviderProcess, emulator: Emulator) -> None:
    """No new token would pass, so none is fetched, and the error names the challenge."""
    challenge = 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
    headers = {"WWW-Authenticate": challenge}
    emulator.control.fault(path="workflows", do="status", status=401, headers=headers)
    with pytest.raises(ProviderError, match="claims challenge"):
        _create(provider, range(1))
    assert len(emulator.control.requests()) == 1
    assert len(emulator.control.token_requests()) == 1


@pytest.mark.parametrize("minutes", [-10, 10])
def test_scenario_19_clock_that_differs(
    provider: ProviderProcess, emulator: Emulator, minutes: int
) -> None:
    """The token's age is our own, and a date in `Retry-After` counts from the server's `Date`."""
    emulator.control.advance(minutes * 60)
    date = formatdate(time.time() + minutes * 60 + 3, usegmt=True)
    emulator.control.fault(path="workflows", do="status", status=429, code="0x80072322", times=1,
                           headers={"Retry-After": date})  # fmt: skip
    _create(provider, range(3))
    sent = emulator.control.requests()
    throttled = next(item for item in sent if item["status"] == 429)
    first = min(item["started"] for item in sent if item["started"] > throttled["ended"] + 0.5)
    # Dates are whole seconds, so three are two at least.
    assert first - throttled["ended"] >= 1.5
    assert len(sent) == 4
    assert len(emulator.control.token_requests()) == 1
