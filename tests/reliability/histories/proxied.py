"""
The same histories as `programs`, through a network that corrupts, loses, doubles and forges.

What goes wrong is done by a proxy between the provider and the environment, which knows neither.
"""

from __future__ import annotations

from pulumi_powerautomate.emulator import Emulator
from tests.reliability.histories.programs import Machine, history

__all__ = ["history", "start"]


def start(emulator: Emulator) -> Machine:
    """A place for histories, with a proxy before its environment."""
    return Machine(emulator, through_proxy=True)
