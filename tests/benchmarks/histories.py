"""Random histories and the kill matrix: how many were run, and how many ended wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.benchmarks.figure import Figure, at_least, exactly, seen
from tests.reliability.histories.run import soak
from tests.reliability.kill_matrix.matrix import measure as kill

# The full size takes hours; what is run by default, minutes.
_FULL = bool(os.environ.get("BENCH_FULL"))
_SEED = 500
_WORKERS = 4
# Histories over gRPC mostly wait.
_WAITING = 16 if _FULL else _WORKERS
_CELLS = 180


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _histories("fault.histories_of_programs", "programs", 10_000 if _FULL else 20)
    yield from _histories("fault.histories_through_a_proxy", "proxied", 4000 if _FULL else 20)
    yield from _histories("fault.histories", "deployments", 4000 if _FULL else 40)
    yield from _histories("fault.histories_of_flows", "flows", 5000 if _FULL else 60)
    yield from _histories("share.histories", "shares", 1000 if _FULL else 60)
    yield from _histories("fault.engine_histories", "stacks", 300 if _FULL else 4)
    outcomes = kill(2)
    yield at_least("fault.kill_cells", len(outcomes), _CELLS, "cells")
    wrong = sum(not outcome.ups for outcome in outcomes)
    yield exactly("fault.kill_cells_wrong", wrong, 0, "cells")


def _histories(name: str, kind: str, count: int) -> Iterator[Figure]:
    wrong = soak(kind, count, _SEED, _WORKERS if kind == "stacks" else _WAITING)
    yield seen(name, count, "histories")
    yield exactly(f"{name}_wrong", len(wrong), 0, "histories")
