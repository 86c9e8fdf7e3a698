"""`pulumi-powerautomate flows`: the flows of an environment, as a table or as JSON."""

from __future__ import annotations

import argparse
from typing import Any

from .output import Progress, add_format, paint
from .selecting import add_selection, connected, selection


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("flows", help="list the flows of the environment")
    add_selection(verb)
    verb.add_argument("--state", choices=("on", "off", "suspended"))
    verb.add_argument("--connectors", action="store_true", help="show the connectors, too")
    verb.add_argument("--connector", metavar="NAME", help="only flows that use it (office365)")
    add_format(verb, text="table")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..operations.flow_table import as_json, as_table, flow_rows

    with Progress("reading the flows"):
        rows = flow_rows(
            connected(),
            selection(arguments, state=arguments.state),
            connectors=arguments.connectors,
            connector=arguments.connector,
        )
    print(as_json(rows) if arguments.format == "json" else as_table(rows, _coloured))
    return 0


def _coloured(column: int, cell: str) -> str:
    """Flows that do not run stand out."""
    state = cell.strip()
    return paint(cell, "yellow") if column == 1 and state in ("off", "suspended") else cell
