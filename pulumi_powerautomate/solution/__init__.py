"""
Solution packages on disk: what one holds, the folder a person reviews, and the zip again.

Nothing here sends a request or knows Pulumi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .contents import PackageContents, contents_of, is_solution_folder, read_contents
    from .pack_folder import PackedFolder, pack, packed, unpack
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
else:
    from ..late_names import late_names

    # Whoever packs a folder compares nothing.
    __getattr__ = late_names(
        __name__,
        {
            "contents": ("PackageContents", "contents_of", "is_solution_folder", "read_contents"),
            "pack_folder": ("PackedFolder", "pack", "packed", "unpack"),
            "package": (
                "PackagedFlow",
                "SolutionPackage",
                "Variable",
                "flow_documents",
                "is_package",
                "read_bytes",
                "read_package",
            ),
            "zip": ("normalized", "same_content"),
        },
    )

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
