"""Policies on files: what a policy pack would say of the flows, as far as a file tells."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..errors import PowerAutomateError
from ..flow import FlowDocument, Lines, Problem, parse_document
from ..policies import Flow, Settings, read_settings, violations
from .findings import FileFindings, Finding
from .flow_files import FlowFile


def with_policies(
    found: Sequence[FileFindings], path: str, stack: str | None
) -> list[FileFindings]:
    """
    Findings with those of policies added.

    Owners and shares stand in programs, not in files, so those policies have nothing to look at.

    Args:
        found: the findings of validation.
        path: the file of the policies.
        stack: name of the stack that the flows are for.

    Raises:
        InvalidInputError: the file of the policies is missing, or says what no policy knows.
    """
    settings = read_settings(path)
    packages = {each.flow.file: _facts(each.flow.file) for each in found if each.flow.entry}
    return [
        FileFindings(
            each.flow,
            sorted(
                [*each.findings, *_broken(each.flow, settings, packages, stack)],
                key=lambda finding: finding.line,
            ),
        )
        for each in found
    ]


def _broken(
    file: FlowFile, settings: Settings, packages: dict[str, dict[str, tuple[str, str]]],
    stack: str | None,
) -> list[Finding]:  # fmt: skip
    try:
        document = parse_document(file.text)
    except PowerAutomateError:
        # Told by validation already.
        return []
    name, state = packages.get(file.file, {}).get(file.entry, (_name(file), ""))
    flow = Flow(
        name or None, document.definition, _references(document), None, state or None, stack
    )
    lines = Lines(file.text) if not file.entry else None
    return [
        Finding(
            Problem(
                f"powerautomate-{item.policy}",
                "error" if item.level == "mandatory" else "warning",
                item.path,
                item.message,
                item.remedy,
            ),
            lines.of(item.path) if lines else 1,
        )
        for item in violations(flow, settings)
    ]


def _references(document: FlowDocument) -> dict[str, object]:
    return {} if document.bare else document.connection_references


def _facts(path: str) -> dict[str, tuple[str, str]]:
    """Name and state of each flow of a package, by the name of its entry."""
    from ..solution import read_package

    return {flow.file: (flow.name, "on" if flow.on else "off") for flow in read_package(path).flows}


def _name(file: FlowFile) -> str:
    """The display name, where the document has it; else nothing is known."""
    try:
        document = json.loads(file.text.removeprefix("\ufeff"))
    except ValueError:
        return ""
    inner = document.get("properties") if isinstance(document, dict) else None
    for place, key in ((inner, "displayName"), (document, "name")):
        if isinstance(place, dict) and isinstance(place.get(key), str):
            return str(place[key])
    return ""
