"""
Files of ours on disk: whole or not there, and private where nobody else may read them.

A file is written beside its place and renamed, so an interruption or a full disk leaves the old one
and nothing else. What is private is kept in a folder, or a file, that belongs to this user alone;
names in shared folders can be guessed, so nothing that is there is believed and no link is
followed (CWE-59, CWE-377).
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TextIO

from .errors import InvalidInputError

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
# Windows has neither; there, a user's temporary and profile folders are private by themselves.
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def write_whole(
    path: str | Path, data: bytes, *, private: bool = False, make_folders: bool = True
) -> bool:
    """
    Write a file whole or not at all; returns whether it changed.

    Args:
        path: a link to a file leads to that file, unless the file is private. A device or a pipe is
            written to as it stands.
        data: what it holds afterwards.
        private: only this user may read it. Otherwise it keeps the permissions that it has, and a
            new one gets those that the process gives (umask).
        make_folders: whether folders on the way that are missing are made.

    Raises:
        InvalidInputError: it cannot be written; what was there is there still.
    """
    place = Path(path)
    try:
        if not private:
            place = Path(os.path.realpath(place))
        known = _status(place)
        if known is not None and stat.S_ISREG(known.st_mode):
            private_already = not private or stat.S_IMODE(known.st_mode) == _PRIVATE_FILE
            if private_already and known.st_size == len(data) and place.read_bytes() == data:
                return False
        elif known is not None and not stat.S_ISLNK(known.st_mode):
            if stat.S_ISDIR(known.st_mode):
                raise InvalidInputError(f"{path} cannot be written: it is a folder.")
            place.write_bytes(data)
            return True
        if make_folders:
            place.parent.mkdir(parents=True, exist_ok=True)
        mode = _PRIVATE_FILE if private else 0o666
        if known is not None and not private:
            mode = stat.S_IMODE(known.st_mode)
        _replace(place, data, mode, exact=known is not None or private)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror}.") from None
    return True


def private_folder(path: str | Path) -> Path:
    """
    Make a folder that only this user may enter, or see to it that it is one.

    Raises:
        InvalidInputError: it belongs to somebody else, is a link or a file, or cannot be made.
    """
    folder = Path(path)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=_PRIVATE_FOLDER)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise InvalidInputError(f"{folder} is not a folder; remove it.")
        _check_owner(folder, status)
        if stat.S_IMODE(status.st_mode) != _PRIVATE_FOLDER:
            folder.chmod(_PRIVATE_FOLDER)
    except OSError as error:
        raise InvalidInputError(f"{folder} cannot be made private: {error.strerror}.") from None
    return folder


def temporary_folder() -> Path:
    """
    The private folder of this user among the temporary ones; the same in every process.

    Raises:
        InvalidInputError: somebody else has taken its name.
    """
    import getpass
    import tempfile

    user = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    return private_folder(Path(tempfile.gettempdir()) / f"pulumi-powerautomate-{user}")


def open_private_log(path: str | Path) -> TextIO:
    """
    Open a text file to add to that only this user may read.

    Raises:
        InvalidInputError: it is a link, belongs to somebody else, or cannot be opened.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    if not str(path).startswith("/dev/"):
        flags |= _NO_LINKS
    try:
        if Path(path).is_symlink() and flags & _NO_LINKS:
            raise InvalidInputError(f"{path} is a link; name the file that it leads to.")
        descriptor = os.open(path, flags, _PRIVATE_FILE)
        try:
            _make_private(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "a", encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written ({error.strerror}).") from None


def make_private(path: str | Path) -> None:
    """
    Let only this user read a file that another library keeps; nothing when it is not there.

    Raises:
        InvalidInputError: it is a link or belongs to somebody else.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_LINKS)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be made private: {error.strerror}.") from None
    try:
        _make_private(path, descriptor)
    finally:
        os.close(descriptor)


def _make_private(path: str | Path, descriptor: int) -> None:
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and hasattr(os, "fchmod"):
        _check_owner(path, status)
        if stat.S_IMODE(status.st_mode) & 0o077:
            os.fchmod(descriptor, _PRIVATE_FILE)


def _check_owner(path: str | Path, status: os.stat_result) -> None:
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        raise InvalidInputError(
            f"{path} belongs to somebody else; remove it, or choose another place (TMPDIR for "
            "temporary files)."
        )


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _replace(path: Path, data: bytes, mode: int, *, exact: bool) -> None:
    """Write beside the place, under a name that is short enough everywhere, and rename."""
    beside = path.parent / f".pulumi-powerautomate-{os.urandom(8).hex()}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS | _BINARY
    descriptor = os.open(beside, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as target:
            if exact and hasattr(os, "fchmod"):
                os.fchmod(target.fileno(), mode)
            target.write(data)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
