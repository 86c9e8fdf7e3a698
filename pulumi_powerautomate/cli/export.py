"""`pulumi-powerautomate export`: a solution out of the environment, as a zip or as a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("export", help="export a solution to a zip, and unpack it if asked")
    verb.add_argument("solution", help="unique name of an unmanaged solution")
    verb.add_argument("-o", "--output", help="the zip to write; SOLUTION.zip by default")
    verb.add_argument("--managed", action="store_true", help="a package that installs as managed")
    verb.add_argument("--unpack", metavar="FOLDER", help="write a folder to review instead")
    verb.add_argument(
        "--include", action="append", default=[], metavar="SETTINGS",
        help="settings beside the components; may be given several times",
    )  # fmt: skip
    verb.add_argument("--timeout", type=float, default=1800.0, help="seconds to wait (1800)")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..files import write_whole
    from ..functions.export import export_solution
    from ..solution import unpack
    from ..terminal import shown

    last = ""

    def report(text: str) -> None:
        nonlocal last
        if sys.stderr.isatty():
            print(f"\r{shown(text):<{len(last)}}", end="", file=sys.stderr, flush=True)
            last = text

    data = export_solution(
        arguments.solution,
        managed=arguments.managed,
        include=tuple(arguments.include),
        timeout=arguments.timeout,
        report=report,
    )
    if last:
        print(file=sys.stderr)
    if arguments.unpack:
        unpack(data, arguments.unpack, f"the export of {arguments.solution}")
        print(f"unpacked to {arguments.unpack}")
    if arguments.output or not arguments.unpack:
        path = Path(arguments.output or f"{arguments.solution}.zip")
        changed = write_whole(path, data)
        print(f"{path}: {len(data)} bytes" if changed else f"{path}: unchanged")
    return 0
