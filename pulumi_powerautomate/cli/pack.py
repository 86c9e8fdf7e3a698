"""`pulumi-powerautomate pack` and `unpack`: a solution as a zip and as a folder to review."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare both verbs."""
    verb = verbs.add_parser("unpack", help="a solution zip as a folder that a person can review")
    verb.add_argument("package", help="the zip")
    verb.add_argument(
        "folder", help="the folder; parts of an earlier one are replaced, other files stay"
    )
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
    from ..solution import packed, read_bytes
    from ..terminal import shown

    made = packed(arguments.folder)
    if made.left_out:
        listed = ", ".join(made.left_out)
        print(shown(f"left out, no parts of a solution: {listed}"), file=sys.stderr)
    # Read before it is written: a good package is not replaced by one that nobody can read.
    found = read_bytes(made.data, f"the package of {arguments.folder}")
    changed = write_whole(arguments.package, made.data)
    state = "" if changed else ", unchanged"
    print(shown(f"{arguments.package}: {found.unique_name} {found.version}{state}"))
    return 0
