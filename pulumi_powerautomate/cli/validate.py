"""`pulumi-powerautomate validate`: what is wrong with flows, before anything is deployed."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "validate",
        help="check flows by the rules of the workflow definition language",
        description="Check flows as `pulumi preview` does. Exit code 0: no errors; 1: errors, or "
        "with --strict warnings; 2: a file cannot be read.",
    )
    verb.add_argument("files", nargs="+", metavar="FILE", help="JSON file, folder or solution zip")
    verb.add_argument(
        "--format", choices=("text", "json", "sarif", "github"), default="text",
        help="text (default), json, sarif (2.1.0) or github (annotations of a workflow run)",
    )  # fmt: skip
    verb.add_argument("--strict", action="store_true", help="fail for warnings too")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from .findings import FORMATS, findings_of
    from .flow_files import flow_files

    found = [findings_of(flow) for flow in flow_files(arguments.files)]
    print(FORMATS[arguments.format](found))
    severities = {finding.problem.severity for each in found for finding in each.findings}
    return 1 if "error" in severities or (arguments.strict and severities) else 0
