"""When two definitions are the same flow: each rule, and all real flows under random noise."""

from __future__ import annotations

import copy
import json
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_powerautomate.flow import (
    FlowVersion,
    canonical,
    compare,
    digest,
    dump,
    parse_document,
    same_flow,
    validate,
)
from tests.harness.corpus import FLOWS, LEGACY
from tests.harness.definitions import mailing
from tests.harness.edits import flows
from tests.harness.rewritings import REWRITINGS

Edit = Callable[[dict[str, Any]], object]


def _action(definition: dict[str, Any]) -> dict[str, Any]:
    action: dict[str, Any] = definition["actions"]["Send_mail"]
    return action


def _trigger(definition: dict[str, Any]) -> dict[str, Any]:
    trigger: dict[str, Any] = definition["triggers"]["Recurrence"]
    return trigger


def _check(definition: dict[str, Any]) -> dict[str, Any]:
    action: dict[str, Any] = definition["actions"]["Check"]
    return action


def _schema(definition: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = definition["actions"]["Answer"]["inputs"]["schema"]
    return schema


def _apim(header: str = "X-MS-APIM-Tokens", **more: str) -> dict[str, str]:
    key = f"@json(decodeBase64(triggerOutputs().headers['{header}']))['$ConnectionKey']"
    return {"type": "Raw", "value": key, **more}


_TWO_OUTCOMES = ["Succeeded", "Failed"]


def _flow() -> dict[str, Any]:
    """A flow with a place for every rule."""
    definition = mailing()
    definition["triggers"]["Recurrence"] |= {"conditions": [], "correlation": {}}
    definition["actions"] |= {
        "Check": {
            "type": "If",
            "expression": "@equals(1, 1)",
            "actions": {},
            "else": {"actions": {}},
        },
        "Route": {"type": "Switch", "expression": "x", "cases": {}, "default": {"actions": {}}},
        "Answer": {
            "type": "Response",
            "kind": "Http",
            "inputs": {
                "statusCode": 200,
                "body": {"required": []},
                "schema": {
                    "type": "object",
                    "additionalProperties": {},
                    "required": [],
                    "properties": {"a": {"required": []}, "required": {}},
                },
            },
        },
    }
    return definition


def _parameter(name: str, **members: Any) -> Edit:
    return lambda d: d.setdefault("parameters", {}).update({name: members})


# By the number of the rule in `flow/canonical.py`.
NOISE: list[tuple[int, str, Edit]] = [
    (1, "order of keys", lambda d: d.update(triggers=d.pop("triggers"))),
    (2, "1.0", lambda d: d["triggers"]["Recurrence"]["recurrence"].update(interval=1.0)),
    (
        2,
        "1e0",
        lambda d: d["triggers"]["Recurrence"]["recurrence"].update(json.loads('{"interval":1e0}')),
    ),
    (3, "another schema", lambda d: d.update({"$schema": "other", "contentVersion": "1.0.0.1"})),
    (3, "no schema", lambda d: (d.pop("$schema"), d.pop("contentVersion"))),
    (4, "empty default", _parameter("$connections", defaultValue={})),
    (4, "no default", _parameter("$authentication", type="SecureObject")),
    (4, "no parameters", lambda d: d.pop("parameters")),
    (5, "empty", lambda d: d.update({"outputs": {}, "staticResults": {}})),
    (6, "description", lambda d: d.update({"description": "copied from the row"})),
    (7, "authentication", lambda d: _action(d)["inputs"].pop("authentication", None)),
    (8, "of an action", lambda d: _action(d).update({"metadata": {"operationMetadataId": "x"}})),
    (8, "of a trigger", lambda d: d["triggers"]["Recurrence"].update(metadata={"id": "x"})),
    (9, "empty runAfter", lambda d: d["actions"]["Greet"].pop("runAfter", None)),
    (
        10,
        "metadata",
        lambda d: d.update(metadata={"flowclientsuspensionreason": "NeverTriggering"}),
    ),
    (11, "computed", lambda d: _trigger(d).update(evaluatedRecurrence=_trigger(d)["recurrence"])),
    (12, "capitals", lambda d: _action(d).update(runAfter={"Greet": ["SUCCEEDED"]})),
    (12, "twice", lambda d: _action(d).update(runAfter={"Greet": ["Succeeded", "succeeded"]})),
    (13, "raw", lambda d: _action(d)["inputs"].update(authentication=_apim())),
    (13, "no authentication", lambda d: _action(d)["inputs"].pop("authentication")),
    (14, "no else", lambda d: _check(d).pop("else")),
    (14, "hollow else", lambda d: _check(d).update({"else": {}})),
    (14, "no default", lambda d: d["actions"]["Route"].pop("default")),
    (15, "any property", lambda d: _schema(d).pop("additionalProperties")),
    (15, "nothing required", lambda d: _schema(d).pop("required")),
    (15, "deeper", lambda d: _schema(d)["properties"]["a"].pop("required")),
    (16, "an action", lambda d: _check(d).update(type="if")),
    (16, "a trigger", lambda d: _trigger(d).update(type="recurrence")),
    (16, "a kind", lambda d: d["actions"]["Answer"].update(kind="http")),
    (17, "no conditions", lambda d: _trigger(d).pop("conditions")),
    (17, "no correlation", lambda d: _trigger(d).pop("correlation")),
]

MEANING: list[tuple[int, str, Edit]] = [
    (2, "another number", lambda d: d["triggers"]["Recurrence"]["recurrence"].update(interval=1.5)),
    (2, "text", lambda d: d["triggers"]["Recurrence"]["recurrence"].update(interval="1")),
    (2, "truth", lambda d: d["triggers"]["Recurrence"]["recurrence"].update(interval=True)),
    (4, "a default", _parameter("$connections", defaultValue={"x": 1}, type="Object")),
    (4, "another parameter", _parameter("x", type="String")),
    (5, "outputs", lambda d: d.update({"outputs": {"x": {"type": "String"}}})),
    (5, "static results", lambda d: d.update({"staticResults": {"x": {"status": "Succeeded"}}})),
    (6, "of an action", lambda d: _action(d).update({"description": "a note"})),
    (7, "another", lambda d: _action(d)["inputs"].update(authentication={"type": "Raw"})),
    (
        7,
        "elsewhere",
        lambda d: d["actions"]["Greet"].update(inputs="@parameters('$authentication')"),
    ),
    (
        8,
        "of a parameter",
        _parameter("$connections", metadata={"schemaName": "x"}, defaultValue="y"),
    ),
    (9, "runAfter", lambda d: _action(d).update(runAfter={"Greet": ["Failed"]})),
    (10, "of an action's inputs", lambda d: _action(d)["inputs"].update(metadata={"a": 1})),
    (11, "the schedule", lambda d: _trigger(d)["recurrence"].update(interval=2)),
    (12, "one outcome more", lambda d: _action(d).update(runAfter={"Greet": _TWO_OUTCOMES})),
    (13, "another header", lambda d: _action(d)["inputs"].update(authentication=_apim("X-Other"))),
    (13, "with a member", lambda d: _action(d)["inputs"].update(authentication=_apim(pfx="x"))),
    (14, "an action in it", lambda d: _check(d)["else"]["actions"].update(E={"type": "Scope"})),
    (14, "the branch itself", lambda d: _check(d).pop("actions")),
    (15, "nothing more", lambda d: _schema(d).update(additionalProperties=False)),
    (15, "a property called so", lambda d: _schema(d)["properties"].pop("required")),
    (15, "in a body", lambda d: d["actions"]["Answer"]["inputs"]["body"].pop("required")),
    (16, "another type", lambda d: _check(d).update(type="Scope")),
    (16, "a key of inputs", lambda d: d["actions"]["Answer"]["inputs"].update(Type="x")),
    (17, "a condition", lambda d: _trigger(d).update(conditions=[{"expression": "@false"}])),
    (18, "text", lambda d: _action(d)["inputs"]["parameters"].update({"emailMessage/To": "x@y.z"})),
    (18, "operation", lambda d: _action(d)["inputs"]["host"].update(operationId="SendEmail")),
    (18, "schedule", lambda d: d["triggers"]["Recurrence"]["recurrence"].update(frequency="Day")),
    (18, "type", lambda d: d["actions"]["Greet"].update(type="Response")),
    (18, "name", lambda d: d["actions"].update(Hello=d["actions"].pop("Greet"))),
    (18, "null", lambda d: d["actions"]["Greet"].update(inputs=None)),
    (18, "empty branch", lambda d: d["actions"]["Greet"].update({"else": {"actions": {}}})),
]


def _name(value: Any) -> str:
    return str(value) if isinstance(value, (int, str)) else ""


@pytest.mark.parametrize(("rule", "name", "edit"), NOISE, ids=_name)
def test_noise_makes_no_difference(rule: int, name: str, edit: Edit) -> None:
    """
    A flow that the service or its designer added to, dropped from or respelt is the same flow.
    """
    noisy = copy.deepcopy(_flow())
    edit(noisy)
    assert json.dumps(noisy) != json.dumps(_flow())
    assert canonical(noisy) == canonical(_flow())
    assert same_flow(digest(noisy), digest(_flow()))


@pytest.mark.parametrize(("rule", "name", "edit"), MEANING, ids=_name)
def test_meaning_makes_a_difference(rule: int, name: str, edit: Edit) -> None:
    """A change of the flow's behaviour shows."""
    changed = copy.deepcopy(_flow())
    edit(changed)
    assert json.dumps(changed) != json.dumps(_flow())
    assert not same_flow(digest(changed), digest(_flow()))


def test_order_of_a_list_counts() -> None:
    """The other half of the first rule."""
    lists = [{"actions": {"A": {"inputs": items}}} for items in ([1, 2], [2, 1])]
    assert digest(lists[0]) != digest(lists[1])


def test_every_rule_has_a_test() -> None:
    """The rules are numbered in the module, and each number is tried here."""
    numbers = {
        int(number)
        for number in re.findall(r"(?m)^(\d+)\. ", sys.modules[canonical.__module__].__doc__ or "")
    }
    assert numbers == set(range(1, 19))
    assert {rule for rule, _, _ in (*NOISE, *MEANING)} == numbers


def test_digest_is_frozen() -> None:
    """It is in users' state: another digest would show every flow as changed."""
    assert digest({"triggers": {}, "actions": {"A": {"type": "Compose", "inputs": 1}}}) == (
        "18d30a25eef5bace69ce647cc4fbae27"
    )


def test_first_digest_is_frozen() -> None:
    """A definition that younger rules change carries the digest that release 0.1.0 gave it."""
    assert digest(_flow()) == "6a0673606930f74c42ffc04ed07779fb-7207e941593561764292a0e4bbd785c4"
    assert same_flow("6a0673606930f74c42ffc04ed07779fb", digest(_flow()))
    assert not same_flow("7207e941593561764292a0e4bbd785c4", "6a0673606930f74c42ffc04ed07779fb")
    assert same_flow(None, None)
    assert not same_flow(None, digest(_flow()))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("recurrence-plain", "recurrence-evaluated"),
        ("runafter-1", "runafter-2"),
        ("apim-raw-authentication", "apim-no-authentication"),
        ("a", "b"),
    ],
)
def test_a_save_in_the_portal_is_no_difference(before: str, after: str) -> None:
    """Pairs of one flow that people met in two spellings."""
    folder = Path(__file__).parents[1] / "cases"
    one, other = (
        FlowVersion(parse_document((folder / f"{name}.json").read_text("utf-8")).definition)
        for name in (before, after)
    )
    assert same_flow(digest(one.definition), digest(other.definition))
    assert compare(one, other) == []


