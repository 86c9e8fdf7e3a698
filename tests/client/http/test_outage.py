"""Nobody answers: operations end soon, the rest are not sent, and a return is noticed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_powerautomate import errors
from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.http import circuit_breaker
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator


@pytest.fixture
def client(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    """A client whose patience is a tenth of the real one."""
    for name in ("_SHORT_SILENCE", "_LONG_SILENCE", "_SECONDS_BETWEEN_PROBES",
                 "_PATIENCE_IN_SILENCE", "_PATIENCE"):  # fmt: skip
        monkeypatch.setattr(circuit_breaker, name, getattr(circuit_breaker, name) / 10)
    client = DataverseClient(resolve(environ=emulator.environment))
    yield client
    client.close()


def _look(client: DataverseClient) -> Any:
    transport = client.transport
    return transport.send("GET", "WhoAmI", action="Look", deadline=transport.deadline())


def _failures(client: DataverseClient, count: int) -> list[str]:
    def look(_: int) -> str:
        with pytest.raises(errors.TransportError) as failed:
            _look(client)
        return str(failed.value)

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(look, range(count)))


def test_silent_server_is_given_up(client: DataverseClient, emulator: Emulator) -> None:
    """Sixty operations against a server that hangs: the first few wait, the others are not sent."""
    emulator.control.fault(path="WhoAmI", do="hang")
    started = time.monotonic()
    lines = _failures(client, 60)
    assert time.monotonic() - started < 20
    not_sent = [line for line in lines if "not sent" in line]
    assert len(not_sent) >= 40
    assert client.transport.traffic.not_sent == len(not_sent)
    assert all(line.startswith("Look: ") and "\n" not in line for line in lines)
    assert len(emulator.control.requests()) <= 20
    emulator.control.clear_faults()


def test_return_is_noticed(client: DataverseClient, emulator: Emulator) -> None:
    """While an outage lasts one request in a while looks; its response lets all others out."""
    emulator.control.fault(path="WhoAmI", do="hang")
    _failures(client, 20)
    emulator.control.clear_faults()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            _look(client)
        except errors.TransportError:
            time.sleep(0.1)
        else:
            break
    assert all(_look(client).status == 200 for _ in range(10))


@pytest.mark.parametrize(("status", "tries"), [(403, 1), (500, 3)])
def test_refusals_are_no_outage(
    client: DataverseClient, emulator: Emulator, status: int, tries: int
) -> None:
    """Whoever answers is there: a service that refuses everything is asked every time."""
    emulator.control.fault(path="WhoAmI", do="status", status=status)
    for _ in range(12):
        with pytest.raises(errors.DataverseError):
            _look(client)
    assert len(emulator.control.requests()) == 12 * tries


def test_few_failures_are_no_outage(client: DataverseClient, emulator: Emulator) -> None:
    """Connections that break now and then do not stop the others."""
    _look(client)
    emulator.control.fault(path="WhoAmI", do="reset", times=9)
    assert len(_failures(client, 3)) == 3
    assert _look(client).status == 200


def test_silent_sign_in_ends_by_the_deadline(emulator: Emulator) -> None:
    """A sign-in service that hangs cannot outlast the operation that needs a token."""
    emulator.control.fault(path="oauth2|openid", do="hang")
    settings = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "2"}
    client = DataverseClient(resolve(environ=settings))
    started = time.monotonic()
    with pytest.raises(errors.AuthenticationError, match="Sign-in"):
        _look(client)
    assert time.monotonic() - started < 10
    client.close()
    emulator.control.clear_faults()


def test_failed_sign_in_is_shared(emulator: Emulator) -> None:
    """Threads that waited for a sign-in that failed do not each try it again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepted: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                accepted.append(connection)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        host = f"https://127.0.0.1:{listening.getsockname()[1]}"
        settings = {**emulator.environment, "POWERAUTOMATE_AUTHORITY_HOST": host}
        client = DataverseClient(resolve(environ=settings))

        def look(_: int) -> None:
            with pytest.raises(errors.AuthenticationError, match="Sign-in"):
                _look(client)

        with ThreadPoolExecutor(32) as pool:
            list(pool.map(look, range(64)))
        client.close()
    assert len(accepted) <= 4
