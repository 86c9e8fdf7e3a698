"""A package to import, the id of its import, and the result."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Mode = Literal["update", "upgrade", "stage", "hold"]

# Frozen: the ids of imports derive from it.
_NAMESPACE = uuid.UUID("2d5c9a34-6c1e-5b8f-8f1a-7d7f0c5f3a92")
HOLDING = "_Upgrade"


@dataclass(frozen=True)
class ImportRequest:
    """A package to import, and the options of the import."""

    path: Path
    sha256: str
    unique_name: str
    version: str
    mode: Mode
    target: str
    """The environment's host."""
    options: Mapping[str, Any]
    """Members of the request's body, but the package and the import's id."""
    triggers: tuple[str, ...] = ()
    synchronous: bool = False
    """Whether one request carries the import out. No part of the id: it is the same import."""

    def import_id(self, attempt: int) -> str:
        """The id of the n-th attempt."""
        parts = [self.target, self.unique_name, self.sha256, self.mode, self.options,
                 self.triggers, attempt]  # fmt: skip
        return str(uuid.uuid5(_NAMESPACE, json.dumps(parts, sort_keys=True)))


@dataclass(frozen=True)
class ImportResult:
    """The result of an import."""

    job_id: str
    executed: bool
    """Whether something was imported now."""
    failures: tuple[str, ...] = ()
    """Components that failed although the import as a whole did not."""
    components: int = 0
    before: str = ""
    """The version that was installed before, when something was imported over it."""
