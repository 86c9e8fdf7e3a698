"""`pulumi-powerautomate emulator`: a Dataverse on this machine."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare the verb; its options are the emulator's own."""
    verb = verbs.add_parser(
        "emulator",
        help="run a local Dataverse for tests, demos and previews",
        add_help=False,
        prefix_chars="\0",
    )
    verb.add_argument("options", nargs=argparse.REMAINDER)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    try:
        from ..emulator.__main__ import main
    except ModuleNotFoundError as error:
        from ..requirement import install_line

        print(f"error: {error.name} is missing; {install_line('emulator')}.", file=sys.stderr)
        return 2
    main(arguments.options)
    return 0
