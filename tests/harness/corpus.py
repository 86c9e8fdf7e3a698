"""
Real flows, read where they lie beside the repository; tests that need them skip without.

`SHARED_FOLDER` names another place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_BESIDE = Path(__file__).resolve().parents[3] / "shared"
SHARED = Path(os.environ.get("SHARED_FOLDER") or _BESIDE)
CORPUS = SHARED / "corpus"
FLOWS = sorted((CORPUS / "flows").glob("*.json"))
LEGACY = sorted((CORPUS / "legacy").glob("*.json"))


def connection_reference_rows(documents: Iterable[Any]) -> list[dict[str, Any]]:
    """A row for every connection reference that the documents name."""
    rows = {}
    for document in documents:
        for entry in (document["properties"].get("connectionReferences") or {}).values():
            name = (entry.get("connection") or {}).get("connectionReferenceLogicalName")
            connector = (entry.get("api") or {}).get("name")
            if name and connector:
                rows[name] = {
                    "connectionreferencelogicalname": name,
                    "connectionreferencedisplayname": name,
                    "connectorid": f"/providers/Microsoft.PowerApps/apis/{connector}",
                    "connectionid": f"{connector}-0001",
                }
    return list(rows.values())


# It was generated for a test of size and never ran: its mistakes are real ones.
GENERATED = "StressTest100Flows"
PACKAGES = sorted((CORPUS / "solutions").glob("*.zip"))
