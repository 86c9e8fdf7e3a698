"""Validation of inputs that people met: what the service refuses is an error, the rest is clean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_powerautomate.cli.findings import findings_of_all
from pulumi_powerautomate.cli.flow_files import flow_files
from pulumi_powerautomate.flow import DefinitionError, parse_document
from tests.harness.cases import FOLDER, document

# By file: code, place, and a part of the line. The reports behind them quote the service.
REFUSED = {
    "typo-runsAfter": ("FLOW110", "actions.Then.runsAfter", "'runAfter'"),
    "member-misspelt-branches": ("FLOW110", "actions.I.elseActions", '"else"'),
    "member-sdk2979-variables": ("FLOW110", "variables", "InitializeVariable"),
    "member-lux2135-tracked-on-trigger": (
        "FLOW110", "triggers.Recurrence.trackedProperties", "Remove it",
    ),
    "member-lux5824-retryPolicy": ("FLOW110", "actions.H.retryPolicy", '"inputs"'),
    "member-sentinel408-parameter": ("FLOW110", "parameters.P.value", "defaultValue"),
    "la41-recurrence-action": ("FLOW201", "actions.Again.type", "type of triggers"),
    "invoker-direct-on-schedule": (
        "FLOW505", "connectionReferences.shared_office365", "type Recurrence",
    ),
    "child-with-invoker": ("FLOW506", "connectionReferences.shared_office365", "child flow"),
    "lux2886-unescaped": ("FLOW301", "actions.Send.inputs", "character 55"),
    "lux6070-until": ("FLOW301", "actions.U.expression", "single quotes"),
    "lux3064-cases": ("FLOW603", "actions.S.cases", "40 cases"),
    "odata-keys": ("FLOW301", "actions.P.inputs.schema.properties.@odata.etag", "@@"),
    "def-key-dup": ("FLOW100", "", "stands twice"),
    "def-lone-surrogate": ("FLOW100", "definition.actions.Greet.inputs", "surrogate"),
    "def-nul": ("FLOW100", "definition.actions.Greet.inputs", "NUL"),
    "def-num-decimals": ("FLOW100", "definition.actions.C.inputs.e", "not a JSON number"),
    "def-num-5000-digits": ("FLOW100", "", "thousands of digits"),
    "shape-clipboard": ("FLOW100", "definition", "designer's clipboard"),
    "shape-peek-code": ("FLOW100", "definition", "peek code"),
}  # fmt: skip
MEMBERS_OF_TYPO_MEMBERS = {
    "triggers.Recurrence.condition", "triggers.Recurrence.runAfter", "actions.A.input",
    "actions.A.recurrence", "actions.A.splitOn", "actions.B.runsAfter",
}  # fmt: skip
CLEAN = (
    "a", "b", "recurrence-plain", "recurrence-evaluated", "runafter-1", "runafter-2",
    "apim-raw-authentication", "apim-no-authentication", "deep8", "deep9",
    "host-connectionReferenceName-key", "exotic-agent-flow", "exotic-teams-webhook",
    "parsejson-definition-keys", "lux6689-xpath", "lux6774-newlines-and-quotes", "la767-appsetting",
    "def-num-big-int", "def-num-decimals2", "def-text-odd", "def-key-empty-and-dollar",
    "def-bom-crlf", "agent-reference-dots", "shape-legacy-package", "shape-logic-app-codeview",
    "shape-logic-app-standard", "shape-m365-export", "parent-of-invoker-child",
)  # fmt: skip


def _found(*names: str) -> list[tuple[str, str, str, str]]:
    """(severity, code, path, text) of everything that is wrong with some cases."""
    files = list(flow_files([str(FOLDER / f"{name}.json") for name in names]))
    return [
        (item.problem.severity, item.problem.code, item.problem.path,
         f"{item.problem.message} {item.problem.remedy}")
        for each in findings_of_all(files, lambda _: ())
        for item in each.findings
    ]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_place_and_a_remedy(name: str) -> None:
    """The error says where, and what was meant."""
    code, path, words = REFUSED[name]
    found = [item for item in _found(name) if item[:3] == ("error", code, path)]
    assert len(found) == 1
    assert words in found[0][3]


@pytest.mark.parametrize("name", CLEAN)
def test_clean(name: str) -> None:
    """Neither an error nor a warning."""
    assert _found(name) == []


def test_every_misspelt_member_is_told() -> None:
    """Six of them in one flow."""
    told = {path for _, code, path, _ in _found("typo-members") if code == "FLOW110"}
    assert told == MEMBERS_OF_TYPO_MEMBERS


@pytest.mark.parametrize("name", ["deep10", "deep12"])
def test_levels_count_from_nought(name: str) -> None:
    """Nine levels are taken, the tenth is not."""
    assert [(severity, code) for severity, code, _, _ in _found(name)] == [("error", "FLOW602")]


def test_names_that_differ_in_case_are_warned_of() -> None:
    """They are kept as they are."""
    assert [item[:3] for item in _found("def-key-case")] == [("warning", "FLOW207", "actions.c")]


def test_a_member_that_nobody_knows_is_a_warning(tmp_path: Path) -> None:
    """No refusal of it is known, so that the flow is not held up; nor one of other spelling."""
    flow = document("a")
    flow["actions"]["C"]["futureMember"] = {}
    flow["actions"]["C"]["Description"] = "x"
    (tmp_path / "flow.json").write_text(json.dumps(flow), "utf-8")
    files = list(flow_files([str(tmp_path / "flow.json")]))
    found = [item.problem for item in findings_of_all(files, lambda _: ())[0].findings]
    assert {(problem.severity, problem.code) for problem in found} == {("warning", "FLOW111")}
    assert len(found) == 2


def test_a_parent_of_a_child_with_its_callers_connection(tmp_path: Path) -> None:
    """The parent alone is clean; beside the child, whose file bears its id, it is not."""
    child = tmp_path / "Child-5EED0000-0000-4000-8000-0000000000C1.json"
    flow = document("child-with-invoker")
    for action in flow["properties"]["definition"]["actions"].values():
        if action["type"] == "Response":
            action["kind"] = "PowerApp"
    child.write_text(json.dumps(flow), "utf-8")
    parent = FOLDER / "parent-of-invoker-child.json"
    found = findings_of_all(list(flow_files([str(child), str(parent)])), lambda _: ())
    assert [[item.problem.code for item in each.findings] for each in found] == [[], ["FLOW506"]]


@pytest.mark.parametrize("name", ["def-ansi", "def-utf16"])
def test_other_encodings_are_named(name: str) -> None:
    """One line, before anything is checked."""
    with pytest.raises(Exception, match="not UTF-8; save it as UTF-8"):
        _found(name)


def test_a_row_of_the_table_is_read() -> None:
    """As `GET workflows(…)` answers."""
    flow = document("agent-reference-dots")
    row = {"workflowid": "5eed0000-0000-4000-8000-0000000000c1", "clientdata": json.dumps(flow)}
    assert parse_document(row) == parse_document(flow)


def test_a_template_of_several_workflows_is_named() -> None:
    """Which one is meant, nobody can tell."""
    template = document("shape-m365-export")
    template["resources"] *= 2
    with pytest.raises(DefinitionError, match="2 workflows"):
        parse_document(template)
