"""What the fixtures of pytest are made of; other test runners may use it as it is."""

from __future__ import annotations

from .seeds import insert_seed, start_emulator
from .stacks import StackFactory

__all__ = ["StackFactory", "insert_seed", "start_emulator"]
