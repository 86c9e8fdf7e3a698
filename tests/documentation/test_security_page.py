"""The table of threats names tests that are there, and addresses that are counted."""

from __future__ import annotations

import re
from pathlib import Path

from tests.harness.hostile_addresses import ADDRESSES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "sdk-docs" / "security.md").read_text("utf-8")


def test_every_threat_is_held_by_a_test() -> None:
    """Each row links to files of tests."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) >= 14
    for row in rows:
        named = re.findall(r"\[`(tests/[\w/.]+)`\]\(\.\./(tests/[\w/.]+)\)", row)
        assert named, row
        for shown, target in named:
            assert shown == target
            assert (ROOT / target).is_file(), target


def test_numbers() -> None:
    """The number of addresses is not more than there are."""
    told = re.search(r"(\d+) addresses", PAGE)
    assert told is not None
    assert int(told[1]) <= len(ADDRESSES)
