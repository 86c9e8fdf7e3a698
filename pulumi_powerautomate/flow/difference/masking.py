"""
Masking of secrets in a difference.

A definition should hold no secret, but some do: keys in headers, passwords of an HTTP action,
signatures in addresses, defaults of secure parameters, and inputs that the flow's author marked as
secure. Such a value is told to have changed, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...redaction import SECRET_NAMES, SECRET_PARAMETERS

HIDDEN = "(not shown)"

_SECRET_NAME = re.compile(
    rf"{SECRET_NAMES}|^pfx$",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(
    rf"([?&](?:{SECRET_PARAMETERS})=)[^&\s'\"<>]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b((?:Bearer|Basic|SharedAccessSignature)\s+)[\w.~+/=&%-]{8,}")
# `@parameters('key')` names a secret and may be seen; `@concat('key', …)` may hold one.
_REFERENCE = re.compile(
    r"^@\{?(?:parameters|variables|body|outputs|triggerBody|triggerOutputs|items?)"
    r"\((?:'[^']*')?\)(?:\??\[(?:'[^']*'|\d+)\])*\}?$"
)


def hides(path: str) -> bool:
    """Whether the value under a path is secret by its name."""
    name = path.rpartition(".")[2]
    if _SECRET_NAME.search(name.rpartition("/")[2]):
        return True
    return ".authentication." in path and name in ("value", "pfx", "password", "secret")


def without_secrets(value: Any, path: str = "", secured: bool = False) -> Any:
    """
    The value as it may be shown.

    Args:
        value: any JSON value.
        path: where it stands; its last part is its name.
        secured: whether the author marked the inputs as secure.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {k: without_secrets(v, f"{path}.{k}", secured) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item, path, secured) for item in value]
    if secured:
        return HIDDEN
    if isinstance(value, str):
        if hides(path) and not _REFERENCE.match(value):
            return HIDDEN
        return _BEARER.sub(rf"\1{HIDDEN}", _IN_ADDRESS.sub(rf"\1{HIDDEN}", value))
    return HIDDEN if hides(path) else value


def inputs_secured(body: Mapping[str, Any]) -> bool:
    """Whether the author marked an action's or trigger's inputs as secure."""
    runtime = body.get("runtimeConfiguration")
    secure = runtime.get("secureData") if isinstance(runtime, Mapping) else None
    properties = secure.get("properties") if isinstance(secure, Mapping) else None
    return isinstance(properties, list) and "inputs" in properties
