"""
Solution packages on disk: what one holds, the folder a person reviews, and the zip again.

Nothing here sends a request or knows Pulumi.
"""

from __future__ import annotations

from .contents import PackageContents, contents_of, is_solution_folder, read_contents
from .folder import PackedFolder, pack, packed, unpack
from .package import (
    PackagedFlow,
    SolutionPackage,
    Variable,
    flow_documents,
    is_package,
    read_bytes,
    read_package,
)
from .zip import normalized, same_content

__all__ = [
    "PackageContents",
    "PackagedFlow",
    "PackedFolder",
    "SolutionPackage",
    "Variable",
    "contents_of",
    "flow_documents",
    "is_package",
    "is_solution_folder",
    "normalized",
    "pack",
    "packed",
    "read_bytes",
    "read_contents",
    "read_package",
    "same_content",
    "unpack",
]
