"""
Expressions of flows that are turned on: the schema and function reference of the language decide.

Real flows are the other judge: none that somebody runs may be refused for an expression.
"""

from __future__ import annotations

import json

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.emulator.flows import template
from tests.harness.corpus import FLOWS, LEGACY
from tests.harness.emulator_api import FLOW, call, document, flow


def _turned_on(emulator: Emulator, value: object) -> tuple[int, str]:
    action = {"type": "Compose", "inputs": value, "runAfter": {}}
    body = flow(clientdata=document(Note=action))
    # Saving looks at none of it.
    assert call(emulator, "POST", "workflows", body).status_code == 204
    response = call(emulator, "PATCH", f"workflows({FLOW})", {"statecode": 1})
    return response.status_code, response.text


@pytest.mark.parametrize(
    "value",
    [
        "@concat('a', string(1.5), '''quoted''')",
        "@{triggerBody()?['a']?.b[0]['c']} and @{utcNow('o')}",
        "@@not an expression",
        "someone@example.com",
        "@{json('{\"a\":\"}\"}')?['a']}",
        "@if(equals(null, true), -1, +2e3)",
        "@\n  FORMATDATETIME( utcnow() , 'd' )\n",
        {"@{guid()}": ["@createArray()", 5]},
        "Price @@{not this} @{length('x')}",
    ],
    ids=str,
)
def test_expressions_that_parse(emulator: Emulator, value: object) -> None:
    """Calls, members with and without `?`, escaped ones, texts with quotes and braces."""
    assert _turned_on(emulator, value)[0] == 204


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("@concat('a'", "expected token 'RightParenthesis' and actual 'EndOfData'"),
        ("@{concat('a}", "is not expected"),
        ("@concat('a', @utcNow())", "the string character '@' at position '12' is not expected"),
        ("@{length('a') + 1}", "the string character '+' at position '12' is not expected"),
        ("@channel New order", "and actual 'Identifier'"),
        ("@{}", "and actual 'EndOfData'"),
        ("@fromatDateTime(utcNow())", "The template function 'fromatDateTime' is not defined"),
        ({"inner": ["@{nothing()}"]}, "The template function 'nothing' is not defined"),
    ],
    ids=str,
)
def test_expressions_that_do_not(emulator: Emulator, value: object, said: str) -> None:
    """The flow is not turned on, and the flow service's own code and text are inside."""
    status, text = _turned_on(emulator, value)
    assert status == 400
    assert "InvalidTemplate" in text
    assert said in json.loads(text)["error"]["message"]
    assert emulator.control.row("workflows", FLOW)["statecode"] == 0


def test_no_real_flow_is_refused_for_an_expression() -> None:
    """Exported from environments where they ran."""
    files = [*FLOWS, *LEGACY]
    if not files:
        pytest.skip("needs the corpus of real flows beside the repository")
    seen = 0
    for path in files:
        whole = json.loads(path.read_text("utf-8-sig"))
        definition = whole.get("properties", whole).get("definition")
        if not isinstance(definition, dict):
            continue
        fault = template.first_fault(definition)
        assert fault is None or "xpression" not in fault.message, (path.name, fault)
        assert fault is None or "template function" not in fault.message, (path.name, fault)
        seen += 1
    assert seen > 100
