"""An adoption that stops in the middle: whatever files are there, the next run completes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.harness.cli_runner import Command

# What is written anew by each run, in an order of its own.
OWN = ("import.json", "adopted.json")


def stop_anywhere(command: Command, *more: str) -> None:
    """Adopt all, then once more for each number of files that there may be; all end alike."""
    asked = ("adopt", "--all", "--project", "whole", *more)
    assert command(*asked, "-o", "whole").code == 0
    whole = Path("whole")
    resources = json.loads((whole / "import.json").read_text("utf-8"))["resources"]
    written = sorted(
        (path for path in whole.rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_mtime_ns,
    )
    for number in range(1, len(written)):
        # What is there after that many files, each of which is written whole or not at all.
        folder = Path(f"try-{number}")
        for path in written[:number]:
            target = folder / path.relative_to(whole)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        assert command(*asked, "-o", str(folder)).code == 0
        imported = json.loads((folder / "import.json").read_text("utf-8"))["resources"]
        assert {item["name"] for item in imported} == {item["name"] for item in resources}
        for path in written:
            if path.name not in OWN:
                again = (folder / path.relative_to(whole)).read_text("utf-8")
                assert again == path.read_text("utf-8"), path
