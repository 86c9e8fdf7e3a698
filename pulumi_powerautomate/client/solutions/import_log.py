"""
From an import's log to the components that failed, why, and what a person can do about it.

The log is XML with one `result` per component; the manifest's own can say success while one failed
("Solution import API", and the platform's error table).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ...errors import InvalidInputError, SolutionOperationError, one_line
from ...files import temporary_folder, write_whole
from ...solution.safe_archive import parse_xml
from .component_types import kind_of

# What packages call the layer of everything that is unmanaged; it is no solution to import.
_UNMANAGED = "Active"
_MOST_SHOWN = 5
_LONGEST_TEXT = 300
_DEPENDENCY = re.compile(r"<Required\b[^>]*>")
_ATTRIBUTE = re.compile(r"""(\w[\w.]*)=(["'])(.*?)\2""")

# By code in lower case.
REMEDIES: Mapping[str, str] = {
    "0x8004801d": "Import what is missing first.",
    "0x80048040": "Import the unmanaged package, or uninstall the unmanaged solution first.",
    "0x80048041": "Import the managed package, or uninstall the managed solution first.",
    "0x80048541": "Raise the version in the source environment and export again.",
    "0x8004f046": "Install the solution first: there is none to upgrade.",
    "0x8004853c": "Promote or delete the staged upgrade first.",
    "0x80071151": "Another solution is being installed or removed; run the command again.",
    "0x80071154": "Another solution is being installed or removed; run the command again.",
    "0x80048066": "Export the solution again; the package is not complete.",
    "0x80048495": "Export the solution again; the file is not a valid zip.",
    "0x8004f016": "A component exists unmanaged in the environment; remove it there first.",
    "0x80060468": "The flow's document is malformed; open and save the flow, then export again.",
    "0x80040220": "Give the identity a role with this privilege, such as System Customizer.",
    "0x80048306": "Give the identity a role with this privilege, such as System Customizer.",
    "0x80040237": "A component with this name exists already; remove it or rename this one.",
    "0x80048543": "The import took too long; run the command again.",
    "0x80044150": "Split the solution: the environment takes no package of this size.",
    "0x8004f01e": "Give the solution a version of up to four numbers.",
    "0x8004f002": "Give the solution a unique name of letters, digits and underscores.",
}


@dataclass(frozen=True)
class ComponentResult:
    """The result of one component."""

    kind: str
    name: str
    outcome: str
    code: str
    text: str


def parse_log(text: str) -> list[ComponentResult]:
    """Every result in a log; an unreadable log has none."""
    try:
        root = parse_xml(text.encode(), "the import's log")
    except InvalidInputError:
        return []
    found: list[ComponentResult] = []
    stack: list[tuple[Element, Element | None]] = [(root, None)]
    while stack:
        element, parent = stack.pop()
        if element.tag == "result" and parent is not None:
            found.append(
                ComponentResult(
                    kind=parent.tag,
                    name=parent.get("LocalizedName") or parent.get("id") or "",
                    outcome=element.get("result") or "",
                    code=element.get("errorcode") or "",
                    text=element.get("errortext") or "",
                )
            )
        stack.extend((child, element) for child in reversed(list(element)))
    return found


def standing(text: str) -> str:
    """
    Where an import that runs is, such as `workflow 'Alert', 3 of 8`; empty when its log is silent.

    The log names every component, with `processed` telling which are through.
    """
    try:
        root = parse_xml(text.encode(), "the import's log")
    except InvalidInputError:
        return ""
    components = [
        component
        for section in root
        if section.tag != "solutionManifests"
        for component in section
        if component.get("processed")
    ]
    waiting = [item for item in components if item.get("processed") == "false"]
    if not waiting:
        return ""
    name = waiting[0].get("LocalizedName") or waiting[0].get("id") or ""
    number = len(components) - len(waiting) + 1
    return f"{waiting[0].tag} {one_line(name, 60)!r}, {number} of {len(components)}"


def failure_of(
    action: str, job_id: str, log: str, message: str, code: str
) -> SolutionOperationError:
    """
    The error for a solution operation that failed.

    Args:
        action: what was attempted, as the message begins, such as `Import solution Contoso`.
        job_id: id of the job, for the name of the log's file.
        log: what the import says about every component; empty where there is none.
        message: the service's message, where there is no log.
        code: its code.
    """
    failed = [result for result in parse_log(log) if result.outcome == "failure"]
    components = [result for result in failed if result.kind != "solutionManifest"]
    if not components:
        first = failed[0] if failed else ComponentResult("", "", "", code, message)
        lines = [_explained(first.text or message, first.code or code)]
        code = first.code or code
    else:
        code = components[0].code
        lines = [
            f"{result.kind} {result.name!r}: {_explained(result.text, result.code)}"
            for result in components[:_MOST_SHOWN]
        ]
        if len(components) > _MOST_SHOWN:
            lines.append(f"and {len(components) - _MOST_SHOWN} more.")
    kept = f" The whole log: {_kept(job_id, log)}" if log else ""
    return SolutionOperationError(f"{action}: {' '.join(lines)}{kept}", code)


def _explained(text: str, code: str) -> str:
    """A failure in one sentence, with its remedy."""
    missing = _missing(text)
    if missing:
        return f"{code} {missing}"
    said = one_line(re.sub(r"<[^>]+>", " ", text), _LONGEST_TEXT).rstrip(".")
    remedy = REMEDIES.get(code.lower(), "")
    return f"{code} {said}.".strip() + (f" {remedy}" if remedy else "")


def _missing(text: str) -> str:
    """
    The meaning of a text about missing dependencies, in sentences with remedies; empty for others.
    """
    of_solutions, of_none = [], []
    for tag in _DEPENDENCY.findall(text):
        attributes = {key: html.unescape(value) for key, _, value in _ATTRIBUTE.findall(tag)}
        name = attributes.get("displayName") or attributes.get("schemaName") or "a component"
        parent = attributes.get("parentDisplayName") or attributes.get("parentSchemaName")
        kind = kind_of(attributes.get("type") or "")
        what = f"{name} ({kind}{f' of {parent}' if parent else ''})"
        solution = attributes.get("solution") or "another solution"
        if solution == _UNMANAGED:
            of_none.append(what)
        else:
            of_solutions.append(f"{what} of {solution}")
    sentences = []
    if of_solutions:
        sentences.append(f"it needs {_shown(of_solutions)}. {REMEDIES['0x8004801d']}")
    if of_none:
        sentences.append(
            f"{'It needs' if sentences else 'it needs'} {_shown(of_none)} of no solution: the "
            f"package calls it {_UNMANAGED!r}, because it was not part of a managed solution where "
            "it was exported. Add it to the solution there and export again, or create it here."
        )
    return " ".join(sentences)


def _shown(found: list[str]) -> str:
    shown = list(dict.fromkeys(found))
    more = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    return ", ".join(shown[:_MOST_SHOWN]) + more


def _kept(job_id: str, log: str) -> str:
    """Where the log is; a disk without room must not hide what the log was about."""
    try:
        path = temporary_folder() / f"import-{re.sub(r'[^0-9A-Za-z-]', '_', job_id)}.xml"
        write_whole(path, log.encode("utf-8", "replace"), private=True)
    except InvalidInputError as error:
        return f"importjobs({job_id}), because it could not be written here ({error})"
    return str(path)
