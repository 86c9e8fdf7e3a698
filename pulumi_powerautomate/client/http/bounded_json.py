"""Parse untrusted JSON with a depth limit."""

from __future__ import annotations

import json
from typing import Any

# Dataverse's own answers nest a handful of levels; documents travel in them as strings.
_DEEPEST = 100


def loads(raw: bytes | str) -> Any:
    """
    Parse a document that is nested no deeper than a hundred levels.

    Raises:
        ValueError: it is not JSON, or deeper.
    """
    try:
        document = json.loads(raw, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [document]
    for _ in range(_DEEPEST):
        level = [
            item
            for container in level
            if isinstance(container, (dict, list))
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return document
    raise ValueError("nested too deeply")


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
