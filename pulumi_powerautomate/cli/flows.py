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
    verb.add_argument(
        "--runs", metavar="SPAN", help="count the runs of so long, and those that failed: 90s … 7d"
    )
    verb.add_argument(
        "--failing", action="store_true",
        help="only flows that are suspended, or of which a run failed (within 1d, or --runs)",
    )  # fmt: skip
    verb.add_argument(
        "--drafts", action="store_true",
        help="only flows with a draft that is not published, and what it would change",
    )  # fmt: skip
    add_format(verb, text="table")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..operations.flow_table import as_json, as_table, flow_rows
    from ..operations.run_check import duration

    span = arguments.runs or ("1d" if arguments.failing else None)
    within = duration(span) if span else None
    with Progress("reading the flows"):
        rows = flow_rows(
            connected(),
            selection(arguments, state=arguments.state),
            connectors=arguments.connectors,
            connector=arguments.connector,
            runs_within=within,
            drafts=arguments.drafts,
        )
    if arguments.failing:
        rows = [row for row in rows if row.is_in_trouble]
    print(as_json(rows) if arguments.format == "json" else as_table(rows, _coloured))
    return 0


def _coloured(column: int, cell: str) -> str:
    """Flows that do not run, or ran badly, stand out."""
    text = cell.strip()
    if (column == 1 and text.startswith("suspended")) or (column == 2 and " failed" in text):
        return paint(cell, "red")
    return paint(cell, "yellow") if column == 1 and text == "off" else cell
