"""`pulumi-powerautomate settings`: the deployment settings file of a package."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "settings",
        help="a deployment settings file for a solution: values and connections to fill in",
        description="Writes the file that `SolutionImport(settings=…)` and `pac solution import "
        "--settings-file` take. Values of an earlier file are kept.",
    )
    verb.add_argument("package", help="solution zip, or folder of an unpacked solution")
    verb.add_argument("-o", "--output", metavar="FILE", help="the file; standard output if none")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..solution import read_contents
    from ..solution.settings_file import read_settings, settings_text
    from ..terminal import shown
    from .flow_files import write

    package = read_contents(arguments.package).package
    target = arguments.output
    earlier = target and target != "-" and Path(target).exists()
    known = read_settings(target) if earlier else None
    write(settings_text(package, known), target)
    if known is not None:
        names = {name.lower() for name in (*package.variables, *package.connection_references)}
        gone = [n for n in (*known.variables, *known.connections) if n.lower() not in names]
        dropped = f"; dropped {', '.join(gone)}" if gone else ""
        print(shown(f"{target}: kept what it said{dropped}"))
    return 0
