"""`pulumi-powerautomate run-check`: whether a flow ran well lately; it triggers nothing."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .output import Progress, add_format, paint
from .selecting import connected


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "run-check",
        help="look at a flow's recent runs, as a gate after a deployment",
        description="Reads the runs that the environment keeps; triggers nothing. Exit code 0: "
        "all is well; 1: the flow is not on, or the runs are not as demanded; 2: nobody can tell.",
    )
    verb.add_argument("flow", help="the flow's id, or its display name")
    verb.add_argument("--within", metavar="SPAN", default="1h", help="90s, 15m, 1h, 2d (1h)")
    verb.add_argument("--max-failures", metavar="N", type=int, default=0, help="accepted (0)")
    verb.add_argument("--min-runs", metavar="N", type=int, default=0, help="expected (0)")
    add_format(verb)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ..operations.run_check import check_runs, duration, summary
    from ..terminal import json_text, shown

    within = duration(arguments.within)
    with Progress("reading the runs"):
        check = check_runs(
            connected(),
            arguments.flow,
            within=within,
            max_failures=arguments.max_failures,
            min_runs=arguments.min_runs,
        )
    if arguments.format == "json":
        found = {
            "flow": check.flow.workflow_id,
            "state": check.flow.state,
            "ok": not check.problems,
            "problems": check.problems,
            "runs": [asdict(run) for run in check.runs],
        }
        print(json_text(found))
    else:
        print("\n".join(map(shown, summary(check, arguments.within))))
    for problem in check.problems:
        print(f"{paint('failed:', 'red', sys.stderr)} {shown(problem)}", file=sys.stderr)
    return 1 if check.problems else 0
