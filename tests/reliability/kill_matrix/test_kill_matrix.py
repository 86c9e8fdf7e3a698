"""A sample of the kill matrix; `make kills` runs all of it and writes `sdk-docs/kill-matrix.md`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.kill_matrix.cells import VICTIMS
from tests.reliability.kill_matrix.kind import Kind
from tests.reliability.kill_matrix.kinds import all_kinds, alone
from tests.reliability.kill_matrix.matrix import attempt, complaints
from tests.reliability.kill_matrix.scene import Scene

pytestmark = pytest.mark.engine
PAGE = Path(__file__).resolve().parents[3] / "sdk-docs" / "kill-matrix.md"
# What is most delicate of each hook.
_SAMPLE = (("create", "last"), ("update", "between"), ("delete", "between"), ("replace", "last"))
# One of each hook; `make kills` through the native provider runs the rest.
_NATIVE_SAMPLE = (
    ("create", "done"), ("update", "between"), ("delete", "sent"), ("replace", "between"),
    ("refresh", "sent"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "hook", "moment", "native"),
    [
        *((all_kinds, *item, False) for item in _SAMPLE),
        *((all_kinds, *item, True) for item in _NATIVE_SAMPLE),
        (alone, "create", "done", False),
        (alone, "create", "done", True),
    ],
)
def test_all_is_as_declared_after_two_ups(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kinds: Callable[[Path], list[Kind]],
    hook: str,
    moment: str,
    native: bool,
) -> None:
    """Every kind of resource, whoever is killed, through both providers."""
    # Set so that it is restored: the project adds the engine's folder.
    monkeypatch.setenv("PATH", os.environ["PATH"])
    scene = Scene(tmp_path, kinds, native=native)
    try:
        scene.prepare(hook)
        outcomes = [
            outcome for victim in VICTIMS for outcome in attempt(scene, hook, moment, victim)
        ]
    finally:
        scene.close()
    assert outcomes
    assert not complaints(outcomes)


def test_page_has_no_wrong_cell() -> None:
    """The page was written by a run in which every cell ended right, and there are enough."""
    text = PAGE.read_text("utf-8")
    figures = re.findall(r"(\d+) cells on the real engine; in (\d+)", text)
    assert len(figures) == 1
    cells, right = map(int, figures[0])
    assert cells == right >= 180
    assert "wrong" not in text.partition("## create")[2]
