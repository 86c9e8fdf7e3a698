"""
The table of scenarios in sdk-docs/reliability.md: its last column names the tests.

`python -m tests.reliability.faults.table` fills that column from the names of the test functions.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
PAGE = _ROOT / "sdk-docs" / "reliability.md"
_NAME = re.compile(r"test_scenario_(\d\d)_\w+")
_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \|(.*)\|$", re.MULTILINE)


def named_tests() -> dict[int, list[str]]:
    """The tests of each scenario, `file::function` as pytest takes them."""
    found: dict[int, list[str]] = {}
    for path in sorted((_ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            match = _NAME.fullmatch(node.name) if isinstance(node, ast.FunctionDef) else None
            if match:
                name = f"{path.relative_to(_ROOT).as_posix()}::{match[0]}"
                found.setdefault(int(match[1]), []).append(name)
    return found


def rows(page: str) -> dict[int, list[str]]:
    """The tests that the page names for each scenario; a number that comes twice is an error."""
    found: dict[int, list[str]] = {}
    for number, _, _, named in _ROW.findall(page):
        if int(number) in found:
            raise ValueError(f"scenario {number} is listed twice")
        found[int(number)] = re.findall(r"`([^`]+)`", named)
    return found


def filled(page: str) -> str:
    """The page with its last column as the tests are."""
    tests = named_tests()

    def row(match: re.Match[str]) -> str:
        named = "<br>".join(f"`{name}`" for name in tests.get(int(match[1]), []))
        return f"| {match[1]} | {match[2]} | {match[3]} | {named} |"

    return _ROW.sub(row, page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
