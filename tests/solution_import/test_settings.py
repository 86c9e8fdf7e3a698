"""Deployment settings of `SolutionImport`, and values by the type of their variable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.inputs.package import check_inputs, package_inputs, settings_inputs
from pulumi_powerautomate.solution.variable_types import VARIABLE_TYPES, wanted_instead
from tests.harness.cases import FOLDER, document
from tests.harness.packages import FlowPart, package

OFFICE = "/providers/Microsoft.PowerApps/apis/shared_office365"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A package with a reference and a variable."""
    return package(
        tmp_path / "p.zip",
        FlowPart(),
        references={"contoso_mail": "shared_office365"},
        variables={"contoso_to": "ops@contoso.com"},
    )


def _checked(path: Path, settings: Any, **given: Any) -> tuple[list[str], dict[str, Any]]:
    bound = settings_inputs(
        settings, given.get("connection_references"), given.get("environment_variables")
    )
    inputs = {k: v for k, v in {**package_inputs(path), **bound}.items() if v is not None}
    return check_inputs(inputs), inputs


def _settings(value: str = "", connection: str = "", **more: Any) -> dict[str, Any]:
    return {
        "EnvironmentVariables": [{"SchemaName": "contoso_to", "Value": value, "Name": {}}],
        "ConnectionReferences": [
            {"LogicalName": "contoso_mail", "ConnectionId": connection, "ConnectorId": OFFICE}
        ],
        **more,
    }


def test_values_of_the_file(path: Path, tmp_path: Path) -> None:
    """By path or as content; a byte order mark and members of newer tools are fine."""
    file = tmp_path / "settings.json"
    file.write_text("\ufeff" + json.dumps(_settings("it@contoso.com", "c-1")), "utf-8")
    for settings in (str(file), file, _settings("it@contoso.com", "c-1")):
        problems, inputs = _checked(path, settings)
        assert problems == []
        assert inputs["connection_references"] == {"contoso_mail": "c-1"}
        assert inputs["environment_variables"] == {"contoso_to": "it@contoso.com"}
        assert not [key for key in inputs if key == "__settings"]


def test_empty_values_set_nothing(path: Path) -> None:
    """As `pac` leaves them: the default and the binding of the environment stay."""
    problems, inputs = _checked(path, _settings())
    assert problems == []
    assert inputs["connection_references"] == {"contoso_mail": ""}
    assert inputs["environment_variables"] == {}


def test_what_is_given_beside_the_file_wins(path: Path) -> None:
    """Name by name, whatever the case."""
    problems, inputs = _checked(
        path, _settings("file", "c-1"), environment_variables={"Contoso_To": "program"}
    )
    assert problems == []
    assert inputs["environment_variables"] == {"Contoso_To": "program"}
    assert inputs["connection_references"] == {"contoso_mail": "c-1"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (_settings(ConnectionReferences=[]), "binds nothing to contoso_mail"),
        ({"EnvironmentVariables": []}, None),
        (
            _settings(
                ConnectionReferences=[
                    {"LogicalName": "contoso_other", "ConnectionId": "x", "ConnectorId": OFFICE}
                ]
            ),
            "no connection reference 'contoso_other'",
        ),
        (
            _settings(
                ConnectionReferences=[
                    {"LogicalName": "contoso_mail", "ConnectionId": "x",
                     "ConnectorId": OFFICE.replace("office365", "sql")}
                ]
            ),
            "contoso_mail is for shared_office365, not for shared_sql",
        ),
        (
            _settings(EnvironmentVariables=[{"SchemaName": "contoso_gone", "Value": ""}]),
            "no environment variable 'contoso_gone'",
        ),
        (
            _settings(EnvironmentVariables=[{"SchemaName": "contoso_gone", "Value": "x"}]),
            "no environment variable 'contoso_gone'",
        ),
        ({"Other": []}, "neither EnvironmentVariables nor ConnectionReferences"),
        (_settings(EnvironmentVariables=None), None),
        (_settings(EnvironmentVariables="x"), "EnvironmentVariables is not a list"),
        (_settings(EnvironmentVariables=[{}]), "EnvironmentVariables[0] has no SchemaName"),
        ("missing.json", "missing.json: cannot be read"),
    ],
)  # fmt: skip
def test_the_file_is_checked_against_the_package(path: Path, settings: Any, words: str) -> None:
    """Missing, unknown, of another connector, or no settings at all: one line, at preview."""
    problems, _ = _checked(path, settings)
    if words is None:
        assert problems == []
    else:
        assert any(words in line for line in problems), problems
        assert len(problems) <= 2


_RIGHT = {
    ("string", ""), ("string", " "), ("number", "1.50"), ("boolean", "true"), ("boolean", "yes"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), document("environment-variables"))
def test_the_type_decides(kind: str, value: str) -> None:
    """Values that people gave, by the type of the variable."""
    kind = {"datasource": "data source"}.get(kind, kind)
    right = (kind, value) in _RIGHT or kind in ("string", "data source")
    right |= kind == "json" and value.startswith('{"a"')
    right |= kind == "secret" and value.startswith("/subscriptions/")
    assert (wanted_instead(kind, value) == "") == right


@pytest.mark.parametrize("value", ["nan", "inf", "1_000", "0x10", "1,5", "", "١٢"])
def test_numbers_are_strict(value: str) -> None:
    """A number for Python, and none for Dataverse."""
    assert wanted_instead("number", value)
    assert wanted_instead("json", "NaN")


@pytest.mark.parametrize("number", ["100000000", "100000001", "100000002", "100000003"])
def test_the_type_of_a_packages_variable(number: str) -> None:
    """A value that none of them but a text takes."""
    where = FOLDER / f"variable-{number}-0.zip"
    inputs = {**package_inputs(where), "environment_variables": {"contoso_x": "{not"}}
    problems = check_inputs({key: item for key, item in inputs.items() if item is not None})
    assert bool(problems) == (VARIABLE_TYPES[number] != "string"), problems
