"""The list of behaviours and their files in CONTRIBUTING, held to the files."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_FEWEST = 40


def _rows() -> list[tuple[str, list[str]]]:
    page = (_ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = page.split("## One guess", 1)[1].split("\n## ", 1)[0]
    found = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 2 and "`" in cells[1] and "File in" not in line:
            found.append((cells[0], re.findall(r"`([^`]+)`", cells[1])))
    return found


def test_every_file_exists() -> None:
    """A file that moves takes its line along."""
    missing = [
        name
        for _, names in _rows()
        for name in names
        if not (_ROOT / "pulumi_powerautomate" / name).is_file()
    ]
    assert missing == []


def test_the_list_is_long_enough() -> None:
    """Behaviours are named once."""
    behaviours = [behaviour for behaviour, _ in _rows()]
    assert len(behaviours) == len(set(behaviours)) >= _FEWEST
