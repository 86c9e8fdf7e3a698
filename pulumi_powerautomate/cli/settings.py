"""`pulumi-powerautomate settings`: the deployment settings file of a package."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import add_format


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
    add_format(verb)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..solution import read_contents
    from ..solution.settings_file import read_settings, settings_text
    from ..terminal import json_text, shown
    from .flow_files import write

    package = read_contents(arguments.package).package
    target = arguments.output
    earlier = target and target != "-" and Path(target).exists()
    known = read_settings(target) if earlier else None
    write(settings_text(package, known), target)
    gone: list[str] = []
    if known is not None:
        names = {name.lower() for name in (*package.variables, *package.connection_references)}
        gone = [n for n in (*known.variables, *known.connections) if n.lower() not in names]
    if arguments.format == "json":
        if target and target != "-":
            # Without a file the settings themselves are the document.
            print(json_text({"file": target, "kept": known is not None, "dropped": gone}))
    elif known is not None:
        dropped = f"; dropped {', '.join(gone)}" if gone else ""
        print(shown(f"{target}: kept what it said{dropped}"))
    return 0
