"""
Solution packages on disk: what one holds, the folder a person reviews, and the zip again.

Nothing here sends a request or knows Pulumi.
"""

from __future__ import annotations

from .folder import pack, unpack
from .reading import (
    PackagedFlow,
    SolutionPackage,
    Variable,
    flow_documents,
    is_package,
    read_package,
)
from .writing import normalized, same_content

__all__ = [
    "PackagedFlow",
    "SolutionPackage",
    "Variable",
    "flow_documents",
    "is_package",
    "normalized",
    "pack",
    "read_package",
    "same_content",
    "unpack",
]
