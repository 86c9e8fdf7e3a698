"""Findings of validation, as text, JSON, SARIF, and annotations of GitHub's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_powerautomate

from ..flow import (
    DefinitionError,
    FlowDocument,
    Lines,
    Problem,
    children_of,
    connectors_of,
    is_invoker,
    parse_document,
    parse_json,
    validate,
)
from ..flow.validation import RULES
from ..flow.validation.rules import Rule
from ..project_addresses import help_address
from ..terminal import json_text, shown
from .flow_files import FlowFile
from .output import paint


@dataclass(frozen=True)
class Finding:
    """A problem, with the line it is found on."""

    problem: Problem
    line: int


@dataclass(frozen=True)
class FileFindings:
    """The findings of one document."""

    flow: FlowFile
    findings: Sequence[Finding]


def findings_of_all(
    flows: Sequence[FlowFile], ignored: Callable[[FlowFile], Collection[str]]
) -> list[FileFindings]:
    """
    Validate documents, each alone and as callers of each other.

    Args:
        flows: the documents.
        ignored: the codes of the rules that do not hold for one.
    """
    found = [findings_of(flow, ignored(flow)) for flow in flows]
    documents = {flow.flow_id: _document(flow) for flow in flows if flow.flow_id}
    with_invoker = {
        id_
        for id_, document in documents.items()
        if document and any(map(is_invoker, document.connection_references.values()))
    }
    if not with_invoker:
        return found
    names = {flow.flow_id: flow.name for flow in flows}
    for number, each in enumerate(found):
        document = documents.get(each.flow.flow_id) or _document(each.flow)
        called = children_of(document.definition) & with_invoker if document else ()
        if called and "FLOW506" not in ignored(each.flow):
            more = [_calls_invoker(names[child]) for child in sorted(called)]
            found[number] = FileFindings(each.flow, [*each.findings, *more])
    return found


def _document(flow: FlowFile) -> FlowDocument | None:
    try:
        return parse_document(flow.text)
    except DefinitionError:
        return None


def _calls_invoker(child: str) -> Finding:
    rule = RULES["FLOW506"]
    message = f"the flow calls {child}, which has a connection of its caller."
    remedy = 'Use "embedded" there: a child flow cannot have such a connection.'
    return Finding(Problem(rule.code, rule.severity, "actions", message, remedy), 1)


def findings_of(flow: FlowFile, ignore: Collection[str] = ()) -> FileFindings:
    """
    Validate one document.

    A definition on its own has no connection references; the program gives them, so they are not
    missed here.
    """
    try:
        document = parse_document(parse_json(flow.text))
    except DefinitionError as error:
        problem = Problem("FLOW100", "error", error.path, error.message, "Export the flow again.")
        return FileFindings(flow, [Finding(problem, error.line)])
    references: Mapping[str, Any] = document.connection_references
    if document.bare:
        references = {key: {"api": api} for key, api in connectors_of(document.definition).items()}
    problems = validate(document.definition, references, ignore)
    # Lines of what is inside of a package would mislead in the package itself.
    lines = Lines(flow.text) if problems and not flow.entry else None
    found = [Finding(problem, lines.of(problem.path) if lines else 1) for problem in problems]
    return FileFindings(flow, sorted(found, key=lambda finding: finding.line))


def as_text(found: Sequence[FileFindings]) -> str:
    """One line for each finding, and a summary."""
    lines = [
        f"{shown(each.flow.name)}:{item.line}: {_severity(item)} "
        + shown(
            f"{item.problem.code} {item.problem.path}: {item.problem.message} {item.problem.remedy}"
        )
        for each in found
        for item in each.findings
    ]
    errors, warnings = _counted(found)
    lines.append(
        f"{_many(len(found), 'flow')}: {_many(errors, 'error')}, {_many(warnings, 'warning')}"
    )
    return "\n".join(lines)


def _severity(item: Finding) -> str:
    severity = item.problem.severity
    return paint(severity, "red" if severity == "error" else "yellow")


def as_json(found: Sequence[FileFindings]) -> str:
    """Everything, for programs."""
    errors, warnings = _counted(found)
    document = {
        "errors": errors,
        "warnings": warnings,
        "flows": [
            {
                "file": each.flow.file,
                **({"entry": each.flow.entry} if each.flow.entry else {}),
                "problems": [
                    {
                        "code": item.problem.code,
                        "severity": item.problem.severity,
                        "path": item.problem.path,
                        "line": item.line,
                        "message": item.problem.message,
                        "remedy": item.problem.remedy,
                    }
                    for item in each.findings
                ],
            }
            for each in found
        ],
    }
    return json_text(document)


def as_sarif(found: Sequence[FileFindings]) -> str:
    """SARIF 2.1.0, as code scanning reads it."""
    known = {**RULES, **policy_rules(found)}
    numbers = {code: number for number, code in enumerate(known)}
    results = [
        {
            "ruleId": item.problem.code,
            "ruleIndex": numbers[item.problem.code],
            "level": item.problem.severity,
            "message": {"text": f"{item.problem.message} {item.problem.remedy}"},
            "locations": [_location(each.flow, item)],
        }
        for each in found
        for item in each.findings
    ]
    rules = [
        {
            "id": rule.code,
            "shortDescription": {"text": rule.title},
            **({"helpUri": address_of(rule.code)} if help_address() else {}),
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in known.values()
    ]
    driver = {
        "name": "pulumi-powerautomate",
        "version": pulumi_powerautomate.__version__,
        **({"informationUri": help_address()} if help_address() else {}),
        "rules": rules,
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    return json_text(document)


def policy_rules(found: Sequence[FileFindings]) -> dict[str, Rule]:
    """The policies among findings, described as rules are."""
    problems = [item.problem for each in found for item in each.findings]
    broken = {item.code: item for item in problems if item.code not in RULES}
    if not broken:
        return {}
    from ..policies import POLICIES

    titles = {f"powerautomate-{name}": policy.title for name, policy in POLICIES.items()}
    return {code: Rule(code, item.severity, titles[code]) for code, item in broken.items()}


def as_github(found: Sequence[FileFindings]) -> str:
    """Annotations of a GitHub Actions run, and a summary for its log."""
    lines = [
        f"::{item.problem.severity} file={_property(each.flow.file)},line={item.line},"
        f"title={_property(item.problem.code)}::"
        + _message(f"{_where(each.flow, item)}: {item.problem.message} {item.problem.remedy}")
        for each in found
        for item in each.findings
    ]
    return "\n".join([*lines, as_text(found).splitlines()[-1]])


def as_junit(found: Sequence[FileFindings]) -> str:
    """
    JUnit's XML, as Azure Pipelines, GitLab and Jenkins show it: a test case for each flow.

    Errors fail it; warnings are what it printed.
    """
    from xml.etree import ElementTree

    suites = ElementTree.Element(
        "testsuites", name="pulumi-powerautomate validate", tests=str(len(found)),
        failures=str(sum(any(_is_error(i) for i in each.findings) for each in found)), errors="0",
    )  # fmt: skip
    suite = ElementTree.SubElement(suites, "testsuite", {**suites.attrib, "name": "flows"})
    for each in found:
        case = ElementTree.SubElement(
            suite, "testcase", name=_in_xml(each.flow.name), classname="validate",
            file=_in_xml(each.flow.file), time="0",
        )  # fmt: skip
        wrong = [item for item in each.findings if _is_error(item)]
        if wrong:
            first = wrong[0].problem
            failure = ElementTree.SubElement(
                case, "failure", type=first.code, message=_in_xml(f"{first.code}: {first.message}")
            )
            failure.text = _in_xml("\n".join(_line(each, item) for item in wrong))
        warnings = [item for item in each.findings if not _is_error(item)]
        if warnings:
            printed = ElementTree.SubElement(case, "system-out")
            printed.text = _in_xml("\n".join(_line(each, item) for item in warnings))
    ElementTree.indent(suites)
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}\n{ElementTree.tostring(suites, 'unicode')}"


FORMATS: Mapping[str, Callable[[Sequence[FileFindings]], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
    "junit": as_junit,
}


def address_of(code: str) -> str:
    """Where a rule, or a policy, is explained."""
    return help_address(code, "validation" if code in RULES else "policies")


def _is_error(item: Finding) -> bool:
    return item.problem.severity == "error"


def _line(each: FileFindings, item: Finding) -> str:
    problem = item.problem
    return (
        f"{each.flow.name}:{item.line}: {problem.severity} {problem.code} {problem.path}: "
        f"{problem.message} {problem.remedy} {address_of(problem.code)}"
    ).rstrip()


def _in_xml(text: str) -> str:
    """XML 1.0 has no control characters; `shown` has made numbers of them."""
    return "\n".join(map(shown, text.split("\n")))


def _location(flow: FlowFile, item: Finding) -> dict[str, Any]:
    uri = flow.file.replace("\\", "/")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": item.line},
        },
        "logicalLocations": [{"fullyQualifiedName": _where(flow, item)}],
    }


def _where(flow: FlowFile, item: Finding) -> str:
    return f"{flow.entry}: {item.problem.path}" if flow.entry else item.problem.path


def _counted(found: Sequence[FileFindings]) -> tuple[int, int]:
    severities = [item.problem.severity for each in found for item in each.findings]
    return severities.count("error"), severities.count("warning")


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _message(text: str) -> str:
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
