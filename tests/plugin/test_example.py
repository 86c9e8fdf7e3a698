"""The example in YAML, as its reader runs it."""

from __future__ import annotations

import shutil
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine_project import changes
from tests.plugin.conftest import NativeProject

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "yaml"


def test_yaml(native: NativeProject, emulator: Emulator) -> None:
    """The called flow first, both on, shared, and nothing left."""
    shutil.copy(EXAMPLE / "Pulumi.yaml", native.folder)
    native.environment["PULUMI_STACK"] = "example"
    native.pulumi("stack", "init", "example")
    assert "4 to create" in changes(native.preview())
    assert native.sent() == []
    native.up()
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert len(emulator.control.rows("principalobjectaccessset")) == 1
    assert changes(native.up()) == "4 unchanged"
    native.destroy()
    assert emulator.control.rows("workflows") == []
