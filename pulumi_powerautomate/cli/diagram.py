"""`pulumi-powerautomate diagram`: a flow as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("diagram", help="a flow as a picture: SVG or Mermaid")
    verb.add_argument("flow", help="a JSON file; - for standard input")
    verb.add_argument(
        "-o", "--output", help="FILE.svg or FILE.mmd; Mermaid on standard output by default"
    )
    verb.add_argument(
        "--since", metavar="FILE", help="an older version; what changed since is marked"
    )
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..errors import InvalidInputError
    from ..flow.diagram import to_mermaid, to_svg
    from .flow_files import read_flow, write

    kind = Path(arguments.output).suffix.lower() if arguments.output else ".mmd"
    if kind not in (".svg", ".mmd"):
        raise InvalidInputError(f"{arguments.output}: give a file that ends in .svg or .mmd.")
    after = read_flow(arguments.flow)
    before = read_flow(arguments.since) if arguments.since else None
    if kind == ".svg":
        title = "" if arguments.flow == "-" else Path(arguments.flow).stem
        write(to_svg(after, before, title), arguments.output)
    else:
        write(to_mermaid(after, before), arguments.output)
    return 0
