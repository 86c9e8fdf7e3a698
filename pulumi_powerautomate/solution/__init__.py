"""
Solution packages on disk: what one holds, the folder a person reviews, and the zip again.

Nothing here sends a request or knows Pulumi.
"""

from __future__ import annotations

from .folder import PackedFolder, pack, packed, unpack
from .reading import (
    PackagedFlow,
    SolutionPackage,
    Variable,
    flow_documents,
    read_bytes,
    read_package,
)
from .writing import normalized, same_content

__all__ = [
    "PackagedFlow",
    "PackedFolder",
    "SolutionPackage",
    "Variable",
    "flow_documents",
    "normalized",
    "pack",
    "packed",
    "read_bytes",
    "read_package",
    "same_content",
    "unpack",
]
