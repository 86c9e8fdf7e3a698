"""
A package as a folder that a person can review, and as a package again.

The layout is the one of `pac solution unpack` as far as flows, connection references and
environment variables go: `Other/Solution.xml`, `Other/Customizations.xml` (which keeps the
connection references), `Workflows/NAME-ID.json` with its `.data.xml`, and
`environmentvariabledefinitions/`. Everything else lies where it lay in the package. Text is moved
and never rewritten, so packing gives back what was unpacked.

The folder may be a repository with files of its own. What belongs to the package is told by its
name (`names.is_part`); parts that are not told by it are written down in a comment at the end of
`Other/Customizations.xml`. Nothing else is packed, replaced or removed, and no link is followed.
"""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from ..errors import InvalidInputError
from . import names, safe_archive
from .package import CONTENT_TYPES, CUSTOMIZATIONS, MANIFEST
from .placing import finish, place
from .zip import zipped

_OTHER = "Other"
_FILES = {
    MANIFEST: f"{_OTHER}/Solution.xml",
    CUSTOMIZATIONS: f"{_OTHER}/Customizations.xml",
    CONTENT_TYPES: f"{_OTHER}/{CONTENT_TYPES}",
}
_PROCESSES = "Workflows/"
_DATA = ".data.xml"
# Stands where a process was taken out, so that packing puts it back at its place.
_PLACE = b"<!-- %s -->"
_FURTHER = re.compile(rb"\n<!-- further parts: ([!-,./-~ ]*) -->\s*\Z")
_DECLARATION = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?")
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
# Beside a solution's own files these do not make a folder that of something else.
_ABOUT = re.compile(r"\..*|(?:readme|license|changelog|contributing)(?:\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class PackedFolder:
    """
    A folder's package.

    Attributes:
        data: the zip.
        left_out: folders and files at the top that are no parts of a solution, by name.
    """

    data: bytes
    left_out: tuple[str, ...]


def unpack(data: bytes, folder: str | Path, where: str = "the package") -> None:
    """
    Write a package to a folder; parts that the folder held of an earlier one are replaced.

    Files that are no parts of a solution stay. An interruption leaves the earlier parts or the new
    ones.

    Raises:
        InvalidInputError: it is no solution package, the folder holds something else or a link in
            the place of a part, or the folder cannot be written.
    """
    target = Path(os.path.abspath(folder))
    with safe_archive.open_archive(io.BytesIO(data), where) as archive:
        found = [name for name in archive.namelist() if not name.endswith("/")]
        if MANIFEST not in found or CUSTOMIZATIONS not in found:
            raise InvalidInputError(f"{where} has no {MANIFEST} at its root; it is no solution.")
        parts = {name: safe_archive.content(archive, name, where) for name in found}
    files = _laid_out(parts, where)
    try:
        if target.is_symlink():
            raise InvalidInputError(f"{target} is a link; name the folder that it leads to.")
        finish(target)
        _refuse_something_else(target)
        place(files, target, _parts(target)[0] if target.exists() else [])
    except OSError as error:
        named = error.filename or target
        raise InvalidInputError(f"{named} cannot be written: {error.strerror}.") from None


def pack(folder: str | Path) -> bytes:
    """
    The package of a folder.

    Raises:
        InvalidInputError: as `packed` does.
    """
    return packed(folder).data


def packed(folder: str | Path) -> PackedFolder:
    """
    The package of a folder, and what of the folder is not in it.

    Raises:
        InvalidInputError: the folder is not one of an unpacked solution, a part is a link or cannot
            be read, or only `pac` can put a part together.
    """
    source = Path(folder)
    try:
        finish(source)
        if not (source / _FILES[MANIFEST]).is_file():
            raise InvalidInputError(f"{source} has no {_FILES[MANIFEST]}; unpack a solution first.")
        found, left_out = _parts(source)
        parts = {name: (source / name).read_bytes() for name in found}
    except OSError as error:
        named = error.filename or source
        raise InvalidInputError(f"{named} cannot be read: {error.strerror}.") from None
    processes = {name: parts.pop(name) for name in found if _is_process(name, parts[name])}
    for inside, outside in _FILES.items():
        if outside in parts:
            parts[inside] = parts.pop(outside)
        elif inside != CONTENT_TYPES:
            raise InvalidInputError(f"{source} has no {outside}; unpack the solution again.")
    text = _FURTHER.sub(b"", parts[CUSTOMIZATIONS])
    parts[CUSTOMIZATIONS] = _joined(text, processes)
    parts.setdefault(CONTENT_TYPES, _content_types(parts))
    names.check(parts, str(source))
    return PackedFolder(zipped(parts), tuple(left_out))


def _laid_out(parts: dict[str, bytes], where: str) -> dict[str, bytes]:
    """The files of a folder, by name, for the parts of a package."""
    customizations, processes = _split(parts[CUSTOMIZATIONS], where)
    files = {name: content for name, content in parts.items() if name not in _FILES}
    taken = next((name for name in processes if name in files), None)
    unclear = next((name for name in files if _is_process(name, files[name])), None)
    if taken or unclear:
        raise InvalidInputError(
            f"{where} holds {taken or unclear!r}, the name that an unpacked process has; it cannot "
            "be unpacked."
        )
    further = [name for name in files if not names.is_part(name)]
    if further:
        # Written so that it is well-formed whatever the names are.
        from urllib.parse import quote

        listed = " ".join(quote(name, safe="/").replace("-", "%2D") for name in sorted(further))
        customizations += b"\n<!-- further parts: %s -->\n" % listed.encode()
    arranged = {outside: parts[inside] for inside, outside in _FILES.items() if inside in parts}
    files = {**files, **processes}
    for name in arranged:
        if name in files:
            raise InvalidInputError(f"{where} holds {name!r} itself; it cannot be unpacked.")
    files |= {**arranged, _FILES[CUSTOMIZATIONS]: customizations}
    names.check(files, where)
    names.check_lengths(files, where)
    return files


def _refuse_something_else(target: Path) -> None:
    """A folder without a solution that holds more than the files of any repository."""
    if not target.exists() or (target / _FILES[MANIFEST]).exists():
        return
    if not target.is_dir() or any(not _ABOUT.fullmatch(name) for name in os.listdir(target)):
        raise InvalidInputError(f"{target} holds something else than a solution; choose another.")


def _parts(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the parts in a folder, and what lies beside them at the top."""
    further = _further(folder)
    roots = {name.split("/")[0] for name in further}
    found: list[str] = [name for name in _FILES.values() if _is_file(folder, name)]
    left_out: list[str] = []
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        name = entry.name
        known = name.lower() in names.COMPONENT_FOLDERS
        if name == _OTHER or name.startswith("."):
            continue
        if not known and name not in roots:
            left_out.append(name)
        elif entry.is_symlink():
            _refuse_link(folder, name)
        elif entry.is_dir():
            found += (
                inside
                for inside in _walk(folder, name)
                if (known and names.is_part(inside)) or inside in further
            )
        elif name in further:
            found.append(name)
    split = next(
        (
            f"{name}/"
            for name in [*left_out, *(f"{_OTHER}/{one}" for one in _listed(folder / _OTHER))]
            if f"{name}/".lower().startswith(names.SPLIT_BY_PAC)
        ),
        "",
    )
    if split:
        raise InvalidInputError(
            f"{folder / split} is of a component that only `pac solution pack` puts together; pack "
            "this folder with it."
        )
    found += (name for name in further if name.startswith(f"{_OTHER}/") and _is_file(folder, name))
    return found, left_out


def _walk(folder: Path, name: str) -> list[str]:
    """Every file below a folder of parts, by name; a link in the place of one is refused."""
    found = []
    for entry in sorted(os.scandir(folder / name), key=lambda one: one.name):
        inside = f"{name}/{entry.name}"
        if entry.is_symlink():
            if names.is_part(inside):
                _refuse_link(folder, inside)
        elif entry.is_dir():
            found += _walk(folder, inside)
        elif entry.is_file():
            found.append(inside)
    return found


def _refuse_link(folder: Path, name: str) -> None:
    raise InvalidInputError(
        f"{folder / name} is a link, and what it leads to is not packed or replaced; put the file "
        "itself there, or remove the link."
    )


def _is_file(folder: Path, name: str) -> bool:
    path = folder
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            _refuse_link(folder, name)
    return path.is_file()


def _listed(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []


def _further(folder: Path) -> set[str]:
    """The parts that a package had and that no rule tells, as `unpack` wrote them down."""
    if not _is_file(folder, _FILES[CUSTOMIZATIONS]):
        return set()
    noted = _FURTHER.search((folder / _FILES[CUSTOMIZATIONS]).read_bytes())
    from urllib.parse import unquote

    listed = {unquote(name.decode()) for name in noted[1].split()} if noted else set()
    names.check(listed, f"{folder}: the comment at the end of {_FILES[CUSTOMIZATIONS]}")
    return listed


def _is_process(name: str, content: bytes) -> bool:
    """Whether a file holds a process that was taken out of the customizations."""
    if not (name.startswith(_PROCESSES) and name.endswith(_DATA)):
        return False
    start = _DECLARATION.sub(b"", content[:4096], count=1)
    return bool(re.match(rb"<Workflow[\s/>]", start))


def _split(text: bytes, where: str) -> tuple[bytes, dict[str, bytes]]:
    """Customizations without processes, and the element of each process by file name."""
    pieces, processes, end = [], {}, 0
    for start, stop, file in _spans(text, f"{where}: {CUSTOMIZATIONS}"):
        name = f"{file}{_DATA}"
        if not file.startswith(_PROCESSES) or name in processes:
            continue
        pieces += [text[end:start], _PLACE % name.encode()]
        processes[name] = text[start:stop]
        end = stop
    return b"".join([*pieces, text[end:]]), processes


def _joined(text: bytes, processes: dict[str, bytes]) -> bytes:
    left = []
    for name, element in processes.items():
        place = _PLACE % name.encode()
        # Other tools write each process as a document of its own.
        element = _DECLARATION.sub(b"", element, count=1)
        if place in text:
            text = text.replace(place, element, 1)
        else:
            left.append(element.rstrip())
    if left:
        # A process that was added to the folder, or a folder that another tool unpacked.
        added = b"\n".join(left)
        for empty in (b"<Workflows />", b"<Workflows/>"):
            text = text.replace(empty, b"<Workflows></Workflows>")
        if b"</Workflows>" not in text:
            raise InvalidInputError(f"{_FILES[CUSTOMIZATIONS]} has no element Workflows.")
        text = text.replace(b"</Workflows>", added + b"</Workflows>", 1)
    return text


def _content_types(parts: dict[str, bytes]) -> bytes:
    """
    The content types that every package needs (ECMA-376, Open Packaging Conventions).

    `pac solution unpack` leaves it out, and the service refuses a package without it.
    """
    from html import escape

    files = [name.rpartition("/")[2] for name in parts]
    kinds = sorted({name.rpartition(".")[2].lower() for name in files if "." in name} | {"xml"})
    entries = [f'<Default Extension="{escape(kind)}" ' for kind in kinds]
    entries += [
        f'<Override PartName="/{escape(name)}" '
        for name in sorted(parts)
        if "." not in name.rpartition("/")[2]
    ]
    lines = "".join(f'{entry}ContentType="application/octet-stream" />' for entry in entries)
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return f'{head}<Types xmlns="{_TYPES}">{lines}</Types>'.encode()


def _spans(text: bytes, where: str) -> list[tuple[int, int, str]]:
    """Where each process begins and ends, and the file that holds what it does."""
    safe_archive.parse_xml(text, where)
    if not _is_utf_8(text):
        # Places are told in bytes of UTF-8; the processes of such a text stay where they are.
        return []
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

    def finish_element(name: str) -> None:
        nonlocal file
        if path[:-1] == wanted and name in ("JsonFileName", "XamlFileName"):
            file = words.strip().lstrip("/")
        if path == wanted:
            stop = text.index(b">", parser.CurrentByteIndex) + 1
            found.append((start, stop, file))
        path.pop()

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish_element
    parser.CharacterDataHandler = characters
    parser.Parse(text, True)
    return found


def _is_utf_8(text: bytes) -> bool:
    declared = re.match(rb"""\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=["']([\w.-]+)["']""", text)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        return False
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in text
