"""
Documented exchanges, replayed against the emulator.

In an expected value a text that starts with `~` is a regular expression; members that are not named
do not matter. `save` keeps members of an answer for later requests (`{name}`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator

CONTRACTS = sorted((Path(__file__).parent / "contracts").glob("*.json"))


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_documented_exchanges(emulator: Emulator, path: Path) -> None:
    """Each request of a file, in its order, is answered as documented."""
    root = f"{emulator.url}/api/data/v9.2/"
    saved: dict[str, str] = {}
    for exchange in json.loads(path.read_text("utf-8"))["exchanges"]:
        asked, expected = exchange["request"], exchange["answer"]
        where = asked["path"].format_map(saved) if "{" in asked["path"] else asked["path"]
        headers = {
            name: value.format_map(saved) for name, value in asked.get("headers", {}).items()
        }
        answer = requests.request(
            asked["method"],
            where if "://" in where else root + where,
            json=asked.get("body"),
            headers={"Authorization": "Bearer emulator", **headers},
            timeout=30,
        )
        told = f"{exchange['what']}: {answer.status_code} {answer.text[:500]}"
        assert answer.status_code == expected["status"], told
        for name, pattern in expected.get("headers_match", {}).items():
            assert re.search(pattern, answer.headers[name]), told
        if "text" in expected:
            assert answer.text == expected["text"], told
        if "body" in expected:
            assert _holds(expected["body"], answer.json()), told
        for name, member in expected.get("save", {}).items():
            saved[name] = answer.json()[member]


def _holds(expected: Any, found: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            key in found and _holds(value, found[key]) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(expected) == len(found) and all(map(_holds, expected, found))
    if isinstance(expected, str) and expected.startswith("~"):
        return re.search(expected[1:], found) is not None
    return bool(expected == found)
