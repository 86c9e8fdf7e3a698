"""A package with what is in it, to be compared: its flows, and the digests of all other parts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidInputError
from ..flow import FlowVersion, parse_document
from . import safe_archive
from .pack_folder import pack
from .package import CUSTOMIZATIONS, MANIFEST, SolutionPackage, read_bytes


@dataclass(frozen=True)
class PackageContents:
    """
    A package's content.

    Attributes:
        package: what it says about itself.
        flows: its cloud flows by id, with name and state as exported.
        parts: sha256 of every other part by name.
    """

    package: SolutionPackage
    flows: Mapping[str, FlowVersion]
    parts: Mapping[str, str]


def read_contents(path: str | Path) -> PackageContents:
    """
    Read a package whole.

    Args:
        path: the zip, or the folder of an unpacked solution.

    Raises:
        InvalidInputError: it is missing, is no solution package, or is not safe to open.
    """
    if Path(path).is_dir():
        return contents_of(pack(path), str(path))
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InvalidInputError(
            f"{path} does not exist; give the path of a solution zip, or of its folder."
        ) from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from None
    return contents_of(data, str(path))


def contents_of(data: bytes, where: str) -> PackageContents:
    """
    Read a package that is in memory; `where` stands for it in messages.

    Raises:
        InvalidInputError: as `read_contents` does.
    """
    package = read_bytes(data, where)
    with safe_archive.open_archive(io.BytesIO(data), where) as archive:
        texts = {
            flow.file: safe_archive.content(archive, flow.file, where) for flow in package.flows
        }
        parts = {
            name: hashlib.sha256(safe_archive.content(archive, name, where)).hexdigest()
            for name in archive.namelist()
            if not name.endswith("/")
            and name not in texts
            and name.lower() not in (MANIFEST, CUSTOMIZATIONS)
        }
    flows = {}
    for flow in package.flows:
        document = parse_document(texts[flow.file].decode("utf-8-sig"))
        row = {"name": flow.name, "state": "on" if flow.on else "off"}
        flows[flow.id] = FlowVersion(document.definition, document.connection_references, row)
    return PackageContents(package, flows, parts)


def is_solution_folder(path: str | Path) -> bool:
    """Whether a folder is one of an unpacked solution."""
    return (Path(path) / "Other" / "Solution.xml").is_file()
