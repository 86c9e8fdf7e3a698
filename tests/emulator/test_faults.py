"""Each fault, at each moment: what the client sees, and whether the change was made."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import FLOW, call, flow


def _create(emulator: Emulator) -> object:
    try:
        answer = call(emulator, "POST", "workflows", flow(), Prefer="return=representation")
        return answer.status_code, answer.text
    except requests.RequestException as error:
        return type(error).__name__


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("do", ["reset", "status", "html", "redirect", "hang"])
def test_fault_decides_about_the_commit(emulator: Emulator, do: str, when: str) -> None:
    """Before the commit nothing is written; after it the row is there, whatever is answered."""
    emulator.control.fault(method="POST", do=do, when=when, times=1, seconds=0.1)
    seen = _create(emulator)
    if do in ("reset", "hang"):
        assert seen == "ConnectionError"
    else:
        assert isinstance(seen, tuple)
        assert seen[0] != 201
    made = len(emulator.control.rows("workflows"))
    assert made == (1 if when == "after_commit" else 0)
    assert len(emulator.control.commits()) == made


@pytest.mark.parametrize("do", ["truncate", "wrong_content_length", "empty", "wrong_id", "drip"])
def test_spoilt_answers_are_committed(emulator: Emulator, do: str) -> None:
    """The change was made; only the answer is broken."""
    emulator.control.fault(method="POST", do=do, times=1, seconds=0.0001)
    seen = _create(emulator)
    assert len(emulator.control.rows("workflows")) == 1
    if do == "empty":
        assert seen == (201, "")
    elif do == "wrong_id":
        assert isinstance(seen, tuple)
        assert f'"workflowid": "{FLOW}"' not in seen[1]
    elif do == "drip":
        assert isinstance(seen, tuple)
        assert FLOW in seen[1]
    else:
        assert seen in ("ChunkedEncodingError", "ConnectionError")


def test_nth_and_times(emulator: Emulator) -> None:
    """The second and third request fail, the others do not."""
    emulator.control.fault(method="GET", path="WhoAmI", do="status", status=503, nth=2, times=2)
    codes = [call(emulator, "GET", "WhoAmI").status_code for _ in range(5)]
    assert codes == [200, 503, 503, 200, 200]


def test_seeded_probability(emulator: Emulator) -> None:
    """The same seed gives the same history."""
    histories = []
    for _ in range(2):
        emulator.control.clear_faults()
        emulator.control.fault(path="WhoAmI", do="status", status=500, probability=0.5, seed=7)
        histories.append([call(emulator, "GET", "WhoAmI").status_code for _ in range(20)])
    assert histories[0] == histories[1]
    assert set(histories[0]) == {200, 500}


def test_delay(emulator: Emulator) -> None:
    """A slow answer is right all the same."""
    emulator.control.fault(path="WhoAmI", do="delay", seconds=0.3, times=1)
    started = time.monotonic()
    assert call(emulator, "GET", "WhoAmI").status_code == 200
    assert time.monotonic() - started >= 0.3


def test_barrier(emulator: Emulator) -> None:
    """A request waits at the barrier while something else happens."""
    import threading

    barrier = emulator.control.barrier(method="POST", when="after_commit")
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(_create(emulator)))
    thread.start()
    barrier.wait_reached()
    assert len(emulator.control.rows("workflows")) == 1
    assert seen == []
    barrier.release()
    thread.join()
    assert isinstance(seen[0], tuple)
    assert seen[0][0] == 201


def test_unknown_rules_are_refused(emulator: Emulator) -> None:
    """A misspelt rule would make a test pass for nothing."""
    with pytest.raises(ValueError, match="Unknown"):
        emulator.control.fault(do="reset", tims=1)
    with pytest.raises(ValueError, match="'do' is"):
        emulator.control.fault(do="explode")


def test_control_is_off_unless_asked_for() -> None:
    """An emulator that serves people has no back door."""
    with Emulator(control=False) as emulator:
        answer = requests.get(f"{emulator.url}/__emulator__/rows/workflows", timeout=30)
        assert answer.status_code == 404


def test_no_token_is_kept(emulator: Emulator) -> None:
    """The journal shows that a request was signed in, never with what."""
    call(emulator, "GET", "WhoAmI")
    (entry,) = emulator.control.requests()
    assert entry["signed_in"] is True
    assert "Bearer" not in str(entry)


def test_rows_survive_a_restart(tmp_path: object) -> None:
    """A database file is the environment; a second start goes on with it."""
    path = f"{tmp_path}/environment.db"
    with Emulator(database=path) as first:
        call(first, "POST", "workflows", flow("Kept"))
    with Emulator(database=path) as second:
        assert [row["name"] for row in second.control.rows("workflows")] == ["Kept"]
        answer = call(second, "GET", f"workflows({FLOW})?$select=name")
        assert answer.json()["name"] == "Kept"


def test_limits_of_the_service(emulator: Emulator) -> None:
    """Requests and execution time per five minutes, on the emulator's clock."""
    emulator.control.switches(limits="on")
    emulator.control.limits(requests=3)
    codes = [call(emulator, "GET", "WhoAmI") for _ in range(4)]
    assert [answer.status_code for answer in codes] == [200, 200, 200, 429]
    refused = codes[-1]
    assert refused.json()["error"]["code"] == "0x80072322"
    assert 290 <= int(refused.headers["Retry-After"]) <= 302
    emulator.control.advance(301)
    assert call(emulator, "GET", "WhoAmI").status_code == 200


def test_reset_forgets_what_hangs(emulator: Emulator) -> None:
    """A request that hangs is not counted in the environment that comes after its own."""
    emulator.control.fault(path="RetrieveVersion", do="hang")
    with pytest.raises(requests.Timeout):
        requests.get(
            f"{emulator.url}/api/data/v9.2/RetrieveVersion",
            headers={"Authorization": "Bearer emulator"},
            timeout=0.3,
        )
    emulator.control.reset()
    call(emulator, "GET", "WhoAmI")
    assert emulator.control.stats()["most_at_once"] == 1


def test_date_follows_the_clock(emulator: Emulator) -> None:
    """`Date` is the emulator's time, so that clocks that differ can be tried."""
    emulator.control.advance(600)
    date = parsedate_to_datetime(call(emulator, "GET", "WhoAmI").headers["Date"])
    assert abs(date.timestamp() - time.time() - 600) < 60
