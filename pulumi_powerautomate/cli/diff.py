"""`pulumi-powerautomate diff`: differences of two flows, packages or folders, in plain words."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..terminal import json_text, shown
from .output import add_format

if TYPE_CHECKING:
    from ..flow import Change
    from ..solution.difference import PackageDifference


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "diff", help="what differs between two versions of a flow, of a solution or of a folder",
        description="Exit codes: 0 no difference, 1 differences, 2 nothing that can be compared.",
    )  # fmt: skip
    what = "a JSON file, a solution zip, or a folder; - for standard input"
    verb.add_argument("before", help=f"the older version: {what}")
    verb.add_argument("after", help=f"the newer version: {what}")
    add_format(verb, "markdown")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..errors import InvalidInputError
    from ..flow import FlowVersion, compare
    from .versions import flows_of, read_version

    before, after = read_version(arguments.before), read_version(arguments.after)
    if isinstance(before, FlowVersion) and isinstance(after, FlowVersion):
        return _print_flow(before, after, compare(before, after), arguments.format)
    if isinstance(before, FlowVersion) or isinstance(after, FlowVersion):
        raise InvalidInputError(
            f"{arguments.before} and {arguments.after}: one is a flow, the other holds several; "
            "compare two of a kind."
        )
    from ..solution import PackageContents
    from ..solution.difference import PackageDifference, compare_flows, compare_packages

    if isinstance(before, PackageContents) and isinstance(after, PackageContents):
        return _print_package(compare_packages(before, after), arguments.format)
    flows = compare_flows(flows_of(before), flows_of(after))
    return _print_package(PackageDifference([], flows), arguments.format)


def _print_flow(before: Any, after: Any, changes: Sequence[Change], form: str) -> int:
    if form == "json":
        print(json_text(_as_json(changes)))
    elif form == "markdown":
        from ..flow.diagram import to_mermaid
        from ..review import changes_in_markdown, fenced

        print(changes_in_markdown(changes) or "No difference.\n", end="")
        if changes:
            print(f"\n{fenced(to_mermaid(after, before), 'mermaid')}", end="")
    else:
        _print_changes(changes)
        if not changes:
            print("no difference")
    return 1 if changes else 0


def _print_package(found: PackageDifference, form: str) -> int:
    if form == "json":
        flows = [
            {"id": flow.id, "name": flow.name, "changes": _as_json(flow.changes)}
            for flow in found.flows
        ]
        document = {"changes": _as_json(found.changes), "flows": flows}
        print(json_text(document))
    elif form == "markdown":
        from ..review import package_in_markdown

        print(package_in_markdown(found) or "No difference.\n", end="")
    else:
        _print_changes(found.changes)
        for flow in found.flows:
            if flow.before is None or flow.after is None:
                _print_changes(flow.changes)
                continue
            print(f"Flow {shown(flow.name)}:")
            _print_changes(flow.changes, "  ")
        if not found:
            print("no difference")
    return 1 if found else 0


def _print_changes(changes: Sequence[Change], indent: str = "") -> None:
    for change in changes:
        print(f"{indent}{shown(change.sentence)}")
        if change.path:
            print(f"{indent}    {shown(change.path)}")


def _as_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [
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
