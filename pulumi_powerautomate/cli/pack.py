"""`pulumi-powerautomate pack` and `unpack`: a solution as a zip and as a folder to review."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare both verbs."""
    verb = verbs.add_parser("unpack", help="a solution zip as a folder that a person can review")
    verb.add_argument("package", help="the zip")
    verb.add_argument("folder", help="the folder; an earlier one of a solution is replaced")
    verb.set_defaults(run=_unpack)
    verb = verbs.add_parser("pack", help="a folder of an unpacked solution as a zip again")
    verb.add_argument("folder", help="the folder")
    verb.add_argument("package", help="the zip to write")
    verb.set_defaults(run=_pack)


def _unpack(arguments: argparse.Namespace) -> int:
    from ..errors import InvalidInputError
    from ..solution import unpack

    try:
        data = Path(arguments.package).read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{arguments.package}: {error.strerror}.") from None
    unpack(data, arguments.folder, arguments.package)
    print(f"unpacked to {arguments.folder}")
    return 0


def _pack(arguments: argparse.Namespace) -> int:
    from ..files import write_whole
    from ..solution import pack, read_package

    changed = write_whole(Path(arguments.package), pack(arguments.folder))
    found = read_package(arguments.package)
    state = "" if changed else ", unchanged"
    print(f"{arguments.package}: {found.unique_name} {found.version}{state}")
    return 0
