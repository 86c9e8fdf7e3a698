"""
Attempts to get a token, or a credential, sent to a host that is not the configured one.

Each attempt is an environment (or a sign-in service, or a setting) that misbehaves; a listener that
it points at keeps whatever arrives there.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.flows.requests import FlowSpec
from pulumi_powerautomate.config import Connection, resolve
from pulumi_powerautomate.errors import PowerAutomateError
from tests.harness import http_server

TOKEN = "f0re1gn-t0ken-canary-2b9d4c7e"
SECRET = "f0re1gn-secret-canary-51d07aa3"


class Listener:
    """Keeps all that anybody sends to it, and closes."""

    def __init__(self) -> None:
        self.received = bytearray()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._keep, args=(connection,), daemon=True).start()

    def _keep(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0.3)
            while piece := connection.recv(65536):
                self.received += piece

    def close(self) -> None:
        self._socket.close()

    def stolen(self) -> int:
        """Bytes of the token and the secret that arrived."""
        return sum(self.received.count(canary.encode()) * len(canary) for canary in (TOKEN, SECRET))


@dataclass
class Response:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


Respond = Callable[[str, str], Response]


@contextlib.contextmanager
def serving(
    respond: Respond, bundle: Path | None = None
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """
    A server of one's own: its address, and the headers of each request.

    With `bundle` it speaks TLS, and its authority is written to that file.
    """
    seen: list[dict[str, str]] = []

    class Handler(http_server.Handler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append(dict(self.headers.items()))
            response = respond(self.command, self.path)
            body = response.body
            raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
            self.send_response(response.status)
            headers = {"Content-Type": "application/json", **response.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0" if response.status == 204 else str(len(raw)))
            self.end_headers()
            if response.status != 204:
                self.wfile.write(raw)

        do_GET = do_POST = do_PATCH = do_DELETE = _any

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if bundle is not None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(bundle))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with http_server.running(server) as address:
        yield address, seen


def _connected(address: str, **more: str) -> Connection:
    environ = {"POWERAUTOMATE_ENVIRONMENT_URL": f"http://{address}", **more}
    if not more:
        environ["POWERAUTOMATE_ACCESS_TOKEN"] = TOKEN
    return resolve(environ={**environ, "POWERAUTOMATE_REQUEST_TIMEOUT": "5"})


def _spec() -> FlowSpec:
    return FlowSpec(
        workflow_id="00000000-0000-4000-8000-000000000001",
        name="flow",
        description=None,
        definition='{"triggers":{},"actions":{}}',
        digest="",
        references={},
        state="off",
        owner=None,
        solution=None,
    )


def _use(connection: Connection) -> None:
    """All that a client does: read, list in pages, read together, create, change, delete."""
    with contextlib.closing(DataverseClient(connection)) as client:
        transport, spec = client.transport, _spec()
        for attempt in (
            lambda: transport.send("GET", "WhoAmI", action="Look", deadline=transport.deadline()),
            lambda: list(transport.pages("workflows?$select=name", action="List")),
            lambda: transport.read_together(
                ["workflows(1)", "workflows(2)"], action="Read", deadline=transport.deadline()
            ),
            lambda: client.workflows.create(spec, client.workflows.deadline()),
            lambda: client.workflows.get(spec.workflow_id),
            lambda: transport.send(
                "PATCH", "workflows(1)", action="Change", deadline=transport.deadline(), body={}
            ),
        ):
            with contextlib.suppress(PowerAutomateError):
                attempt()


def _redirect(status: int) -> Callable[[Listener], None]:
    def attempt(listener: Listener) -> None:
        where = {"Location": f"http://{listener.address}/api/data/v9.2/WhoAmI"}
        with serving(lambda method, path: Response(status, where)) as (address, _):
            _use(_connected(address))

    return attempt


def _next_link(template: str) -> Callable[[Listener], None]:
    def attempt(listener: Listener) -> None:
        own: list[str] = []

        def respond(method: str, path: str) -> Response:
            link = template.format(own=own[0], foreign=listener.address)
            return Response(200, {}, {"value": [], "@odata.nextLink": link})

        with serving(respond) as (address, _):
            own.append(address)
            _use(_connected(address))

    return attempt


def _header(name: str, status: int) -> Callable[[Listener], None]:
    def attempt(listener: Listener) -> None:
        value = f"http://{listener.address}/api/data/v9.2/workflows(1)"
        with serving(lambda method, path: Response(status, {name: value})) as (address, _):
            _use(_connected(address))

    return attempt


def _batch_part(listener: Listener) -> None:
    url = f"http://{listener.address}/api/data/v9.2/WhoAmI"
    part = (
        "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"HTTP/1.1 {{}}\r\nLocation: {url}\r\nOData-EntityId: {url}\r\n"
        "Content-Type: application/json\r\n\r\n"
        f'{{{{"value":[],"@odata.nextLink":"{url}"}}}}\r\n'
    )
    raw = (part.format("302 Found") + part.format("200 OK") + "--b--\r\n").encode()
    kind = {"Content-Type": "multipart/mixed; boundary=b"}
    with serving(lambda method, path: Response(200, kind, raw)) as (address, _):
        _use(_connected(address))


def _address(template: str) -> Callable[[Listener], None]:
    """An environment's address that only looks like one: refused before anything is sent."""

    def attempt(listener: Listener) -> None:
        url = template.format(foreign=listener.address)
        with contextlib.suppress(PowerAutomateError):
            _use(
                resolve(
                    environ={
                        "POWERAUTOMATE_ENVIRONMENT_URL": url,
                        "POWERAUTOMATE_ACCESS_TOKEN": TOKEN,
                        "POWERAUTOMATE_REQUEST_TIMEOUT": "5",
                    }
                )
            )

    return attempt


