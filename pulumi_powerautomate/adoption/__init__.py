"""
Taking over what exists: flows that nobody wrote as code become a program and a state.

`adopt` writes a program and the file for `pulumi import --file`; the first preview afterwards is
empty. Run again, it adds what is new.
"""

from __future__ import annotations

from .adopt import Adoption, adopt
from .languages import LANGUAGES, language_for

__all__ = ["LANGUAGES", "Adoption", "adopt", "language_for"]
