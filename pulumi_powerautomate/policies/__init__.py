"""
Policies for flows: one set of rules, for Pulumi's policy packs and for files.

`policies.pack` is the front end for `pulumi preview --policy-pack`, `validate --policy` the one for
files and packages. Which rules hold, and how, is in a file of JSON; see `sdk-docs/policies.md`.
"""

from __future__ import annotations

from .rules import POLICIES, Flow, Rule, Share, Violation, violations
from .settings import Settings, read_settings, settings_of

__all__ = [
    "POLICIES",
    "Flow",
    "Rule",
    "Settings",
    "Share",
    "Violation",
    "read_settings",
    "settings_of",
    "violations",
]
