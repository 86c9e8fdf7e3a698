"""Real flows, read where they lie beside the repository; tests that need them skip without."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
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
