"""Flows that a verb is given as files."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import InvalidInputError, PowerAutomateError
from ..flow import FlowVersion, parse_document


def read_text(path: str) -> str:
    """The text of a file, or of standard input for `-`."""
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInputError(f"{path}: cannot be read: {reason}.") from None


def read_flow(path: str) -> FlowVersion:
    """A flow in any of the shapes that flows are exported in."""
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
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(f"{target}: cannot be written: {error.strerror}.") from None
