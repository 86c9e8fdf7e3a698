"""
Recorded exchanges, replayed: does the emulator answer like that, and does the client take it?

Ids of a recording stand for rows. Where an answer brings a new one, the id that the emulator has
given takes its place in everything that follows.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

import requests

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.conformance.anonymise import HOST, TEXT
from pulumi_powerautomate.conformance.exchange import read_exchange
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import AuthenticationError, DataverseError, PowerAutomateError
from tests.harness import http_server
from tests.harness.emulator_api import call

_ID = re.compile(r"00000000-0000-4000-8000-\d{12}")
_ROOT = re.compile(rf"https?://{re.escape(HOST)}")
_TIME = re.compile(r"2000-01-01T00:00:00")
# Where a recorded answer has one of these, or has it not, the emulator's has to be alike.
_HEADERS = ("OData-Version", "REQ_ID", "x-ms-service-request-id", "OData-EntityId", "Location")
_PATIENCE = 20.0


class Replay:
    """A recording against an emulator."""

    def __init__(self, emulator: Emulator, fixture: Mapping[str, Any]) -> None:
        self._emulator = emulator
        self._known: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        me = call(emulator, "GET", "WhoAmI").json()
        for name, member in (("user", "UserId"), ("business_unit", "BusinessUnitId"),
                             ("organization", "OrganizationId")):  # fmt: skip
            self._known[fixture["caller"][name]] = me[member]

    def disagreement(self, exchange: Mapping[str, Any]) -> str:
        """The difference of the emulator's response; empty where there is none."""
        answer = self._sent(exchange)
        recorded = exchange["answer"]
        wanted = read_exchange("", {"request": exchange["request"], "response": recorded})
        if answer.status_code != wanted.status:
            return f"status {answer.status_code} {answer.text[:200]}, recorded {wanted.refusal}"
        for name in _HEADERS:
            if (name in answer.headers) != bool(wanted.header(name)):
                return f"header {name} is {'there' if name in answer.headers else 'missing'}"
        entity = wanted.header("OData-EntityId")
        if entity:
            self._bind(entity, answer.headers["OData-EntityId"])
        body = answer.json() if "json" in answer.headers.get("Content-Type", "") else None
        if wanted.code:
            code = str((body or {}).get("error", {}).get("code", "")).lower()
            return "" if code == wanted.code else f"code {code}, recorded {wanted.code}"
        return self._differs(wanted.body, body, "")

    def _sent(self, exchange: Mapping[str, Any]) -> requests.Response:
        asked = json.loads(self._filled(json.dumps(exchange["request"])))
        end = time.monotonic() + _PATIENCE
        while True:
            answer = requests.request(
                asked["method"],
                f"{self._emulator.url}/api/data/v9.2/{asked['path']}",
                json=asked.get("body"),
                headers={"Authorization": "Bearer emulator", **asked.get("headers", {})},
                timeout=30,
            )
            recorded = exchange["answer"].get("body")
            state = recorded.get("statecode") if isinstance(recorded, dict) else None
            follows = asked["path"].startswith("asyncoperations(") and answer.ok and state == 3
            if not follows or answer.json()["statecode"] == 3 or time.monotonic() > end:
                return answer
            time.sleep(0.1)

    def _filled(self, text: str) -> str:
        text = _ROOT.sub(self._emulator.url, text)
        for recorded, found in self._versions.items():
            text = text.replace(recorded, found)
        return _ID.sub(lambda found: self._known.get(found[0], found[0]), text)

    def _bind(self, recorded: str, found: str) -> None:
        wanted = _ID.findall(recorded)
        given = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", found)
        self._known.update(zip(wanted, given, strict=False))

    def _differs(self, recorded: Any, found: Any, where: str) -> str:
        if isinstance(recorded, dict):
            if not isinstance(found, dict):
                return f"{where or 'the body'} is no object"
            for name, value in recorded.items():
                if name not in found:
                    return f"{where}/{name} is missing"
                differs = self._differs(value, found[name], f"{where}/{name}")
                if differs:
                    return differs
            return ""
        if isinstance(recorded, list):
            if not isinstance(found, list) or bool(recorded) != bool(found):
                return f"{where} is {str(found)[:80]}"
            return self._differs(recorded[0], found[0], f"{where}/0") if recorded else ""
        if isinstance(recorded, str) and isinstance(found, str):
            return self._text_differs(recorded, found, where)
        if isinstance(recorded, (int, float)) and isinstance(found, (int, float)):
            return ""
        return "" if type(recorded) is type(found) else f"{where} is {found!r}, not {recorded!r}"

    def _text_differs(self, recorded: str, found: str, where: str) -> str:
        if recorded.startswith('W/"'):
            self._versions[json.dumps(recorded)] = json.dumps(found)
            return ""
        if recorded == TEXT or _TIME.search(recorded) or recorded.startswith(("<", "{")):
            return ""
        if _ID.search(recorded):
            self._bind(recorded, found)
        if where.startswith("/@odata.") or "FormattedValue" in where or _ID.search(recorded):
            return ""
        return "" if recorded == found else f"{where} is {found!r}, recorded {recorded!r}"


def emulator_disagreements(emulator: Emulator, fixture: Mapping[str, Any]) -> list[str]:
    """The differences between an emulator and the recording, exchange by exchange."""
    replay = Replay(emulator, fixture)
    found = []
    for exchange in fixture["exchanges"]:
        differs = replay.disagreement(exchange)
        if differs:
            found.append(f"{exchange['what']}: {differs}")
    return found


def client_disagreements(fixture: Mapping[str, Any]) -> list[str]:
    """Recorded answers that the client does not take for what they are."""
    found = []
    with _server() as server:
        variables = {
            "POWERAUTOMATE_ENVIRONMENT_URL": f"http://127.0.0.1:{server.server_port}",
            "POWERAUTOMATE_ACCESS_TOKEN": "recorded",
        }
        client = DataverseClient(resolve(environ=variables), max_concurrency=1)
        for exchange in fixture["exchanges"]:
            if exchange["answer"]["status"] != 304:
                server.answer = exchange["answer"]
                differs = _taken(client, exchange)
                if differs:
                    found.append(f"{exchange['what']}: {differs}")
        client.close()
    return found


def _taken(client: DataverseClient, exchange: Mapping[str, Any]) -> str:
    request, recorded = exchange["request"], exchange["answer"]
    wanted = read_exchange("", {"request": request, "response": recorded})
    transport = client.transport
    try:
        answer = transport.send(
            request["method"], "recorded", action="replay", deadline=transport.deadline(),
            body={}, repeatable=False,
        )  # fmt: skip
    except DataverseError as error:
        same = (error.status, error.code.lower()) == (wanted.status, wanted.code)
        return "" if same else f"taken for {error.status} {error.code}"
    except AuthenticationError as error:
        return "" if wanted.status == 401 else f"not taken: {error}"
    except PowerAutomateError as error:
        return f"not taken: {error}"
    if answer.status != wanted.status:
        return f"taken for {answer.status}"
    missing = [name for name in wanted.body or {} if name not in answer.body]
    return f"members lost: {missing}" if missing else ""


class _Server(ThreadingHTTPServer):
    answer: Mapping[str, Any]


class _Handler(http_server.Handler):
    protocol_version = "HTTP/1.1"

    def _respond(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = self.server
        assert isinstance(server, _Server)
        answer = server.answer
        body = answer.get("body")
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response_only(answer["status"])
        for name, value in answer["headers"].items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value.encode("ascii", "replace").decode())
        if answer["status"] != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _respond


@contextmanager
def _server() -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    with http_server.running(server):
        yield server
