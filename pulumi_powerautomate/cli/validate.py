"""`pulumi-powerautomate validate`: problems of flows, before anything is deployed."""

from __future__ import annotations

import argparse
from typing import Any

from .output import Progress


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "validate",
        help="check flows by the rules of the workflow definition language",
        description="Check flows as `pulumi preview` does. Exit code 0: no errors; 1: errors, or "
        "with --strict warnings; 2: a file cannot be read, or there is nothing to check.",
    )
    verb.add_argument("files", nargs="+", metavar="FILE", help="JSON file, folder or solution zip")
    verb.add_argument(
        "--format", choices=("text", "json", "sarif", "junit", "github"), default="text",
        help="text (default), json, sarif (2.1.0), junit (XML), or github (annotations of a run)",
    )  # fmt: skip
    verb.add_argument(
        "--ignore", action="append", default=[], metavar="RULE",
        help="a rule that does not hold, such as FLOW606; several with commas",
    )  # fmt: skip
    verb.add_argument(
        "--config", metavar="FILE",
        help="which rules do not hold where (.pulumi-powerautomate.json, if there is one)",
    )  # fmt: skip
    verb.add_argument(
        "--policy", metavar="FILE",
        help="policies to hold too, as a policy pack does at a preview: see the page on policies",
    )  # fmt: skip
    verb.add_argument(
        "--stack", metavar="NAME",
        help="with --policy: the stack that the flows are for, where a policy asks for it",
    )  # fmt: skip
    verb.add_argument(
        "--skip-others", action="store_true",
        help="pass over named files that hold no flow, and accept that none does; for hooks",
    )  # fmt: skip
    verb.add_argument("--strict", action="store_true", help="fail for warnings too")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..errors import InvalidInputError
    from .findings import FORMATS, findings_of_all
    from .flow_files import flow_files, holds_packages
    from .ignored_rules import read_ignored_rules

    if arguments.stack and not arguments.policy:
        raise InvalidInputError("--stack is for --policy FILE; give both.")
    rules = read_ignored_rules(arguments.ignore, arguments.config)
    with Progress("checking the flows"):
        flows = list(flow_files(arguments.files, skip_others=arguments.skip_others))
        found = findings_of_all(flows, rules.of)
        if arguments.policy:
            from .policy_findings import with_policies

            found = with_policies(found, arguments.policy, arguments.stack)
    if not found and not arguments.skip_others and not holds_packages(arguments.files):
        raise InvalidInputError(
            f"{', '.join(arguments.files)}: no flow and no solution package in it; nothing was "
            "checked."
        )
    print(FORMATS[arguments.format](found))
    severities = {finding.problem.severity for each in found for finding in each.findings}
    return 1 if "error" in severities or (arguments.strict and severities) else 0
