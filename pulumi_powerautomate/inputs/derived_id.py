"""The id of a flow whose program gives none."""

from __future__ import annotations

import json
import uuid

# Frozen: a flow's id derives from this, and flows exist under those ids.
_NAMESPACE = uuid.UUID("6f0c3f9e-5a52-5c0b-9d0e-1f6b6f3a7c11")


def derived_id(host: str, identity: str) -> str:
    """The id of a flow that was given none: from where it is, and who declares it."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps([host, identity])))
