"""The client against the emulator, over http and https."""

from __future__ import annotations

import http.server
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate import errors
from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.flows.requests import FlowSpec
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from tests.harness import http_server


@pytest.fixture(scope="module", params=["http", "https"])
def served(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An emulator over each protocol."""
    with Emulator(https=request.param == "https") as emulator:
        yield emulator


@pytest.fixture
def environment(served: Emulator) -> Emulator:
    """A new environment in it."""
    served.control.reset()
    return served


@pytest.fixture
def client(environment: Emulator) -> Iterator[DataverseClient]:
    """A client that is configured as users do it."""
    client = DataverseClient(resolve(environ=environment.environment))
    yield client
    client.close()


def _spec(number: int = 1) -> FlowSpec:
    return FlowSpec(
        workflow_id=f"00000000-0000-4000-8000-{number:012}",
        name=f"flow {number}",
        description=None,
        definition='{"triggers":{"Recurrence":{"type":"Recurrence","recurrence":'
        '{"frequency":"Hour","interval":1}}},"actions":{}}',
        digest="",
        references={},
        state="off",
        owner=None,
        solution=None,
    )


def _get(client: DataverseClient, path: str = "WhoAmI") -> Any:
    transport = client.transport
    return transport.send("GET", path, action="Look", deadline=transport.deadline())


def test_signs_in_once_for_all_threads(client: DataverseClient, environment: Emulator) -> None:
    """Thirty-two threads that start cold send one token request."""
    with ThreadPoolExecutor(32) as pool:
        responses = list(pool.map(lambda _: _get(client), range(64)))
    assert len({response.body["UserId"] for response in responses}) == 1
    assert len(environment.control.token_requests()) == 1


def test_documented_headers(client: DataverseClient, environment: Emulator) -> None:
    """Every request names the protocol version, itself and its sender, and carries no cookie."""
    _get(client)
    _get(client)
    first, second = environment.control.requests()
    assert first["headers"]["if-none-match"] == "null"
    assert first["headers"]["user-agent"].startswith("pulumi-powerautomate")
    names = "x-ms-client-request-id"
    assert first["headers"][names] != second["headers"][names]
    assert "cookie" not in second["headers"]


def test_every_page_is_read(client: DataverseClient, environment: Emulator) -> None:
    """A list of seven in pages of three is three requests and seven rows."""
    for number in range(7):
        client.workflows.create(_spec(number), client.workflows.deadline())
    environment.control.clear_journal()
    rows = list(client.transport.pages("workflows?$select=name", action="List", page_size=3))
    assert len(rows) == 7
    sent = environment.control.requests()
    assert len(sent) == 3
    assert all("odata.maxpagesize=3" in item["headers"]["prefer"] for item in sent)


def test_token_that_was_revoked_is_renewed_once(
    client: DataverseClient, environment: Emulator
) -> None:
    """A 401 in the middle renews the token once for all threads, and the request is repeated."""
    _get(client)
    environment.control.tokens(revoke=True)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _get(client), range(8)))
    assert len(environment.control.token_requests()) == 2


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ({"do": "status", "status": 403, "code": "0x80040220"}, errors.ForbiddenError),
        ({"do": "status", "status": 404, "code": "0x80040217"}, errors.NotFoundError),
        ({"do": "status", "status": 412, "code": "0x80060882"}, errors.PreconditionError),
        ({"do": "status", "status": 500}, errors.DataverseError),
        ({"do": "html"}, errors.TransportError),
        ({"do": "redirect"}, errors.TransportError),
        ({"do": "truncate"}, errors.TransportError),
        ({"do": "reset"}, errors.TransportError),
        ({"do": "empty"}, errors.TransportError),
        ({"do": "wrong_content_length"}, errors.TransportError),
    ],
)
def test_each_failure_has_its_class(
    client: DataverseClient, environment: Emulator, rule: dict[str, Any], kind: type
) -> None:
    """Each failure is one line of the documented class, never a success."""
    _get(client)
    environment.control.fault(path="WhoAmI", **rule)
    with pytest.raises(kind) as failed:
        _get(client)
    assert "\n" not in str(failed.value)
    assert str(failed.value).startswith("Look")


def test_error_has_code_message_and_request_id(
    client: DataverseClient, environment: Emulator
) -> None:
    """The real 404 of a row that is not there."""
    with pytest.raises(errors.NotFoundError) as failed:
        _get(client, "workflows(00000000-0000-4000-8000-000000000009)")
    assert failed.value.code == "0x80040217"
    assert "Does Not Exist" in str(failed.value)
    assert failed.value.request_id


def test_reads_are_tried_again(client: DataverseClient, environment: Emulator) -> None:
    """Two failures of a read are not seen; a create whose response is lost is not repeated."""
    _get(client)
    environment.control.fault(method="GET", path="WhoAmI", do="status", status=503, times=2)
    _get(client)
    environment.control.clear_journal()
    environment.control.fault(method="POST", path="workflows", do="reset", when="after_commit")
    with pytest.raises(errors.LostResponseError):
        client.workflows.create(_spec(), client.workflows.deadline())
    assert [item["method"] for item in environment.control.requests()] == ["POST"]


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_holds_every_lane(
    client: DataverseClient, environment: Emulator, as_date: bool
) -> None:
    """Once one request is told to wait, none is sent before the time is over."""
    _get(client)
    wait = "2"
    if as_date:
        from email.utils import formatdate

        wait = formatdate(time.time() + 3, usegmt=True)
    environment.control.fault(
        path="WhoAmI", do="status", status=429, code="0x80072322", times=1,
        headers={"Retry-After": wait},
    )  # fmt: skip
    environment.control.clear_journal()
    with ThreadPoolExecutor(8) as pool:
        pool.submit(_get, client).result  # noqa: B018 - the one that is told to wait goes first
        time.sleep(0.3)
        list(pool.map(lambda _: _get(client), range(20)))
    sent = environment.control.requests()
    throttled = next(item for item in sent if item["status"] == 429)
    later = [item for item in sent if item["number"] > throttled["number"]]
    assert min(item["started"] for item in later) - throttled["ended"] >= 1.5
    assert len(sent) == 22


def test_hanging_server_ends_by_the_deadline(environment: Emulator) -> None:
    """A server that sends one byte at a time cannot outlast the operation's deadline."""
    settings = {**environment.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "2"}
    client = DataverseClient(resolve(environ=settings))
    _get(client)
    environment.control.fault(path="WhoAmI", do="drip", seconds=0.2)
    started = time.monotonic()
    with pytest.raises(errors.TransportError):
        _get(client)
    assert time.monotonic() - started < 10
    client.close()


def test_netrc_does_not_replace_the_token(
    client: DataverseClient,
    environment: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`requests` would send the password of a `.netrc` in place of the bearer token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert _get(client).status == 200


def test_ca_variables_of_requests_do_not_matter(
    client: DataverseClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`REQUESTS_CA_BUNDLE` would override the bundle that was configured."""
    other = tmp_path / "empty.pem"
    other.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(other))
    assert _get(client).status == 200


def test_proxies_do_not_stand_before_the_loopback(
    client: DataverseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy variable of the machine does not catch requests to the machine itself."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert _get(client).status == 200


@pytest.fixture
def catcher() -> Iterator[tuple[str, list[str]]]:
    """Another host, which notes every header it is sent."""
    caught: list[str] = []

    class Handler(http_server.Handler):
        def do_GET(self) -> None:
            caught.extend(f"{name}: {value}" for name, value in self.headers.items())
            self.send_response(200)
            self.end_headers()

        do_POST = do_PATCH = do_DELETE = do_GET

    server = http.server.ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    with http_server.running(server) as address:
        yield f"http://{address}", caught


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_token_never_goes_elsewhere_by_redirect(
    client: DataverseClient,
    environment: Emulator,
    catcher: tuple[str, list[str]],
    status: int,
    method: str,
) -> None:
    """No redirect is followed, so the other host is sent nothing at all."""
    url, caught = catcher
    environment.control.fault(path="workflows", do="redirect", status=status, location=url)
    transport = client.transport
    with pytest.raises(errors.TransportError, match="redirect"):
        transport.send(
            method,
            "workflows(00000000-0000-4000-8000-000000000001)",
            action="Look",
            deadline=transport.deadline(),
            body=None if method == "GET" else {"name": "x"},
        )
    assert caught == []


def test_token_never_goes_elsewhere_by_next_link(
    client: DataverseClient, environment: Emulator, catcher: tuple[str, list[str]]
) -> None:
    """A next page on another host is refused."""
    import json

    url, caught = catcher
    page = {"value": [], "@odata.nextLink": f"{url}/api/data/v9.2/workflows?page=2"}
    environment.control.fault(
        path="workflows", do="status", status=200, body=json.dumps(page),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with pytest.raises(errors.TransportError, match="another host"):
        list(client.transport.pages("workflows", action="List"))
    assert caught == []


def test_unreachable_host_is_one_line(environment: Emulator) -> None:
    """Nobody listens there: one line with the host and the setting."""
    settings = {**environment.environment, "POWERAUTOMATE_ENVIRONMENT_URL": "http://127.0.0.1:9"}
    settings["POWERAUTOMATE_ACCESS_TOKEN"] = "emulator"
    client = DataverseClient(resolve(environ=settings))
    with pytest.raises(errors.TransportError, match="cannot be reached"):
        _get(client)
    client.close()


def test_untrusted_certificate_names_the_setting(environment: Emulator) -> None:
    """The sign-in host's certificate is checked like any other."""
    settings = {**environment.environment}
    del settings["POWERAUTOMATE_CA_BUNDLE"]
    client = DataverseClient(resolve(environ=settings))
    with pytest.raises(errors.PowerAutomateError, match="ca_bundle"):
        _get(client)
    client.close()


def test_import_leaves_the_environment_alone() -> None:
    """Nothing of ours sets a variable that another library reads."""
    assert not any(name.startswith("REQUESTS_") for name in os.environ)
