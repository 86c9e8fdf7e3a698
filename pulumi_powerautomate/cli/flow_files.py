"""The flows that files, folders and solution packages on the command line hold."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidInputError, PowerAutomateError

if TYPE_CHECKING:
    from ..flow import FlowVersion

_HAS_TRIGGERS = re.compile(r'\\?"triggers\\?"')
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.[^/]*$)", re.IGNORECASE)
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})


@dataclass(frozen=True)
class FlowFile:
    """
    One document.

    Attributes:
        file: the file on disk, as it was named.
        entry: the name inside of a solution package; empty for files on their own.
        text: the document.
    """

    file: str
    entry: str
    text: str

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"{self.file}:{self.entry}" if self.entry else self.file

    @property
    def flow_id(self) -> str:
        """The flow's id, which solutions put at the end of the file's name; else empty."""
        found = _GUID.search(self.entry or self.file)
        return found.group().lower() if found else ""


def flow_files(paths: Sequence[str], *, skip_others: bool = False) -> Iterator[FlowFile]:
    """
    The flows in the order that they were named in, those of folders and packages by name.

    Files of a folder that look neither like flows nor like solution packages are passed over;
    hidden folders are not entered.

    Args:
        paths: JSON files, folders and solution packages; `-` for standard input.
        skip_others: whether files that are named themselves are passed over like those of folders.

    Raises:
        InvalidInputError: a file is missing, is not readable, or is no solution package.
    """
    for path in paths:
        if Path(path).is_dir():
            yield from _folder(path)
        elif path.lower().endswith(".zip"):
            if not skip_others or _is_package(path):
                yield from _package(path)
        else:
            text = read_text(path)
            if not skip_others or _HAS_TRIGGERS.search(text):
                yield FlowFile(path, "", text)


def _folder(folder: str) -> Iterator[FlowFile]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name[0] not in "._" and name not in _SKIPPED
        )
        for name in sorted(files):
            path = os.path.join(here, name)
            if name.lower().endswith(".json"):
                text = read_text(path)
                if _HAS_TRIGGERS.search(text):
                    yield FlowFile(path, "", text)
            elif name.lower().endswith(".zip") and _is_package(path):
                yield from _package(path)


def holds_packages(paths: Sequence[str]) -> bool:
    """Whether there is a solution package among files and in folders, with flows or without."""
    for path in paths:
        inside = Path(path).rglob("*.zip") if Path(path).is_dir() else [Path(path)]
        if any(item.suffix.lower() == ".zip" and _is_package(item) for item in inside):
            return True
    return False


def _is_package(path: str | Path) -> bool:
    from ..solution import is_package

    return is_package(path)


def _package(path: str) -> Iterator[FlowFile]:
    from ..solution import flow_documents

    for entry, text in flow_documents(path):
        yield FlowFile(path, entry, text)


def read_text(path: str) -> str:
    """
    The text of a file, or of standard input for `-`.

    Raises:
        InvalidInputError: it is missing, or not readable.
    """
    if path == "-":
        return sys.stdin.read()
    try:
        return Path(path).read_text("utf-8-sig")
    except FileNotFoundError:
        raise InvalidInputError(
            f"{path} does not exist; name a JSON file, a folder or a solution zip."
        ) from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path} is not UTF-8; save it as UTF-8.") from None


def read_flow(path: str) -> FlowVersion:
    """A flow in any of the shapes that flows are exported in."""
    from ..flow import FlowVersion, parse_document

    try:
        document = parse_document(read_text(path))
    except PowerAutomateError as error:
        message = str(error)
        raise InvalidInputError(
            message if message.startswith(f"{path}:") else f"{path}: {message}"
        ) from None
    return FlowVersion(document.definition, document.connection_references)


def write(text: str, target: str | None) -> None:
    """To a file, or to standard output when there is none."""
    if target is None or target == "-":
        sys.stdout.write(text)
        return
    from ..files import write_whole

    write_whole(target, text.encode("utf-8"), make_folders=False)
