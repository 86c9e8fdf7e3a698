"""The service is away: for a moment, for some seconds, or for longer than anybody waits."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.operations import Made, create, update
from tests.harness.provider_process import ProviderProcess, Start, flow_inputs

_BUDGET, _COST_OF_A_RETRY = 500, 14


def _create(provider: ProviderProcess, count: int, max_concurrency: int, state: str) -> list[Made]:
    def one(number: int) -> Made:
        return create(provider, flow_inputs(f"flow {number}", hourly(), state=state))

    with ThreadPoolExecutor(max_concurrency) as pool:
        return list(pool.map(one, range(count)))


def test_scenario_13_away_for_ten_seconds(start: Start, emulator: Emulator) -> None:
    """A burst of 503 in the middle is not seen: all is done, with a fifth more requests at most."""
    with start(emulator.environment) as provider:
        # Eight are under way when it begins, and each sends four more requests at most.
        emulator.control.fault(path="workflows", do="status", status=503, nth=60)
        ended = threading.Timer(10, emulator.control.clear_faults)
        reached = threading.Thread(target=_when_away, args=(emulator, ended))
        reached.start()
        made = _create(provider, 100, 8, "on")
        reached.join()
        ended.join()
    assert {item.outputs["current_state"] for item in made} == {"on"}
    assert len(emulator.control.rows("workflows")) == 100
    assert len(emulator.control.requests()) <= 1.2 * 200


def _when_away(emulator: Emulator, timer: threading.Timer) -> None:
    while not any(item["status"] == 503 for item in emulator.control.requests()):
        time.sleep(0.05)
    timer.start()


def test_scenario_14_nothing_but_errors(provider: ProviderProcess, emulator: Emulator) -> None:
    """Each is tried three times at most, and once when the retry budget is spent; nothing is lost.

    An operation is two requests here: the create, and the look whether it was carried out.
    """
    emulator.control.fault(path="workflows", do="status", status=500)
    made = _create(provider, 50, 16, "off")
    sent = emulator.control.requests()
    assert sum(item["method"] == "POST" for item in sent) == 50
    looks = [item["path"] for item in sent if item["method"] == "GET"]
    assert max(looks.count(path) for path in set(looks)) <= 3
    assert len(sent) <= 2 * 50 + _BUDGET // _COST_OF_A_RETRY
    assert {item.outputs["current_state"] for item in made} == {"unknown"}
    emulator.control.clear_faults()
    last = made[-1]
    update(provider, last, flow_inputs("flow 49", hourly(), state="off"))
    assert [row["workflowid"] for row in emulator.control.rows("workflows")] == [last.id]
