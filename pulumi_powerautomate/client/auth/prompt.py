"""
Prompts for a person who signs in.

On the command line it goes to standard error. A provider process has no terminal: there, what shows
it in the engine's output is set with `set_prompt`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from ...terminal import shown_lines


def _on_standard_error(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


_show: Callable[[str], None] = _on_standard_error


def set_prompt(show: Callable[[str], None]) -> None:
    """Show prompts of this process with this function from now on."""
    global _show
    _show = show


def ask(text: str) -> None:
    """Show a prompt."""
    _show(shown_lines(text))
