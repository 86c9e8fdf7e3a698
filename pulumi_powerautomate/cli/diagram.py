"""`pulumi-powerautomate diagram`: a flow as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import add_format

_KINDS = {".svg": "svg", ".mmd": "mermaid", ".json": "json", "": "mermaid"}


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("diagram", help="a flow as a picture: SVG or Mermaid")
    verb.add_argument("flow", help="a JSON file, a solution zip or a folder; - for standard input")
    verb.add_argument(
        "--flow", dest="name", metavar="NAME",
        help="which flow of a package or folder: name (with * and ?), id or path",
    )  # fmt: skip
    verb.add_argument(
        "-o",
        "--output",
        help="FILE.svg, FILE.mmd or FILE.json; Mermaid on standard output by default",
    )
    verb.add_argument(
        "--since",
        metavar="FILE",
        help="an older version of the file, package or folder; what changed since is marked",
    )
    add_format(verb, "svg", text="mermaid", default=None)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..errors import InvalidInputError
    from ..flow.diagram import to_document, to_mermaid, to_svg
    from ..terminal import json_text
    from .flow_files import write
    from .versions import flows_of, one_flow, read_version

    kind = arguments.format or _KINDS.get(Path(arguments.output or ".mmd").suffix.lower())
    if kind is None:
        raise InvalidInputError(
            f"{arguments.output}: give a file that ends in .svg, .mmd or .json, or --format."
        )
    key, name, after = one_flow(arguments.flow, arguments.name)
    before = None
    if arguments.since:
        older = flows_of(read_version(arguments.since))
        before = older.get(key) if key else one_flow(arguments.since, arguments.name)[2]
        if before is None:
            raise InvalidInputError(f"{arguments.since} has no flow {name!r}; leave out --since.")
    if kind == "svg":
        title = name or ("" if arguments.flow == "-" else Path(arguments.flow).stem)
        write(to_svg(after, before, title), arguments.output)
    elif kind == "json":
        write(json_text(to_document(after, before)) + "\n", arguments.output)
    else:
        write(to_mermaid(after, before), arguments.output)
    return 0
