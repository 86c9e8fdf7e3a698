"""`pulumi-powerautomate flows`: the flows of an environment, as a table or as JSON."""

from __future__ import annotations

import argparse
from typing import Any

from .selecting import add_selection, connected, selection


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("flows", help="list the flows of the environment")
    add_selection(verb)
    verb.add_argument("--state", choices=("on", "off", "suspended"))
    verb.add_argument("--connectors", action="store_true", help="show the connectors, too")
    verb.add_argument("--connector", metavar="NAME", help="only flows that use it (office365)")
    verb.add_argument("--format", choices=("table", "json"), default="table")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..operations.flow_table import as_json, as_table, flow_rows

    rows = flow_rows(
        connected(),
        selection(arguments, state=arguments.state),
        connectors=arguments.connectors,
        connector=arguments.connector,
    )
    print(as_json(rows) if arguments.format == "json" else as_table(rows))
    return 0
