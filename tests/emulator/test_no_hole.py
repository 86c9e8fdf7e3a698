"""An emulator with a control surface is no door for web pages, and large requests end none."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call

FOREIGN = (
    {"Origin": "http://evil.com"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://127.0.0.1.evil.com"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "evil.com"},
    {"Host": "evil.com:80"},
    {"Host": "localhost.evil.com"},
    {"Host": "127.0.0.1.evil.com:80"},
    {"Host": "0x7f.1"},
    {"Host": "[::1].evil.com"},
)


def _root(emulator: Emulator) -> str:
    return emulator.environment["POWERAUTOMATE_ENVIRONMENT_URL"]


@pytest.mark.parametrize("headers", FOREIGN, ids=json.dumps)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "reset"), ("POST", "tokens"), ("POST", "rows/workflows"), ("GET", "rows/workflows")],
)
def test_pages_cannot_control(
    emulator: Emulator, method: str, path: str, headers: dict[str, str]
) -> None:
    """Requests of a browser for a page of somebody else are refused, by address and by name."""
    emulator.control.insert("workflows", {"name": "Kept", "category": 5, "type": 1})
    for content in ("text/plain", "application/json"):
        answer = requests.request(
            method,
            f"{_root(emulator)}/__emulator__/{path}",
            data="{}",
            headers={"Content-Type": content, **headers},
            timeout=30,
        )
        assert answer.status_code == 403
        assert "Kept" not in answer.text
    assert [row["name"] for row in emulator.control.rows("workflows")] == ["Kept"]


def test_names_of_its_own(emulator: Emulator) -> None:
    """Numbers, localhost and its own page are taken; the API knows foreign names no more."""
    port = urlsplit(_root(emulator)).port
    for headers in (
        {"Host": f"localhost:{port}"},
        {"Host": f"[::1]:{port}"},
        {"Origin": f"http://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "none"},
    ):
        answer = requests.get(f"{_root(emulator)}/__emulator__/stats", headers=headers, timeout=30)
        assert answer.status_code == 200, headers
    url = f"{_root(emulator)}/api/data/v9.2/WhoAmI"
    bearer = {"Authorization": "Bearer emulator"}
    assert requests.get(url, headers=bearer, timeout=30).status_code == 200
    rebound = requests.get(url, headers={**bearer, "Host": "evil.com"}, timeout=30)
    assert rebound.status_code == 403


@pytest.mark.parametrize(
    "condition",
    [
        "not " * 5000 + "name eq 'a'",
        "(" * 3000 + "name eq 'a'" + ")" * 3000,
        "statecode eq " + "9" * 5000,
        "statecode eq -" + "9" * 5000,
        "statecode eq 1." + "9" * 5000,
        " or ".join(["name eq 'a'"] * 3000),
        "name eq '" + "a" * 40_000 + "'",
    ],
    ids=lambda text: text[:12],
)
def test_large_filters(emulator: Emulator, condition: str) -> None:
    """Refused as the service does, and no failure of the server's own."""
    answer = call(emulator, "GET", f"workflows?$filter={condition}")
    assert answer.status_code in (400, 414)


@pytest.mark.parametrize(
    "body",
    [
        '{"a":' * 90_000 + "1" + "}" * 90_000,
        '{"name":"x","statecode":' + "9" * 5000 + "}",
        "[" * 500,
    ],
    ids=lambda text: text[:12],
)
def test_deep_bodies(emulator: Emulator, body: str) -> None:
    """To the API and to the control surface."""
    for url, headers in (
        (f"{_root(emulator)}/api/data/v9.2/workflows", {"Authorization": "Bearer emulator"}),
        (f"{_root(emulator)}/__emulator__/faults", {}),
    ):
        sent = {**headers, "Content-Type": "application/json"}
        assert requests.post(url, data=body, headers=sent, timeout=30).status_code == 400
