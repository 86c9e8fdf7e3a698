"""`pulumi-powerautomate export`: a solution out of the environment, as a zip or as a folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import Progress, add_format


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
    add_format(verb)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..files import write_whole
    from ..functions.export import export_solution
    from ..solution import unpack
    from ..terminal import json_text

    with Progress(f"exporting {arguments.solution}") as progress:
        data = export_solution(
            arguments.solution,
            managed=arguments.managed,
            include=tuple(arguments.include),
            timeout=arguments.timeout,
            report=progress,
        )
    done: dict[str, Any] = {"solution": arguments.solution, "bytes": len(data)}
    told: list[str] = []
    if arguments.unpack:
        unpack(data, arguments.unpack, f"the export of {arguments.solution}")
        done["folder"] = arguments.unpack
        told.append(f"unpacked to {arguments.unpack}")
    if arguments.output or not arguments.unpack:
        path = Path(arguments.output or f"{arguments.solution}.zip")
        changed = write_whole(path, data)
        done |= {"file": str(path), "changed": changed}
        told.append(f"{path}: {len(data)} bytes" if changed else f"{path}: unchanged")
    print(json_text(done) if arguments.format == "json" else "\n".join(told))
    return 0