def _proxy(listener: Listener) -> None:
    """A proxy sees the name of a host over TLS, and nothing at all of the loopback."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            patch.setenv(name, f"http://{listener.address}")
        patch.delenv("NO_PROXY", raising=False)
        with serving(lambda method, path: Response(200, {}, {"value": []})) as (address, seen):
            _use(_connected(address))
            assert seen, "the loopback was not reached past the proxy"
        _address("https://contoso.crm4.dynamics.com")(listener)


def _netrc(listener: Listener) -> None:
    """An entry for the host must not take the place of the token, nor go anywhere else."""
    where = {"Location": f"http://{listener.address}/"}
    with serving(lambda method, path: Response(302, where)) as (address, seen):
        file = Path(os.environ.get("TMPDIR", "/tmp")) / f"netrc-{os.getpid()}"
        file.write_text(f"machine 127.0.0.1 login me password {TOKEN}\n", "utf-8")
        file.chmod(0o600)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("NETRC", str(file))
                _use(_connected(address))
        finally:
            file.unlink()
        assert all(one["Authorization"] == f"Bearer {TOKEN}" for one in seen)


def _sign_in(member: str) -> Callable[[Listener], None]:
    """A sign-in service whose configuration, or whose response, sends the credentials elsewhere."""

    def attempt(listener: Listener) -> None:
        own: list[str] = []
        asked: list[str] = []

        def respond(method: str, path: str) -> Response:
            asked.append(path)
            if "openid-configuration" not in path:
                return Response(307, {"Location": f"http://{listener.address}/token"})
            ends = f"https://{own[0]}"
            document = {
                "issuer": f"{ends}/t/v2.0",
                "authorization_endpoint": f"{ends}/authorize",
                "token_endpoint": f"{ends}/token",
                "device_authorization_endpoint": f"{ends}/device",
            }
            if member:
                document[member] = f"http://{listener.address}/token"
            return Response(200, {}, document)

        with tempfile.TemporaryDirectory() as folder:
            bundle = Path(folder) / "authority.pem"
            with serving(respond, bundle) as (address, _):
                own.append(address)
                _use(
                    _connected(
                        address.replace("127.0.0.1", "localhost"),
                        POWERAUTOMATE_AUTHORITY_HOST=f"https://{address}",
                        POWERAUTOMATE_CA_BUNDLE=str(bundle),
                        POWERAUTOMATE_TENANT_ID="t",
                        POWERAUTOMATE_CLIENT_ID="4a6f1c52-0000-4000-8000-0000000000c2",
                        POWERAUTOMATE_CLIENT_SECRET=SECRET,
                    )
                )
        assert any("openid-configuration" in path for path in asked)
        assert member or "/token" in asked, "the token was not asked for"

    return attempt


ATTEMPTS: Mapping[str, Callable[[Listener], None]] = {
    "redirect 301": _redirect(301),
    "redirect 302": _redirect(302),
    "redirect 307": _redirect(307),
    "redirect 308": _redirect(308),
    "next page": _next_link("http://{foreign}/api/data/v9.2/workflows"),
    "next page behind a user name": _next_link("http://{own}@{foreign}/api/data/v9.2/workflows"),
    "next page behind a backslash": _next_link("http://{own}\\@{foreign}/api/data/v9.2/"),
    "next page without a scheme": _next_link("//{foreign}/api/data/v9.2/workflows"),
    "location of a long operation": _header("Location", 202),
    "address of a new row": _header("OData-EntityId", 204),
    "part of a batch": _batch_part,
    "user name in the address": _address("https://contoso.crm4.dynamics.com@{foreign}"),
    "lookalike host": _address("https://contoso.crm4.dynamics.com.{foreign}"),
    "lookalike letters": _address("https://contoso.crm4.dyn\u0430mics.com"),
    "http instead of https": _address("http://contoso.crm4.dynamics.com"),
    "proxy": _proxy,
    ".netrc": _netrc,
    "token endpoint elsewhere": _sign_in("token_endpoint"),
    "redirect of the token request": _sign_in(""),
}
