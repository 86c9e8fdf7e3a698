"""The page about signing in says what is true."""

from __future__ import annotations

import re
from pathlib import Path

from pulumi_powerautomate.config import AUTH_METHODS, CLOUDS
from tests.harness.frequent_errors import FREQUENT

_PAGE = (Path(__file__).parents[2] / "sdk-docs" / "sign-in.md").read_text("utf-8")


def test_frequent_errors() -> None:
    """The table of errors lists those that a test produces, and no other."""
    table = _PAGE.partition("## The twenty most frequent errors")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) == list(FREQUENT)


def test_clouds() -> None:
    """Each cloud with its hosts and its sign-in service."""
    for cloud in CLOUDS:
        row = next(line for line in _PAGE.splitlines() if line.startswith(f"| `{cloud.name}`"))
        assert cloud.authority.removeprefix("https://") in row
        assert all(suffix in row for suffix in cloud.suffixes)


def test_each_way_can_be_asked_for() -> None:
    """Each switch and each credential is explained."""
    for way, switch in AUTH_METHODS.items():
        assert f"`{switch or way}`" in _PAGE
