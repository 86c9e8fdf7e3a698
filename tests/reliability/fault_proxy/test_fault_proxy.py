"""The fault proxy: what it does to an exchange, seen by Python's own HTTP client."""

from __future__ import annotations

import gzip
import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.harness import http_server
from tests.reliability.fault_proxy.handle import FaultProxy, rule
from tests.reliability.fault_proxy.presets import PRESETS


class _Server(http.server.ThreadingHTTPServer):
    """Counts what it is asked, and says how often."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []


class _Handler(http_server.Handler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path}")
        body = json.dumps({"@etag": 'W/"7"', "path": self.path, "count": len(self.server.asked)})
        self.send_response(200)
        self.send_header("ETag", 'W/"7"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server()
    with http_server.running(server):
        yield server


@pytest.fixture
def proxy(server: _Server) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{server.server_address[1]}") as proxy:
        yield proxy


def _ask(
    proxy: FaultProxy, path: str = "/", method: str = "GET"
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10)
    try:
        connection.request(method, path, "question" if method == "POST" else None)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_it_knows_nothing_of_what_is_tested(proxy: FaultProxy) -> None:
    """Nothing but the standard library is loaded in its process, and none of the package."""
    _ask(proxy)
    strangers = {"pulumi_powerautomate", "pulumi", "requests", "urllib3", "grpc", "msal", "tests"}
    assert not strangers & set(proxy.modules())


def test_without_a_rule_nothing_changes(proxy: FaultProxy, server: _Server) -> None:
    """The server's response arrives as it is."""
    response, body = _ask(proxy, "/a?b=c", "POST")
    assert response.headers["ETag"] == 'W/"7"'
    assert json.loads(body)["path"] == "/a?b=c"
    assert server.asked == ["POST /a?b=c"]


_CUT = (http.client.HTTPException, ConnectionError, ValueError)


@pytest.mark.parametrize(
    "name", [name for name in PRESETS if name.startswith(("reset", "cut", "noise"))]
)
def test_connection_that_breaks(proxy: FaultProxy, server: _Server, name: str) -> None:
    """It breaks for the client; the server has carried the request out, or never seen it."""
    proxy.begin([rule(name)])
    if name == "cut-in_head":
        # Python's client takes a head that ends early for a whole one.
        assert _ask(proxy)[1] == b""
    else:
        with pytest.raises(_CUT):
            _ask(proxy)
    if name != "reset-in_request":
        # Python's server carries out a request of which it has half.
        assert len(server.asked) == (0 if name in ("reset-before", "noise") else 1)
    assert _ask(proxy)[0].status == 200


@pytest.mark.parametrize("name", [name for name in PRESETS if PRESETS[name]["do"] == "answer"])
def test_answer_of_its_own(proxy: FaultProxy, server: _Server, name: str) -> None:
    """It answers itself, and forwards the request only when the name says so."""
    proxy.begin([rule(name)])
    response, body = _ask(proxy)
    preset = PRESETS[name]
    assert (response.status, body.decode()) == (preset["status"], preset["body"])
    assert response.headers.get("Retry-After") == preset["headers"].get("Retry-After")
    assert len(server.asked) == (1 if name.endswith("-after") else 0)


def test_lengths_and_encodings(proxy: FaultProxy) -> None:
    """Wrong lengths, two lengths, gzip that is whole, cut or corrupt, chunks that are bad."""
    proxy.begin([rule("length-shorter")])
    assert len(_ask(proxy)[1]) == len(_ask(proxy)[1]) - 7
    proxy.begin([rule("length-two")])
    assert len(_ask(proxy)[0].headers.get_all("Content-Length") or []) == 2
    proxy.begin([rule("gzip-whole")])
    response, body = _ask(proxy)
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["path"] == "/"
    for name in ("gzip-cut", "gzip-corrupt", "gzip-untrue"):
        proxy.begin([rule(name)])
        with pytest.raises((EOFError, OSError, ValueError)):
            json.loads(gzip.decompress(_ask(proxy)[1]))
    for name in ("length-longer", "chunks-bad", "chunks-cut"):
        proxy.begin([rule(name)])
        with pytest.raises(_CUT):
            _ask(proxy)
    proxy.begin([rule("chunks-whole")])
    assert json.loads(_ask(proxy)[1])["path"] == "/"


def test_request_delivered_twice(proxy: FaultProxy, server: _Server) -> None:
    """The first response, the second, or the first with the second delivery before what follows."""
    proxy.begin([rule("twice-first")])
    assert json.loads(_ask(proxy)[1])["count"] == 1
    proxy.begin([rule("twice-second")])
    assert json.loads(_ask(proxy)[1])["count"] == 4
    proxy.begin([rule("twice-late")])
    assert json.loads(_ask(proxy, "/late")[1])["count"] == 5
    assert len(server.asked) == 5
    _ask(proxy, "/next")
    assert server.asked[5:] == ["GET /late", "GET /next"]


def test_earlier_answers(proxy: FaultProxy, server: _Server) -> None:
    """A stale read repeats the first response, a swapped one is another request's."""
    _ask(proxy, "/a")
    _ask(proxy, "/b")
    proxy.begin([rule("stale", path="/a")], forget=False)
    assert json.loads(_ask(proxy, "/a")[1]) == {"@etag": 'W/"7"', "path": "/a", "count": 1}
    assert len(server.asked) == 2
    proxy.begin([rule("swapped", path="/a")], forget=False)
    assert json.loads(_ask(proxy, "/a")[1])["path"] == "/b"
    assert len(server.asked) == 3


def test_versions_and_forms(proxy: FaultProxy) -> None:
    """Another ETag in header and body, a mark before the body, a bare head, many headers."""
    proxy.begin([rule("etag")])
    response, body = _ask(proxy)
    assert 'W/"7"' not in (response.headers["ETag"], json.loads(body)["@etag"])
    proxy.begin([rule("dress-bom")])
    assert _ask(proxy)[1].startswith(b"\xef\xbb\xbf{")
    proxy.begin([rule("dress-bare")])
    assert "ETag" not in _ask(proxy)[0].headers
    proxy.begin([rule("dress-many_headers")])
    with pytest.raises(http.client.HTTPException, match="headers"):
        _ask(proxy)


def test_rules_count(proxy: FaultProxy) -> None:
    """A rule is for the nth request that matches and for as many as it says; the log tells."""
    proxy.begin([rule("false-204", path="/x", method="POST", nth=2, times=1)])
    statuses = [_ask(proxy, path, "POST")[0].status for path in ("/x", "/y", "/x", "/x")]
    assert statuses == [200, 200, 204, 200]
    assert [item["fault"] for item in proxy.log()] == ["", "", "false-204", ""]
    proxy.end()
    assert _ask(proxy, "/x", "POST")[0].status == 200


def test_one_request_overtakes_another(proxy: FaultProxy, server: _Server) -> None:
    """A request that is held until another one has been answered."""
    proxy.begin([rule("reorder-request", path="/first") | {"seconds": 30}])
    first = threading.Thread(target=_ask, args=(proxy, "/first"))
    first.start()
    while not proxy.log():
        pass
    _ask(proxy, "/second")
    first.join()
    assert server.asked == ["GET /second", "GET /first"]


def test_limit_of_connections(proxy: FaultProxy) -> None:
    """One more than the limit is reset."""
    proxy.begin(limit=1)
    held = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10)
    held.request("GET", "/")
    held.getresponse().read()
    with pytest.raises(_CUT):
        _ask(proxy)
    held.close()
