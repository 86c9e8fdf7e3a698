"""
Solution packages on disk: what one holds, the folder a person reviews, and the zip again.

Nothing here sends a request or knows Pulumi.
"""

from __future__ import annotations

from .contents import PackageContents, contents_of, is_solution_folder, read_contents
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
    "PackageContents",
    "PackagedFlow",
    "SolutionPackage",
    "Variable",
    "contents_of",
    "flow_documents",
    "is_package",
    "is_solution_folder",
    "normalized",
    "pack",
    "read_contents",
    "read_package",
    "same_content",
    "unpack",
]
