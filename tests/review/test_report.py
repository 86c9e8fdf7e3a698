"""The report of a preview: what it says, how it is escaped, and how it stays within its limit."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.review import read_preview, report
from pulumi_powerautomate.review.markdown import plain
from tests.harness.definitions import hourly, mailing
from tests.harness.edits import EDITS, edited, flows
from tests.harness.previews import flow_inputs, printed, step

_LIMIT = 65_536


def _report(*steps: Any, limit: int = _LIMIT, **more: Any) -> str:
    return report(read_preview(printed(*steps, **more)), limit=limit)


def _cells(text: str) -> list[list[str]]:
    """The rows of the tables, split where a cell ends."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_shares_solutions_and_bindings_in_words() -> None:
    """One row each, and a count by kind and operation."""
    share = {"principal": {"type": "team", "name": "Ops"}, "access": ["read"]}
    package = {
        "solution": "Alerts", "version": "1.0.0.0", "managed": True,
        "flows": {"7": "Alert"}, "__flows": {"7": "old"},
    }  # fmt: skip
    newer = {**package, "version": "1.1.0.0", "__flows": {"7": "new"}}
    text = _report(
        step("create", "FlowShare", "new", None, share),
        step("update", "FlowShare", "more", share, {**share, "access": ["read", "write"]}),
        step("delete", "FlowShare", "gone", share),
        step(
            "update", "FlowSharesExclusive", "all",
            {"shares": {"team Ops": ["read"], "user a@b.c": ["read"]}},
            {"shares": {"team Ops": ["read", "share"], "team New": ["read"]}},
        ),
        step("update", "SolutionImport", "alerts", package, newer),
        step("update", "EnvironmentVariableValue", "to", {"value": "a"}, {"value": "b"}),
        step("same", "CloudFlow", "kept"),
    )  # fmt: skip
    assert "| Shares | 1 | 2 |  | 1 |" in text
    assert "| Solutions |  | 1 |  |  |" in text
    assert "1 resource unchanged." in text
    for sentence in (
        "team Ops may read the flow.",
        "team Ops may read and write the flow (before: read).",
        "team Ops may no longer read the flow.",
        "team Ops may read and share the flow (before: read).",
        "team New may read the flow.",
        "Solution Alerts goes from version 1.0.0.0 to 1.1.0.0.",
        "Flows in it that differ: Alert.",
        "value: a → b.",
    ):
        assert sentence in text


def test_a_replacement_is_one_row() -> None:
    """The engine tells it in three steps."""
    before = flow_inputs(hourly(), workflow_id="1")
    after = flow_inputs(hourly(), workflow_id="2")
    text = _report(
        step("delete-replaced", "CloudFlow", "digest", before),
        step("replace", "CloudFlow", "digest", before, after),
        step("create-replacement", "CloudFlow", "digest", before, after),
    )
    rows = [cells for cells in _cells(text) if cells[0] == "⚠️ digest"]
    assert rows == [
        ["⚠️ digest", "CloudFlow", "**replace**", "The flow is deleted and created anew. (+1)"]
    ]
    assert "workflow\\_id: 1 → 2." in text


def test_a_secret_or_unknown_definition_says_so() -> None:
    """A text that the engine hides stays hidden; the rest of the row is told."""
    before = flow_inputs(hourly(), state="on")
    for hidden, words in (
        ("[secret]", "The definition is a secret; it is not shown."),
        ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "known during the deployment only"),
    ):
        after = {**before, "definition": hidden, "state": "off"}
        text = _report(step("update", "CloudFlow", "digest", before, after))
        assert words in text
        assert "The flow is turned off." in text
        assert "mermaid" not in text


NASTY = [
    "a | b",
    "`code` ``` fence",
    "line\nbreak\r\n\r\n# heading",
    "@octocat and #1 and @org/team",
    "</summary></details><script>alert(1)</script>",
    "[link](http://x) ![image](y) *bold* _under_ ~~gone~~",
    "1. list",
    "- list",
    "\\| escaped already",
    '"]; click n0 href "javascript:x"',
]


@pytest.mark.parametrize("nasty", NASTY)
def test_names_and_values_stay_text(nasty: str) -> None:
    """They end no cell, open no tag, notify nobody, and close no code block."""
    after = hourly(nasty)
    after["actions"][nasty] = {"type": nasty, "runAfter": {"Greet": ["Failed"]}}
    text = _report(
        step("update", "CloudFlow", nasty, flow_inputs(hourly()), flow_inputs(after, name=nasty))
    )
    assert all(len(cells) in (4, 5) for cells in _cells(text)), _cells(text)
    outside = re.sub(r"(?ms)^ *(`{3,})\w+\n.*?^ *\1$", "", text)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside.replace("\\`", ""))
    assert not re.search(r"[@#]\w", outside)
    assert "<script" not in outside
    assert outside.count("<details>") == outside.count("</details>") == 1
    assert len(re.findall(r"(?m)^# ", outside)) == 0


