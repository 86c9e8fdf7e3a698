"""Bad input: one line each at preview, before any request."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly, mailing
from tests.harness.engine_project import EngineError, EngineProject

_ID = "7a000000-0000-4000-8000-00000000000a"
_SECRET = "canary-7f3a9c-secret"


def _without_trigger() -> dict[str, Any]:
    return {**hourly(), "triggers": {}}


def _two_triggers() -> dict[str, Any]:
    definition = copy.deepcopy(hourly())
    (trigger,) = definition["triggers"].values()
    definition["triggers"] = {"One": trigger, "Two": trigger}
    return definition


def _misspelt() -> dict[str, Any]:
    definition = mailing()
    definition["actions"]["Send_mail"]["inputs"]["parameters"]["emailMessage/To"] = (
        "@outputs('Greeting')"
    )
    return definition


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "not-json": ({"definition": "{not json"}, "not JSON"),
    "path-as-text": (
        {"definition": "flows/digest.json"},
        "It looks like a path; pass powerautomate.read_definition('flows/digest.json').",
    ),
    "yaml": ({"definition": "triggers:\n  one: 1\n"}, "It looks like YAML; a definition is JSON"),
    "path": (
        {"definition": Path("flows/digest.json")},
        "wrong: definition is a path; pass powerautomate.read_definition('flows/digest.json').",
    ),
    "date": (
        {"definition": {**hourly(), "parameters": {"since": [datetime.date(2026, 1, 1)]}}},
        "wrong: definition.parameters.since[0] is a date, which JSON cannot hold",
    ),
    "no-trigger": ({"definition": _without_trigger()}, "trigger"),
    "two-triggers": ({"definition": _two_triggers()}, "trigger"),
    "expression": ({"definition": hourly("@concat('a'")}, "wrong at character 12"),
    "misspelt-action": (
        {"definition": _misspelt(), "connection_references": {"shared_office365": "contoso"}},
        "actions.Send_mail.inputs.parameters.emailMessage/To: there is no action 'Greeting'. Did "
        "you mean 'Greet'? [FLOW401]",
    ),
    "unknown-state": ({"definition": hourly(), "state": "enabled"}, 'use "on" or "off"'),
    "bad-id": ({"definition": hourly(), "workflow_id": "17"}, "is not a GUID"),
    "bad-conflict": ({"definition": hourly(), "on_conflict": "ask"}, '"overwrite"'),
    "no-reference": ({"definition": mailing()}, "shared_office365"),
    "long-name": ({"definition": hourly(), "name": "x" * 101}, "101 characters"),
    "solution-title": ({"definition": hourly(), "solution": "My solution"}, "unique name"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_line_at_preview(project: EngineProject, case: str) -> None:
    """The line says what is wrong and what to do; nothing is sent, no traceback is shown."""
    inputs, expected = CASES[case]
    with pytest.raises(EngineError) as refused:
        project.preview(lambda: powerautomate.CloudFlow("wrong", **inputs) and None)
    lines = [line for line in str(refused.value).splitlines() if "error:" in line]
    assert any(expected in line for line in lines), lines
    assert "Traceback" not in str(refused.value)
    assert project.sent() == []
    assert project.emulator.control.token_requests() == []


def test_a_date_from_an_output(project: EngineProject) -> None:
    """The same line for what the program knows only later."""

    def program() -> None:
        day = pulumi.Output.from_input(1).apply(lambda number: datetime.date(2026, 1, number))
        definition = {**hourly(), "parameters": {"since": day}}
        powerautomate.CloudFlow("wrong", definition=definition)

    with pytest.raises(EngineError) as refused:
        project.preview(program)
    lines = [line for line in str(refused.value).splitlines() if "error:" in line]
    assert any("wrong: definition.parameters.since is a date" in line for line in lines), lines
    assert project.sent() == []


@pytest.mark.parametrize(
    ("kind", "solution", "hint"),
    [
        ("flow", "ContosoAutomatoin", "Did you mean ContosoAutomation?"),
        ("flow", "nosuch", ""),
        ("reference", "ContosoAutomatoin", "Did you mean ContosoAutomation?"),
        ("reference", "Contoso Automation", "Did you mean ContosoAutomation?"),
    ],
)
def test_an_unknown_solution(project: EngineProject, solution: str, hint: str, kind: str) -> None:
    """The ones that are alike, by unique or display name; nothing was deleted by hand."""

    def program() -> None:
        if kind == "flow":
            powerautomate.CloudFlow("f", definition=hourly(), solution=solution)
        else:
            powerautomate.ConnectionReference(
                "r", logical_name="contoso_x", connector="shared_office365", solution=solution
            )

    with pytest.raises(EngineError) as refused:
        project.up(program)
    lines = [line for line in str(refused.value).splitlines() if "takes the unique name" in line]
    assert lines
    assert all(line.endswith(hint) if hint else "Did you mean" not in line for line in lines)
    assert "pulumi refresh" not in str(refused.value)


@pytest.mark.parametrize(
    ("email", "hint"),
    [
        ("alise@contoso.com", "Did you mean alice@contoso.com?"),
        ("zed@contoso.com", "Check the name and environment_url."),
    ],
)
def test_an_unknown_user(project: EngineProject, email: str, hint: str) -> None:
    """Only names that are alike are named; having the same domain is no likeness."""

    def program() -> None:
        flow = powerautomate.CloudFlow("f", definition=hourly(), state="off")
        powerautomate.FlowShare(
            "share", flow_id=flow.id, principal=powerautomate.user(email), access="run-only"
        )

    with pytest.raises(EngineError) as refused:
        project.up(program)
    assert f"in this environment. {hint}" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"POWERAUTOMATE_ENVIRONMENT_URL": ""}, "POWERAUTOMATE_ENVIRONMENT_URL"),
        ({"POWERAUTOMATE_ENVIRONMENT_URL": "http://contoso.crm4.dynamics.com"}, "not https"),
        ({"POWERAUTOMATE_ENVIRONMENT_URL": "https://contoso.example"}, "not a Dataverse host"),
        ({"POWERAUTOMATE_CLIENT_SECRET": ""}, "powerautomate:clientSecret"),
        ({"POWERAUTOMATE_TENANT_ID": ""}, "POWERAUTOMATE_TENANT_ID"),
    ],
)
def test_configuration_is_checked_at_preview(
    tmp_path: Path,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str],
    expected: str,
) -> None:
    """A missing or unsafe setting is named with its key or variable, before any request."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    project = EngineProject(tmp_path, emulator, environment={**emulator.environment, **changes})
    with pytest.raises(EngineError) as refused:
        project.preview(lambda: powerautomate.CloudFlow("f", definition=hourly()) and None)
    assert expected in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert project.sent() == []


