"""A body that holds a whole solution package, made while it is sent: no copy is in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ...errors import InvalidInputError

# A multiple of three, so that every piece but the last is encoded without padding.
_PIECE = 3 * 64 * 1024


class Upload:
    """
    A JSON body with a file in it, base64, under one of its members.

    Args:
        path: the file.
        sha256: what it must be: a package that was changed during the run is not sent.
        member: name of the member that holds the file.
        others: the other members.

    Raises:
        InvalidInputError: the file is gone or another one by now.
    """

    def __init__(self, path: Path, sha256: str, member: str, others: Mapping[str, Any]) -> None:
        self._path = path
        self._before = f'{{"{member}":"'.encode()
        rest = json.dumps(others, ensure_ascii=False).encode()[1:]
        self._after = b'",' + rest if others else b'"}'
        try:
            with open(path, "rb") as source:
                found = _digest(source)
            self._bytes = os.path.getsize(path)
        except OSError as error:
            raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from None
        if found != sha256:
            raise InvalidInputError(
                f"{path} was changed since the program looked at it; run the command again."
            )

    def __len__(self) -> int:
        encoded = 4 * ((self._bytes + 2) // 3)
        return len(self._before) + encoded + len(self._after)

    def reader(self) -> _Reader:
        """A fresh reader; a request that is repeated takes another."""
        return _Reader(self._path, self._before, self._after, len(self))


class _Reader:
    """A reader of the body for `requests`; its length becomes the Content-Length."""

    def __init__(self, path: Path, before: bytes, after: bytes, length: int) -> None:
        # Closed with the last piece; a request that is cut leaves it to the garbage collector.
        self._file = open(path, "rb")  # noqa: SIM115
        self._ready = before
        self._after: bytes | None = after
        self._length = length

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        while self._after is not None and (size < 0 or len(self._ready) < size):
            piece = self._file.read(_PIECE)
            if piece:
                self._ready += base64.b64encode(piece)
            else:
                self._ready += self._after
                self._after = None
                self._file.close()
        end = len(self._ready) if size < 0 else size
        found, self._ready = self._ready[:end], self._ready[end:]
        return found


def _digest(source: IO[bytes]) -> str:
    sha = hashlib.sha256()
    while piece := source.read(1 << 20):
        sha.update(piece)
    return sha.hexdigest()
