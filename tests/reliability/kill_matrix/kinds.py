"""Every kind of resource in the kill matrix."""

from __future__ import annotations

from pathlib import Path

from tests.reliability.kill_matrix.access import Share, ShareList
from tests.reliability.kill_matrix.bindings import Reference, Variable
from tests.reliability.kill_matrix.flows import Flow, Solution, SolutionInOneRequest, members
from tests.reliability.kill_matrix.kind import Kind


def all_kinds(folder: Path) -> list[Kind]:
    """Every kind; packages are written into the folder."""
    return [Flow("off"), Flow("on"), *members(), Share(), ShareList(), Solution(folder),
            Reference(), Variable()]  # fmt: skip


def alone(folder: Path) -> list[Kind]:
    """Kinds with a scene of their own: an environment runs one import at a time."""
    return [SolutionInOneRequest(folder)]