def test_all_problems_at_once(project: EngineProject) -> None:
    """A person who made three mistakes reads about three."""
    with pytest.raises(EngineError) as refused:
        project.preview(
            lambda: powerautomate.CloudFlow(
                "wrong",
                definition=hourly(),
                state="maybe",  # type: ignore[arg-type]  # one of the mistakes
                workflow_id="1",
                name="x" * 200,
            )
        )
    text = str(refused.value)
    assert all(part in text for part in ("maybe", "GUID", "200 characters"))


def _no_trigger() -> dict[str, Any]:
    return {**hourly(_SECRET), "triggers": {}}


def _unknown_function() -> dict[str, Any]:
    definition = hourly()
    definition["actions"]["Greet"]["inputs"] = f"@{_SECRET.replace('-', '_')}()"
    return definition


def _misspelt_type() -> dict[str, Any]:
    definition = hourly()
    definition["actions"][_SECRET] = {"type": "Compos"}
    return definition


def _names_given_twice() -> str:
    name = json.dumps(_SECRET)
    return f'{{"triggers": {{}}, "actions": {{{name}: 1, {name}: 2}}}}'


def _a_warning() -> dict[str, Any]:
    definition = hourly()
    definition["actions"][_SECRET] = {"type": "Compose", "inputs": 1, "description": "x" * 300}
    return definition


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (_no_trigger, "the flow has no trigger [FLOW102]"),
        (_unknown_function, "a function does not exist [FLOW302]"),
        (_misspelt_type, "missing or misspelt [FLOW201]"),
        (_names_given_twice, "cannot be read as a flow"),
    ],
)
def test_no_secret_in_what_is_printed(
    project: EngineProject, wrong: Callable[[], Any], told: str
) -> None:
    """Of a definition that is secret only the rules are told that it breaks."""
    definition = wrong()
    with pytest.raises(EngineError) as refused:
        project.preview(
            lambda: (
                powerautomate.CloudFlow("wrong", definition=pulumi.Output.secret(definition))
                and None
            )
        )
    assert told in str(refused.value)
    assert _SECRET not in str(refused.value)
    assert _SECRET.replace("-", "_") not in str(refused.value)


