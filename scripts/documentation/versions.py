"""The page of versions: what the package declares and its tests prove."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import metadata

from .reference import rows

_DISTRIBUTION = "pulumi-powerautomate"
_INTERNAL = ("dev", "docs")


def page() -> str:
    """Python versions, dependencies and their lowest versions, as the package declares them."""
    told = metadata(_DISTRIBUTION)
    pythons = [
        item.rpartition(" ")[2]
        for item in told.get_all("Classifier") or []
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", item)
    ]
    return (
        f"# Versions of {_DISTRIBUTION} {told['Version']}\n\n"
        f"Python {', '.join(pythons)}.\n\n"
        + rows(("Package", "Versions", "Needed by"), _requirements(told.get_all("Requires-Dist")))
        + "\nWhat these ranges promise: [Supported versions](../supported-versions.md).\n"
    )


def _requirements(declared: list[str] | None) -> Iterator[tuple[str, str, str]]:
    for item in declared or []:
        requirement, _, marker = item.partition(";")
        found = re.match(r"([\w.\[\]-]+)(.*)", requirement.strip())
        extra = re.search(r"extra == ['\"](\w+)", marker)
        if found and (extra is None or extra[1] not in _INTERNAL):
            yield f"`{found[1]}`", found[2], f"extra `{extra[1]}`" if extra else "the package"
