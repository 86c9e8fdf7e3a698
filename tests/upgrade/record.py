"""
Keep the state that a release leaves behind: `python -m tests.upgrade.record 0.1.0`.

Run in a checkout of the release, with its code, when it is made; the file is never written again.
It holds the stack as `pulumi stack export` gives it and what was in the emulator's database. What
differs from run to run (the emulator's address, the folder of the packages) is a placeholder, and
what names the machine (call stacks) is left out.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine_project import EngineProject

STATES = Path(__file__).parent / "states"
URL, HOST, FOLDER = "{url}", "{host}", "{folder}"
_ABOUT_THE_MACHINE = ("stackTrace", "sourcePosition")


def main(release: str) -> None:
    """Deploy the program of a release and write its state."""
    code = importlib.import_module(
        f"tests.upgrade.program_{release.replace('.', '_').replace('-', '_')}"
    )
    checkout = str(Path(__file__).resolve().parents[2])
    with tempfile.TemporaryDirectory() as name, Emulator(database=f"{name}/rows.db") as emulator:
        folder = Path(name)
        emulator.control.switches(import_seconds=0.3)
        code.packages(folder)
        project = EngineProject(
            folder, emulator, environment={**emulator.environment, "PYTHONPATH": checkout}
        )
        project.up(lambda: code.program(folder, emulator.url))
        deployment = project._stack.export_stack().deployment
        emulator.close()
        kept = {"deployment": _stripped(deployment), "database": _database(folder / "rows.db")}
        text = json.dumps(kept, indent=1, ensure_ascii=False)
        for value, placeholder in (
            (emulator.url, URL), (emulator.url.partition("://")[2], HOST), (name, FOLDER)
        ):  # fmt: skip
            text = text.replace(value, placeholder)
        (STATES / f"{release}.json").write_text(text + "\n", "utf-8")


def _database(file: Path) -> list[dict[str, Any]]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT entity, id, data FROM rows ORDER BY entity, id")
        return [
            {"entity": entity, "id": key, "data": json.loads(data)} for entity, key, data in rows
        ]


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _stripped(item) for key, item in value.items() if key not in _ABOUT_THE_MACHINE
        }
    return [_stripped(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    for variable in [name for name in os.environ if name.startswith(("POWERAUTOMATE_", "PULUMI_"))]:
        del os.environ[variable]
    main(sys.argv[1])
