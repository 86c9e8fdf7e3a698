"""
A package as a folder that a person can review, and as a package again.

The layout is the one of `pac solution unpack` as far as flows, connection references and
environment variables go: `Other/Solution.xml`, `Other/Customizations.xml` (which keeps the
connection references), `Workflows/NAME-ID.json` with its `.data.xml`, and
`environmentvariabledefinitions/`. Everything else lies where it lay in the package. Text is moved
and never rewritten, so packing gives back what was unpacked.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path
from xml.parsers import expat

from ..errors import InvalidInputError
from . import hardened
from .reading import CUSTOMIZATIONS, MANIFEST
from .writing import zipped

_OTHER = "Other"
_FILES = {MANIFEST: f"{_OTHER}/Solution.xml", CUSTOMIZATIONS: f"{_OTHER}/Customizations.xml"}
_TYPES = "[Content_Types].xml"
_KEPT_TYPES = f"{_OTHER}/{_TYPES}"
_DATA = ".data.xml"
# Stands where a process was taken out, so that packing puts it back at its place.
_PLACE = b"<!-- %s -->"


def unpack(data: bytes, folder: str | Path, where: str = "the package") -> None:
    """
    Write a package to a folder; what the folder held of an earlier one is replaced.

    Raises:
        InvalidInputError: it is no solution package, or the folder holds something else.
    """
    target = Path(folder)
    if target.exists() and any(target.iterdir()) and not (target / _FILES[MANIFEST]).exists():
        raise InvalidInputError(f"{target} holds something else than a solution; choose another.")
    with hardened.open_archive(io.BytesIO(data), where) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if MANIFEST not in names or CUSTOMIZATIONS not in names:
            raise InvalidInputError(f"{where} has no {MANIFEST} at its root; it is no solution.")
        parts = {name: hardened.content(archive, name, where) for name in names}
    customizations, processes = _split(parts.pop(CUSTOMIZATIONS), where)
    files = {
        _FILES[MANIFEST]: parts.pop(MANIFEST),
        _FILES[CUSTOMIZATIONS]: customizations,
        **({_KEPT_TYPES: parts.pop(_TYPES)} if _TYPES in parts else {}),
        **parts,
        **processes,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as temporary:
        fresh = Path(temporary) / "fresh"
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if target.exists():
            shutil.move(target, Path(temporary) / "old")
        os.replace(fresh, target)


def pack(folder: str | Path) -> bytes:
    """
    The package of a folder.

    Raises:
        InvalidInputError: the folder is not one of an unpacked solution.
    """
    source = Path(folder)
    if not (source / _FILES[MANIFEST]).exists():
        raise InvalidInputError(f"{source} has no {_FILES[MANIFEST]}; unpack a solution first.")
    parts = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    processes = {name: parts.pop(name) for name in list(parts) if name.endswith(_DATA)}
    for inside, outside in _FILES.items():
        if outside not in parts:
            raise InvalidInputError(f"{source} has no {outside}; unpack the solution again.")
        parts[inside] = parts.pop(outside)
    if _KEPT_TYPES in parts:
        parts[_TYPES] = parts.pop(_KEPT_TYPES)
    parts[CUSTOMIZATIONS] = _joined(parts[CUSTOMIZATIONS], processes)
    return zipped(parts)


def _split(text: bytes, where: str) -> tuple[bytes, dict[str, bytes]]:
    """Customizations without processes, and the element of each process by file name."""
    spans = _spans(text, f"{where}: {CUSTOMIZATIONS}")
    pieces, processes, end = [], {}, 0
    for start, stop, file in spans:
        if not file:
            continue
        name = f"{file}{_DATA}"
        pieces += [text[end:start], _PLACE % name.encode()]
        processes[name] = text[start:stop]
        end = stop
    return b"".join([*pieces, text[end:]]), processes


def _joined(text: bytes, processes: dict[str, bytes]) -> bytes:
    left = []
    for name, element in processes.items():
        place = _PLACE % name.encode()
        if place in text:
            text = text.replace(place, element, 1)
        else:
            left.append(element)
    if left:
        # A process that was added to the folder, or a folder that another tool unpacked.
        added = b"\n".join(left)
        for empty in (b"<Workflows />", b"<Workflows/>"):
            text = text.replace(empty, b"<Workflows></Workflows>")
        if b"</Workflows>" not in text:
            raise InvalidInputError(f"{_FILES[CUSTOMIZATIONS]} has no element Workflows.")
        text = text.replace(b"</Workflows>", added + b"</Workflows>", 1)
    return text


def _spans(text: bytes, where: str) -> list[tuple[int, int, str]]:
    """Where each process begins and ends, and the file that holds what it does."""
    hardened.parse_xml(text, where)
    found: list[tuple[int, int, str]] = []
    path: list[str] = []
    start, file, words = 0, "", ""
    parser = expat.ParserCreate()
    wanted = ["ImportExportXml", "Workflows", "Workflow"]

    def begin(name: str, _attributes: object) -> None:
        nonlocal start, file, words
        path.append(name)
        words = ""
        if path == wanted:
            start, file = parser.CurrentByteIndex, ""

    def characters(data: str) -> None:
        nonlocal words
        words += data

    def finish(name: str) -> None:
        nonlocal file
        if path[:-1] == wanted and name in ("JsonFileName", "XamlFileName"):
            file = words.strip().lstrip("/")
        if path == wanted:
            stop = text.index(b">", parser.CurrentByteIndex) + 1
            found.append((start, stop, file))
        path.pop()

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.CharacterDataHandler = characters
    parser.Parse(text, True)
    return found
