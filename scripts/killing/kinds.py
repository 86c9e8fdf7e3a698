"""Every kind of resource in the kill matrix."""

from __future__ import annotations

from pathlib import Path

from scripts.killing.access import Share, ShareList
from scripts.killing.bindings import Reference, Variable
from scripts.killing.flows import Flow, Solution, members
from scripts.killing.kind import Kind


def all_kinds(folder: Path) -> list[Kind]:
    """Every kind; packages are written into the folder."""
    return [Flow("off"), Flow("on"), *members(), Share(), ShareList(), Solution(folder),
            Reference(), Variable()]  # fmt: skip
