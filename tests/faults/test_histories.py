"""A few histories of `make soak`, so that what they check is checked with every change."""

from __future__ import annotations

from scripts.soak import portion


def test_deployments_end_as_declared() -> None:
    """Flows, shares and a solution, changed, edited by hand, interrupted and killed."""
    assert portion("deployments", range(4)) == []
