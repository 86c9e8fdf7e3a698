"""`pulumi-powerautomate pack` and `unpack`: a solution as a zip and as a folder to review."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .output import add_format


def add_to(verbs: Any) -> None:
    """Declare both verbs."""
    verb = verbs.add_parser("unpack", help="a solution zip as a folder that a person can review")
    verb.add_argument("package", help="the zip")
    verb.add_argument(
        "folder", help="the folder; parts of an earlier one are replaced, other files stay"
    )
    add_format(verb)
    verb.set_defaults(run=_unpack)
    verb = verbs.add_parser("pack", help="a folder of an unpacked solution as a zip again")
    verb.add_argument("folder", help="the folder")
    verb.add_argument("package", help="the zip to write")
    add_format(verb)
    verb.set_defaults(run=_pack)


def _unpack(arguments: argparse.Namespace) -> int:
    from ..errors import InvalidInputError
    from ..solution import unpack
    from ..terminal import json_text

    try:
        data = Path(arguments.package).read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{arguments.package}: {error.strerror}.") from None
    unpack(data, arguments.folder, arguments.package)
    if arguments.format == "json":
        print(json_text({"package": arguments.package, "folder": arguments.folder}))
    else:
        print(f"unpacked to {arguments.folder}")
    return 0


def _pack(arguments: argparse.Namespace) -> int:
    from ..files import write_whole
    from ..solution import packed, read_bytes
    from ..terminal import json_text, shown

    made = packed(arguments.folder)
    if made.left_out:
        listed = ", ".join(made.left_out)
        print(shown(f"left out, no parts of a solution: {listed}"), file=sys.stderr)
    # Read before it is written: a good package is not replaced by one that nobody can read.
    found = read_bytes(made.data, f"the package of {arguments.folder}")
    changed = write_whole(arguments.package, made.data)
    if arguments.format == "json":
        done = {
            "folder": arguments.folder,
            "package": arguments.package,
            "solution": found.unique_name,
            "version": found.version,
            "changed": changed,
            "left_out": list(made.left_out),
        }
        print(json_text(done))
        return 0
    state = "" if changed else ", unchanged"
    print(shown(f"{arguments.package}: {found.unique_name} {found.version}{state}"))
    return 0
