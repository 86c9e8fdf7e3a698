"""`pulumi-powerautomate diff`: what differs between two versions of a flow, in plain words."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "diff", help="what differs between two versions of a flow",
        description="Exit codes: 0 no difference, 1 differences, 2 a file is not a flow.",
    )  # fmt: skip
    verb.add_argument("before", help="the older version, a JSON file; - for standard input")
    verb.add_argument("after", help="the newer version, a JSON file; - for standard input")
    verb.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text",
        help="text (default), json: a list of changes, markdown: with a diagram",
    )  # fmt: skip
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..flow import compare
    from ..flow.diagram import to_mermaid
    from ..review import changes_in_markdown, fenced
    from ..terminal import json_text, shown
    from .flow_files import read_flow

    before, after = read_flow(arguments.before), read_flow(arguments.after)
    changes = compare(before, after)
    if arguments.format == "json":
        found = [
            {
                "kind": change.kind,
                "severity": change.severity,
                "path": change.path,
                "before": change.before,
                "after": change.after,
                "sentence": change.sentence,
            }
            for change in changes
        ]
        print(json_text(found))
    elif arguments.format == "markdown":
        print(changes_in_markdown(changes) or "No difference.\n", end="")
        if changes:
            print(f"\n{fenced(to_mermaid(after, before), 'mermaid')}", end="")
    else:
        for change in changes:
            print(shown(change.sentence))
            print(f"    {shown(change.path)}" if change.path else "")
        if not changes:
            print("no difference")
    return 1 if changes else 0