def test_no_secret_in_a_warning(project: EngineProject) -> None:
    """That there is one is told."""
    definition = _a_warning()
    printed = project.up(
        lambda: (
            powerautomate.CloudFlow("chatty", definition=pulumi.Output.secret(definition)) and None
        )
    )
    assert "1 warning, not shown" in printed
    assert _SECRET not in printed


def test_a_file_that_is_not_there(project: EngineProject) -> None:
    """`read_definition` names the file, in one line."""
    with pytest.raises(EngineError) as refused:
        project.preview(lambda: powerautomate.read_definition("flows/nowhere.json") and None)
    assert "flows/nowhere.json" in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_a_warning_shows_and_does_not_fail(project: EngineProject) -> None:
    """In the preview and the run of a new or changed definition, with no request; not later."""
    definition = hourly()
    definition["actions"]["Greet"]["description"] = "x" * 300

    def program() -> None:
        powerautomate.CloudFlow("chatty", definition=definition)

    assert "warning: definition.actions.Greet.description" in project.preview(program)
    assert project.sent() == []
    assert "FLOW606" in project.up(program)
    assert "FLOW606" not in project.preview(program)
    definition["actions"]["Greet"]["inputs"] = "Bye"
    assert "FLOW606" in project.preview(program)


def test_many_problems_are_told_shortly(project: EngineProject) -> None:
    """Nobody reads a hundred lines; the command line has them all."""
    definition = hourly()
    for number in range(100):
        definition["actions"][f"Step_{number}"] = {"type": "Compose", "inputs": "@oops()"}
    with pytest.raises(EngineError) as refused:
        project.preview(lambda: powerautomate.CloudFlow("wrong", definition=definition) and None)
    assert "and 80 more" in str(refused.value)
    assert "Step_50" not in str(refused.value)


def _flows_of_one_id() -> None:
    for name in ("one", "two"):
        powerautomate.CloudFlow(name, definition=hourly(), workflow_id=_ID)


def _references_of_one_name() -> None:
    for name, logical_name in (("one", "contoso_mail"), ("two", "Contoso_Mail")):
        powerautomate.ConnectionReference(
            name, logical_name=logical_name, connector="shared_office365"
        )


def _values_of_one_variable() -> None:
    for name in ("one", "two"):
        powerautomate.EnvironmentVariableValue(name, schema_name="contoso_x", value="1")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (_flows_of_one_id, f"workflow_id {_ID} is declared by CloudFlow"),
        (_references_of_one_name, "logical_name contoso_mail is declared by ConnectionReference"),
        (_values_of_one_variable, "schema_name contoso_x is declared by EnvironmentVariableValue"),
    ],
)
def test_declared_twice(project: EngineProject, program: Callable[[], None], expected: str) -> None:
    """Refused at preview, in one line that names the other resource."""
    with pytest.raises(EngineError) as refused:
        project.preview(program)
    lines = [line for line in str(refused.value).splitlines() if "error:" in line]
    # Whichever of the two the engine takes up second is refused.
    told = [line.replace("Contoso_Mail", "contoso_mail") for line in lines]
    assert any(f"{expected} 'one' too; leave" in line for line in told) or any(
        f"{expected} 'two' too; leave" in line for line in told
    ), lines
    assert project.sent() == []


def test_renaming_is_no_second_declaration(project: EngineProject) -> None:
    """With an alias or without one: the old name is not in the program any more."""
    project.up(
        lambda: powerautomate.CloudFlow("one", definition=hourly(), workflow_id=_ID) and None
    )
    renamed = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="one")])
    project.up(
        lambda: (
            powerautomate.CloudFlow(
                "two", renamed, definition=hourly(), workflow_id=_ID, name="one"
            )
            and None
        )
    )
    assert len(project.resources()) == 1
