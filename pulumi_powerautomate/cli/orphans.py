"""`pulumi-powerautomate orphans`: flows that a stack created and that no state knows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..terminal import json_text, shown
from .output import Progress, add_format
from .selecting import connected

if TYPE_CHECKING:
    from ..operations.orphans import Orphan


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "orphans",
        help="find flows that a killed run left behind",
        description="Lists flows of the environment that this stack created and that its state "
        "does not know: `pulumi stack export | pulumi-powerautomate orphans -`. Deletes those that "
        "are named with --delete, after a question. Exit code 0: there is none; 1: there are; "
        "2: nobody can tell.",
    )
    verb.add_argument("state", help="what `pulumi stack export` printed: a file, or - for input")
    verb.add_argument(
        "--other-state", metavar="FILE", action="append", default=[],
        help="state of another stack to which flows may have been moved; may be repeated",
    )  # fmt: skip
    verb.add_argument(
        "--name", metavar="NAME", action="append", default=[],
        help="name of a resource that an earlier program declared; may be repeated",
    )  # fmt: skip
    verb.add_argument(
        "--delete", metavar="ID", action="append", default=[],
        help="delete this one of the flows that are listed; may be repeated",
    )  # fmt: skip
    verb.add_argument("--yes", action="store_true", help="delete without a question")
    add_format(verb)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..errors import InvalidInputError
    from ..operations.orphans import delete_orphan, find_orphans, read_state

    client = connected()
    state = read_state(_read(arguments.state))
    others = [read_state(_read(path)) for path in arguments.other_state]
    with Progress("looking at the flows"):
        found = find_orphans(client, state, names=arguments.name, others=others)
    wanted = [id_.lower() for id_ in arguments.delete]
    unknown = sorted(set(wanted) - {item.flow.workflow_id for item in found})
    if unknown:
        raise InvalidInputError(
            f"{', '.join(unknown)}: not among the flows that this stack left behind; nothing was "
            "deleted. Run the command without --delete to see them."
        )
    _show(found, arguments.format)
    left = len(found)
    for orphan in found:
        if orphan.flow.workflow_id in wanted and (arguments.yes or _agreed(orphan)):
            delete_orphan(client, orphan)
            left -= 1
    return 1 if left else 0


def _read(path: str) -> str:
    from ..errors import InvalidInputError

    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read ({type(error).__name__}).") from None


def _show(found: Sequence[Orphan], form: str) -> None:
    if form == "json":
        rows = [
            {
                "id": item.flow.workflow_id,
                "name": item.flow.name,
                "state": item.flow.state,
                "created_on": item.flow.created_on,
                "reason": item.reason,
                "shared_with": item.shared_with,
            }
            for item in found
        ]
        print(json_text(rows))
        return
    if not found:
        print("No flow of this stack is missing from its state.")
    for item in found:
        shared = f", shared with {item.shared_with}" if item.shared_with else ""
        told = f"{item.flow.name!r} ({item.flow.state}{shared}): {item.reason}."
        print(shown(f"{item.flow.workflow_id}  {told}"))


def _agreed(orphan: Orphan) -> bool:
    if not sys.stdin.isatty():
        print("Not deleted: there is no terminal to ask at; pass --yes.", file=sys.stderr)
        return False
    question = f"Delete flow {orphan.flow.name!r} ({orphan.flow.workflow_id})?"
    reply = input(f"{shown(question)} [y/N] ")
    return reply.strip().lower() in ("y", "yes")
