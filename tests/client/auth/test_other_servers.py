"""A token goes to the configured host only."""

from __future__ import annotations

import contextlib
import time

import pytest

from tests.harness.other_servers import ATTEMPTS, SECRET, TOKEN, Listener


@pytest.mark.parametrize("name", ATTEMPTS)
def test_nothing_arrives(name: str) -> None:
    """Not one byte of the token or the secret reaches the other host."""
    with contextlib.closing(Listener()) as listener:
        ATTEMPTS[name](listener)
        time.sleep(0.05)
        assert listener.stolen() == 0


def test_the_listener_would_notice() -> None:
    """The measurement can fail: a client that follows redirects loses its token."""
    import requests

    with contextlib.closing(Listener()) as listener:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with contextlib.suppress(requests.RequestException):
            requests.post(f"http://{listener.address}/", headers=headers, data=SECRET, timeout=2)
        assert listener.stolen() == len(TOKEN) + len(SECRET)
