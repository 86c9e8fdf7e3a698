"""
Types of environment variables, and which values each takes.

Source: the column `type` of the table `environmentvariabledefinition`, and "Use environment
variables for Azure Key Vault secrets" (Microsoft Learn).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

# Numbers of environmentvariabledefinition.type.
VARIABLE_TYPES: Mapping[str, str] = {
    "100000000": "string",
    "100000001": "number",
    "100000002": "boolean",
    "100000003": "json",
    "100000004": "data source",
    "100000005": "secret",
}
LONGEST_VALUE = 2000

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_SECRET = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.KeyVault/vaults/[^/\s]+"
    r"/secrets/[^/\s]+(/[^/\s]+)?",
    re.IGNORECASE,
)
_TAKES = {
    "number": "a number such as 12 or -1.5",
    "boolean": "yes or no",
    "json": "JSON text",
    "secret": "a reference to a Key Vault secret: /subscriptions/…/resourceGroups/…/providers/"
    "Microsoft.KeyVault/vaults/…/secrets/…",
}


def wanted_instead(kind: str | None, value: str) -> str:
    """
    The kind of value that a variable takes; empty for a value that fits.

    Args:
        kind: one of `VARIABLE_TYPES`; any text fits another one.
        value: the value; it is not repeated, for it may be a secret.
    """
    fits = True
    if kind == "number":
        fits = bool(_NUMBER.fullmatch(value))
    elif kind == "boolean":
        fits = value.lower() in ("yes", "no", "true", "false")
    elif kind == "json":
        fits = _is_json(value)
    elif kind == "secret":
        fits = bool(_SECRET.fullmatch(value))
    return "" if fits else _TAKES[str(kind)]


def _is_json(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True
