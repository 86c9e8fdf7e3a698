"""
Opening archives and XML from outside without being hurt by them.

A package may come from anywhere, so limits apply before anything is unpacked, and a document type
declaration, from which bombs and external entities are built, ends the reading.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ..errors import InvalidInputError
from . import names

MOST_FILES = 50_000
MOST_BYTES = 2 * 1024**3
MOST_BYTES_OF_A_TEXT = 256 * 1024**2
# Text compresses well; a thousandfold is a bomb.
_MOST_RATIO = 1000
_SMALL = 1024**2
_ENCRYPTED = 0x1
# Python's parser takes the name of any codec of Python's, of which some are no encodings at all.
_DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']""")
_ENCODINGS = re.compile(
    rb"utf-?8|utf-?16(?:le|be)?|us-ascii|ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE
)
_NOT_SHARED = "{} is in an encoding that XML readers do not share; save it as UTF-8."
# What `zipfile` raises for archives that are damaged, of its own and of what it is built on.
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError,
            ValueError, LookupError, OverflowError)  # fmt: skip


def open_archive(source: IO[bytes], where: str) -> zipfile.ZipFile:
    """
    A zip whose names and sizes are within reason.

    Raises:
        InvalidInputError: it is none, it is encrypted or cut short, or its names or sizes are not
            those of a solution.
    """
    try:
        archive = zipfile.ZipFile(source)
    except NotImplementedError:
        raise InvalidInputError(
            f"{where} needs a newer kind of zip than there is, or is damaged; export the solution "
            "again."
        ) from None
    except _DAMAGED:
        raise InvalidInputError(
            f"{where} is not a zip, or it is cut short; export the solution again."
        ) from None
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise InvalidInputError(f"{where} holds {len(entries)} files; {MOST_FILES} at most.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise InvalidInputError(
            f"{where} unpacks to more than {MOST_BYTES >> 30} GiB, so it is no solution."
        )
    names.check((entry.filename for entry in entries), where)
    for entry in entries:
        _check_entry(entry, where)
    return archive


def content(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    """One file of an archive, whole and of the size that it claims."""
    info = archive.getinfo(name)
    if info.file_size > MOST_BYTES_OF_A_TEXT:
        raise InvalidInputError(f"{where}: {name} has {info.file_size} bytes, too many for a text.")
    try:
        return archive.read(name)
    except _DAMAGED:
        raise InvalidInputError(f"{where}: {name} is damaged; export the solution again.") from None


def parse_xml(text: bytes, where: str) -> Element:
    """
    An XML document without a document type.

    Raises:
        InvalidInputError: it is not well-formed, or it declares a document type or entities.
    """
    declared = _DECLARED.match(text)
    if declared and not _ENCODINGS.fullmatch(declared[1]):
        raise InvalidInputError(_NOT_SHARED.format(where))
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> int:
        raise InvalidInputError(f"{where} declares a document type or entities; remove them.")

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        builder.start(name, dict(attributes))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(text, True)
        return builder.close()
    except (expat.ExpatError, AssertionError) as error:
        raise InvalidInputError(f"{where} is not well-formed XML: {error}.") from None
    except (ValueError, LookupError):
        # An encoding that Python knows under that name, and expat cannot use.
        raise InvalidInputError(_NOT_SHARED.format(where)) from None


def _check_entry(entry: zipfile.ZipInfo, where: str) -> None:
    name = entry.filename
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InvalidInputError(f"{where} holds a symbolic link: {name!r}.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidInputError(
            f"{where}: {name} is compressed in a way that the service does not read; zip it again."
        )
    if entry.flag_bits & _ENCRYPTED:
        raise InvalidInputError(f"{where} is encrypted; export the solution without a password.")
    if entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * max(1, entry.compress_size):
        raise InvalidInputError(
            f"{where}: {name} would unpack to {entry.file_size >> 20} MiB from "
            f"{entry.compress_size} bytes, so it is no solution."
        )
