"""The table of probes, in the order in which they are asked."""

from __future__ import annotations

from ..probe import Probe
from . import (
    bindings,
    drafts,
    flows,
    limits,
    principals,
    protocol,
    queries,
    requests,
    shares,
    sign_in,
    solutions,
    unsupported,
)

PROBES: tuple[Probe, ...] = (
    *protocol.PROBES,
    *flows.PROBES,
    *drafts.PROBES,
    *requests.PROBES,
    *shares.PROBES,
    *queries.PROBES,
    *unsupported.PROBES,
    *bindings.PROBES,
    *principals.PROBES,
    *sign_in.PROBES,
    *limits.PROBES,
    *solutions.PROBES,
)


def named(name: str) -> Probe | None:
    """The probe with a name."""
    return next((probe for probe in PROBES if probe.name == name), None)
