"""Inputs that people met with a real service or tool, as `tests/cases` keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pulumi_powerautomate.flow import parse_json

FOLDER = Path(__file__).parents[1] / "cases"


def document(name: str) -> Any:
    """One of the JSON documents."""
    return parse_json((FOLDER / f"{name}.json").read_text("utf-8"))
