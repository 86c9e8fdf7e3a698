"""Anchors of headings, as GitHub makes them."""

from __future__ import annotations

import re


def anchor(heading: str) -> str:
    """Letters, digits, hyphens and underscores of a heading in lower case."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower().strip())
    return kept.replace(" ", "-")
