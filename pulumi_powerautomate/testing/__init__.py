"""The parts of the fixtures of pytest; other test runners may use them as they are."""

from __future__ import annotations

from .seeds import insert_seed, start_emulator
from .stacks import StackFactory

__all__ = ["StackFactory", "insert_seed", "start_emulator"]
