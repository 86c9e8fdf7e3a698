"""Service protection limits, on the emulator's clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call

_REMAINING = "x-ms-ratelimit-burst-remaining-xrm-requests"
_TIME = "x-ms-ratelimit-time-remaining-xrm-requests"


@pytest.fixture
def limited(emulator: Emulator) -> Emulator:
    """An environment with limits."""
    emulator.control.switches(limits="on")
    return emulator


def test_documented_limits_and_headers(limited: Emulator) -> None:
    """6,000 requests and 1,200 seconds, counted down on every answer."""
    first, second = call(limited, "GET", "WhoAmI"), call(limited, "GET", "WhoAmI")
    assert first.headers[_REMAINING] == "5999"
    assert second.headers[_REMAINING] == "5998"
    assert first.headers[_TIME].startswith(("1,200.00", "1,199.9"))


def test_too_many_requests(limited: Emulator) -> None:
    """The documented code, message and wait; nothing passes before it is over."""
    limited.control.limits(requests=3)
    for _ in range(3):
        assert call(limited, "GET", "WhoAmI").status_code == 200
        limited.control.advance(10)
    refused = call(limited, "GET", "WhoAmI")
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert error["code"] == "0x80072322"
    assert error["message"] == (
        "Number of requests exceeded the limit of 3 over time window of 300 seconds."
    )
    wait = int(refused.headers["Retry-After"])
    assert 265 <= wait <= 271
    limited.control.advance(wait - 2)
    early = call(limited, "GET", "WhoAmI")
    assert (early.status_code, early.json()["error"]["code"]) == (429, "0x80072322")
    assert 1 <= int(early.headers["Retry-After"]) <= 2
    limited.control.advance(2)
    assert call(limited, "GET", "WhoAmI").status_code == 200


def test_window_slides(limited: Emulator) -> None:
    """A request counts for three hundred seconds, not until a full minute or so."""
    limited.control.limits(requests=2)
    call(limited, "GET", "WhoAmI")
    limited.control.advance(200)
    assert call(limited, "GET", "WhoAmI").headers[_REMAINING] == "0"
    limited.control.advance(101)
    assert call(limited, "GET", "WhoAmI").headers[_REMAINING] == "0"
    assert call(limited, "GET", "WhoAmI").headers["Retry-After"] in ("199", "200")


def test_too_much_time(limited: Emulator) -> None:
    """Times of requests are summed up; the message names milliseconds, as documented."""
    limited.control.limits(execution_seconds=0.15, latency_ms=100)
    statuses = [call(limited, "GET", "WhoAmI").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = call(limited, "GET", "WhoAmI")
    assert refused.json()["error"]["code"] == "0x80072321"
    assert "exceeded limit of 150 milliseconds" in refused.json()["error"]["message"]
    assert int(refused.headers["Retry-After"]) > 290


def test_too_many_at_once(limited: Emulator) -> None:
    """Refused by itself: those that run are answered, and the next is not made to wait."""
    limited.control.limits(concurrency=4, latency_ms=300)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call(limited, "GET", "WhoAmI"), range(8)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 4
    assert {answer.json()["error"]["code"] for answer in refused} == {"0x80072326"}
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert call(limited, "GET", "WhoAmI").status_code == 200


def test_refused_requests_run_on_nobodys_account(limited: Emulator) -> None:
    """A refusal leaves the number of running requests as it was."""
    limited.control.limits(requests=1)
    assert call(limited, "GET", "WhoAmI").status_code == 200
    for _ in range(5):
        assert call(limited, "GET", "WhoAmI").status_code == 429
    limited.control.advance(301)
    limited.control.limits(requests=50, concurrency=2, latency_ms=300)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: call(limited, "GET", "WhoAmI"), range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429]


def test_callers_are_counted_apart(limited: Emulator) -> None:
    """The limits are per user."""
    limited.control.limits(requests=1)
    alice = {"MSCRMCallerID": "0e6a3b61-0000-4000-8000-000000000011"}
    assert call(limited, "GET", "WhoAmI").status_code == 200
    assert call(limited, "GET", "WhoAmI").status_code == 429
    assert call(limited, "GET", "WhoAmI", **alice).status_code == 200
