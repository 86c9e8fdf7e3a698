"""
Packages that are the same when their content is: what version control wants of them.

An export carries the time of exporting in every entry and orders entries as it likes. Entries are
sorted, dated 1980 (the first date a zip can hold) and packed alike; their content stays as it is.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

from . import safe_archive

_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


def normalized(data: bytes, where: str = "the package") -> bytes:
    """The same package with nothing in it that changes from export to export."""
    with safe_archive.open_archive(io.BytesIO(data), where) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return zipped({name: safe_archive.content(archive, name, where) for name in names})


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A zip of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _MODE
            entry.create_system = 3
            archive.writestr(entry, parts[name], compresslevel=9)
    return target.getvalue()


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two packages hold the same files."""
    return _fingerprints(one) == _fingerprints(other)


def _fingerprints(data: bytes) -> dict[str, str]:
    with safe_archive.open_archive(io.BytesIO(data), "the package") as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
