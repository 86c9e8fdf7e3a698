"""
Deploying more than the service's protection limits let through at once.

The real provider process is driven over gRPC by a caller for each thread. The emulator keeps
the limits on its clock, which is the machine's: nothing is sped up. The figure for every run is
scaled one to ten in window and counts (600 requests and 120 s of execution per 30 s, 52 at once;
500 active flows), latency and threads are not. `BENCH_FULL=1` adds the whole: 5,000 active flows
under 6,000 requests and 1,200 s per 300 s, which takes more than five minutes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.figure import Figure, at_most, exactly, seen
from tests.benchmarks.flow import sized
from tests.harness.provider_process import ProviderError, flow_inputs, new_provider_process
from tests.harness.throttling import early_requests

CONCURRENT = 32
_LATENCY = 0.1
_LARGEST_RATIO = 1.3


def deploy(flows: int, requests: int, window: float, label: str) -> Iterator[Figure]:
    """Create so many active flows; execution time is limited in the real proportion, 4 s per s."""
    definition = sized(2_600)
    with Emulator(latency_ms=_LATENCY * 1000, switches={"limits": "on"}) as emulator:
        emulator.control.limits(requests=requests, window=window, execution_seconds=4 * window)
        with new_provider_process(emulator.environment) as provider:

            def create(number: int) -> dict[str, Any] | None:
                inputs = flow_inputs(f"Flow {number}", definition)
                try:
                    return provider.create(provider.check(inputs).inputs)[1]
                except ProviderError:
                    return None

            started = time.monotonic()
            with ThreadPoolExecutor(CONCURRENT) as pool:
                made = list(pool.map(create, range(flows)))
            wall = time.monotonic() - started
        sent = emulator.control.requests()
    failed = sum(outputs is None or outputs["current_state"] != "on" for outputs in made)
    refused = sum(item["status"] == 429 for item in sent)
    name = f"fault.throttled_{label}"
    yield exactly(f"{name}_errors", failed, 0, "flows")
    yield exactly(f"{name}_requests_before_retry_after", len(early_requests(sent)), 0, "")
    yield at_most(f"{name}_refused_requests", refused, 3 * CONCURRENT, "")
    yield seen(f"{name}_wall", wall, "s")
    floor = _floor(2 * flows, requests, window)
    yield at_most(f"{name}_over_floor", wall / floor, _LARGEST_RATIO, "x")


def _floor(total: int, requests: int, window: float) -> float:
    """
    The least seconds that the limits and the concurrency allow.

    A request takes a thread for the latency, and may start when the one that came as many before it
    as the window takes is as old as the window.
    """
    windows = (total - 1) // requests
    rest = total - windows * requests
    return windows * window + math.ceil(rest / CONCURRENT) * _LATENCY
