"""Switches as a file of answers found them; the file is what `conformance` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .responses import ServiceError


def profile_switches(path: str | None) -> dict[str, Any]:
    """The member `profile` of a file: values of switches by name; none without a file."""
    if path is None:
        return {}
    try:
        read = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ServiceError(400, "", f"--profile {path}: {error.strerror or error}.") from None
    except ValueError as error:
        raise ServiceError(400, "", f"--profile {path}: no JSON ({error}).") from None
    profile = read.get("profile") if isinstance(read, dict) else None
    if not isinstance(profile, dict):
        raise ServiceError(
            400, "", f"--profile {path}: no member 'profile' with values of switches; give a file "
            "that `pulumi-powerautomate conformance` wrote.",
        )  # fmt: skip
    return profile
