"""`pulumi-powerautomate report`: a preview as the comment of a pull request."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "report", help="a `pulumi preview --json` as Markdown for a pull request"
    )
    verb.add_argument(
        "preview", nargs="?", default="-",
        help="the file that holds the preview's JSON; standard input by default",
    )  # fmt: skip
    verb.add_argument("-o", "--output", help="the Markdown file to write; standard output if none")
    verb.add_argument("--title", default="", help="the heading; the stack's name by default")
    verb.add_argument(
        "--limit", type=int, default=65_536, metavar="CHARACTERS",
        help="the longest report (65536, GitHub's limit for a comment)",
    )  # fmt: skip
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..review import read_preview, report
    from .flow_files import read_text, write

    preview = read_preview(read_text(arguments.preview))
    write(report(preview, title=arguments.title, limit=arguments.limit), arguments.output)
    return 0
