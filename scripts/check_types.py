"""
`mypy --strict` over everything: the package, scripts and tests at once, then each example.

An example is a project of its own, run in its folder, and several have a `__main__.py`: mypy takes
them one by one, as a person who works in the folder would.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mypy import api

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
_CACHE = ROOT / ".mypy_cache"


def programs() -> list[Path]:
    """The folders of examples that have Python in them."""
    return sorted(folder for folder in EXAMPLES.iterdir() if any(folder.rglob("*.py")))


def main() -> int:
    """Print what mypy finds; 1 when that is anything."""
    found = _check(ROOT, _CACHE)
    for folder in programs():
        found |= _check(folder, _CACHE / "examples", ".")
    return found


def _check(folder: Path, cache: Path, *files: str) -> int:
    """Run mypy in a folder, on files or on those that the settings name."""
    # In this process: to start Python and mypy for each takes longer than to check it.
    os.chdir(folder)
    settings = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache)]
    printed, errors, status = api.run([*settings, *files])
    if status:
        print(f"{folder}:\n{printed}{errors}", end="", file=sys.stderr)
    return int(bool(status))


if __name__ == "__main__":
    sys.exit(main())