@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_real_flows_rewritten(rewriting: str) -> None:
    """Whatever service, designer or another tool did to a real flow, it is the same flow."""
    random_ = random.Random(rewriting)
    differing = []
    for flow in flows():
        again = REWRITINGS[rewriting](flow, random_)
        same = same_flow(digest(again.definition), digest(flow.definition))
        if not same or compare(flow, again):
            differing.append((flow, compare(flow, again)))
    assert differing == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(REWRITINGS)), min_size=2), st.integers(0, 2**32))
def test_real_flows_rewritten_again_and_again(names: list[str], seed: int) -> None:
    """In any order and number."""
    random_ = random.Random(seed)
    flow = again = random_.choice(flows())
    for name in names:
        again = REWRITINGS[name](again, random_)
    assert same_flow(digest(again.definition), digest(flow.definition))
    assert compare(flow, again) == []


@pytest.mark.parametrize("path", [*FLOWS, *LEGACY], ids=lambda path: path.stem[-60:])
def test_every_real_flow_is_read_whole(path: Any) -> None:
    """Reading and writing loses nothing, and finds nothing wrong."""
    document = parse_document(path.read_text("utf-8-sig"))
    assert json.loads(dump(document.definition)) == document.definition
    found = validate(document.definition, document.connection_references)
    assert [problem for problem in found if problem.severity == "error"] == []
