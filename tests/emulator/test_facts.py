"""The table of facts: complete, generated into the documentation, and true of each example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

import pulumi_powerautomate.emulator as package
from pulumi_powerautomate.emulator import Emulator, bulk, facts, router
from pulumi_powerautomate.emulator.error_facts import ERRORS
from pulumi_powerautomate.emulator.fact import Fact
from pulumi_powerautomate.emulator.query import intervals

_ROOT = Path(__file__).parents[2]
_SOURCES = Path(package.__file__).parent
_SURE = {"documented", "recorded", "reported", "open", "501"}


@pytest.mark.parametrize("fact", list(facts.facts()), ids=lambda fact: fact.name[:60])
def test_an_example_is_answered_as_listed(emulator: Emulator, fact: Fact) -> None:
    """The status that the table says; a 501 names what is missing."""
    method, _, path = fact.example.partition(" ")
    response = requests.request(
        method,
        f"{emulator.url}/api/data/v9.2/{path}",
        json={} if method == "POST" else None,
        headers={"Authorization": "Bearer emulator", "Accept": fact.accept},
        timeout=30,
    )
    assert response.status_code == fact.status, response.text[:300]
    assert fact.sure in _SURE
    assert bool(fact.source) or fact.sure in ("open", "501")
    if fact.status == 501:
        assert "The emulator does not implement" in response.json()["error"]["message"]


def test_every_operation_is_listed() -> None:
    """Functions and actions of the router."""
    listed = {fact.name.strip("`") for fact in facts.facts()}
    known = {*router.FUNCTIONS, *router.ACTIONS, *router.BOUND_FUNCTIONS, *router.BOUND_ACTIONS}
    assert known | set(bulk.NAMES) <= listed
    assert intervals.NAMED


def test_every_error_code_is_listed() -> None:
    """Codes that the sources name, and no others."""
    found = set()
    for path in _SOURCES.rglob("*.py"):
        if path.name not in ("error_facts.py", "request_facts.py") and "entra" not in path.parts:
            text = path.read_text("utf-8")
            found |= {code.lower() for code in re.findall(r"0x8[0-9a-fA-F]{7}\b", text)}
    assert found == set(ERRORS)


def test_the_page_is_generated() -> None:
    """`python -m pulumi_powerautomate.emulator.facts > sdk-docs/emulator-facts.md`."""
    assert (_ROOT / "sdk-docs" / "emulator-facts.md").read_text("utf-8") == facts.page()