@pytest.mark.parametrize("limit", [_LIMIT, 30_000, 12_000, 3_000])
def test_a_hundred_changed_flows(limit: int) -> None:
    """Within the limit; first the diagrams go, then details; the report says what went."""
    pool = flows()
    steps = []
    for number in range(100):
        kind = list(EDITS)[number % len(EDITS)]
        edit = edited(kind, number, pool)
        before, after = (
            flow_inputs(item.definition, connection_references=item.references)
            for item in (edit.before, edit.after)
        )
        steps.append(step("update", "CloudFlow", f"flow-{number}", before, after))
    text = _report(*steps, limit=limit)
    assert len(text) <= limit
    assert "Left out, to stay within" in text
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0
    if limit >= 30_000:
        names = {cells[0] for cells in _cells(text)}
        assert {f"flow-{number}" for number in range(100)} <= names
    if "```mermaid" in text:
        assert text.count("<details>") == 100


def test_everything_that_fits_is_there() -> None:
    """Nothing is left out of a small report, and nothing is said to be."""
    before, after = flow_inputs(mailing()), flow_inputs(mailing("dev@contoso.com"))
    text = _report(step("update", "CloudFlow", "digest", before, after))
    assert "Left out" not in text
    assert "class n2 changed" in text
    assert '"ops" → "dev"' in text


def test_no_change_and_a_failed_preview() -> None:
    """Both are said; a failure with what the engine reports."""
    assert "No changes; 1 resource unchanged." in _report(step("same", "CloudFlow", "digest"))
    failed = _report(diagnostics=[{"severity": "error", "message": "error: no\nenvironment"}])
    assert "**The preview failed:**" in failed
    assert "error: no environment" in failed


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"steps": [1]}', "{" * 100_000])
def test_other_input_is_refused_in_one_line(text: str) -> None:
    """Naming what is expected."""
    with pytest.raises(InvalidInputError) as caught:
        read_preview(text)
    assert "preview" in str(caught.value)


def test_what_programs_print_before_the_json_is_passed_over() -> None:
    """A program's own output may come first."""
    text = "hello\n" + printed(step("create", "CloudFlow", "new", None, flow_inputs(hourly())))
    assert "A new flow of 1 action, started by a schedule, every hour, on." in report(
        read_preview(text)
    )


def test_resources_of_other_packages_are_counted() -> None:
    """Named with their whole type."""
    other = {"op": "create", "urn": "urn:pulumi:dev::shop::random:index/pet:Pet::pet",
             "newState": {"inputs": {"length": 2}}}  # fmt: skip
    text = _report(json.loads(json.dumps(other)))
    assert "| Others | 1 |  |  |  |" in text
    assert "random:index/pet:Pet" in text


def test_a_name_like_a_list_item_is_no_list() -> None:
    """The escape stands before the sign, or it would be seen itself."""
    found = [plain(text) for text in ("1. list", "12) list", "- list", "a. b", "1.5 - 2")]
    assert found == ["1\\. list", "12\\) list", "\\- list", "a. b", "1.5 - 2"]


def test_what_is_dangerous_comes_first_and_is_marked() -> None:
    """Deletes, replacements, what is turned off or changes its owner; then the rest."""
    on, off = flow_inputs(hourly()), flow_inputs(hourly(), state="off")
    owners = (flow_inputs(hourly(), owner={"type": "user", "email": who}) for who in ("a@x", "b@x"))
    text = _report(
        step("create", "CloudFlow", "new", None, on),
        step("update", "CloudFlow", "changed", on, flow_inputs(hourly("Bye"))),
        step("update", "CloudFlow", "started", off, on),
        step("update", "CloudFlow", "stopped", on, off),
        step("update", "CloudFlow", "given-away", *owners),
        step("delete", "ConnectionReference", "gone", {"logical_name": "x"}),
        step("replace", "SolutionImport", "anew", {"solution": "A"}, {"solution": "B"}),
    )
    rows = [cells[0] for cells in _cells(text) if len(cells) == 4][2:]
    assert rows[:2] == ["⚠️ gone", "⚠️ anew"]
    assert set(rows[2:4]) == {"⚠️ stopped", "⚠️ given-away"}
    assert rows[4:] == ["changed", "started", "new"]


def test_a_replacement_says_so_before_what_differs() -> None:
    """The first bullet of its list, too."""
    before = flow_inputs(hourly(), workflow_id="1")
    after = flow_inputs(hourly("Bye"), workflow_id="2")
    text = _report(step("replace", "CloudFlow", "digest", before, after))
    details = text.partition("<details>")[2]
    assert details.index("created anew") < details.index("Greet")


def test_a_failed_preview_does_not_say_that_nothing_changes() -> None:
    """Nobody knows what would."""
    failed = printed(diagnostics=[{"severity": "error", "message": "no."}])
    text = report(read_preview(failed))
    assert "The preview failed" in text
    assert "No changes" not in text
    assert "What would change is not known." in text
