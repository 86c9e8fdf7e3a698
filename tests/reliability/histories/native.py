"""Histories of whole programs through the native provider instead of the dynamic one."""

from __future__ import annotations

from pulumi_powerautomate.emulator import Emulator
from tests.reliability.histories.programs import Machine, history

__all__ = ["history", "start"]


def start(emulator: Emulator) -> Machine:
    """A place for histories."""
    return Machine(emulator, native=True)
