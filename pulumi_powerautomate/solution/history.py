"""
A package of which only the path and the hash are known: as it is on disk, or in git's history.

States and previews hold no package's bytes. Where a team commits its packages, the one that was
imported last is in the history of the file.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

_MOST_REVISIONS = 20
_SECONDS = 10.0


def find_package(path: str | Path, sha256: str) -> bytes | None:
    """
    The package that lies or lay at a path and has a hash; None when it is not at hand.

    Args:
        path: where it is or was.
        sha256: its hash, in hexadecimal digits.
    """
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError:
        data = b""
    if _is(data, sha256):
        return data
    if not file.parent.is_dir():
        return None
    revisions = _git(file.parent, "log", f"-{_MOST_REVISIONS}", "--format=%H", "--all", "--",
                     file.name)  # fmt: skip
    for revision in (revisions or b"").decode("ascii", "replace").split():
        data = _git(file.parent, "show", f"{revision}:./{file.name}") or b""
        if _is(data, sha256):
            return data
    return None


def _is(data: bytes, sha256: str) -> bool:
    return bool(data) and hashlib.sha256(data).hexdigest() == sha256


def _git(folder: Path, *arguments: str) -> bytes | None:
    """The output of git; None where there is no git, no repository, or no such object."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
