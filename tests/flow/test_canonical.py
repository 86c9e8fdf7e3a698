"""When two definitions are the same flow: each rule, and all real flows under random noise."""

from __future__ import annotations

import copy
import json
import random
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_powerautomate.flow import canonical, compare, digest, dump, parse_document, validate
from tests.cloud_flow.definitions import mailing
from tests.corpus import FLOWS, LEGACY
from tests.flow.edits import flows
from tests.flow.rewritings import REWRITINGS

Edit = Callable[[dict[str, Any]], None]


def _action(definition: dict[str, Any]) -> dict[str, Any]:
    action: dict[str, Any] = definition["actions"]["Send_mail"]
    return action


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
    (10, "text", lambda d: _action(d)["inputs"]["parameters"].update({"emailMessage/To": "x@y.z"})),
    (10, "operation", lambda d: _action(d)["inputs"]["host"].update(operationId="SendEmail")),
    (10, "schedule", lambda d: d["triggers"]["Recurrence"]["recurrence"].update(frequency="Day")),
    (10, "type", lambda d: d["actions"]["Greet"].update(type="Response")),
    (10, "name", lambda d: d["actions"].update(Hello=d["actions"].pop("Greet"))),
    (10, "null", lambda d: d["actions"]["Greet"].update(inputs=None)),
    (10, "empty branch", lambda d: d["actions"]["Greet"].update({"else": {"actions": {}}})),
]


def _name(value: Any) -> str:
    return str(value) if isinstance(value, (int, str)) else ""


@pytest.mark.parametrize(("rule", "name", "edit"), NOISE, ids=_name)
def test_noise_makes_no_difference(rule: int, name: str, edit: Edit) -> None:
    """What the service or its designer adds, drops or respells is the same flow."""
    noisy = copy.deepcopy(mailing())
    edit(noisy)
    assert json.dumps(noisy) != json.dumps(mailing())
    assert canonical(noisy) == canonical(mailing())
    assert digest(noisy) == digest(mailing())


@pytest.mark.parametrize(("rule", "name", "edit"), MEANING, ids=_name)
def test_meaning_makes_a_difference(rule: int, name: str, edit: Edit) -> None:
    """What changes what the flow does shows."""
    changed = copy.deepcopy(mailing())
    edit(changed)
    assert digest(changed) != digest(mailing())


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
    assert numbers == set(range(1, 11))
    assert {rule for rule, _, _ in (*NOISE, *MEANING)} == numbers


def test_digest_is_frozen() -> None:
    """It is in users' state: another digest would show every flow as changed."""
    assert digest({"triggers": {}, "actions": {"A": {"type": "Compose", "inputs": 1}}}) == (
        "18d30a25eef5bace69ce647cc4fbae27"
    )


@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_real_flows_rewritten(rewriting: str) -> None:
    """Whatever service, designer or another tool did to a real flow, it is the same flow."""
    random_ = random.Random(rewriting)
    differing = []
    for flow in flows():
        again = REWRITINGS[rewriting](flow, random_)
        if digest(again.definition) != digest(flow.definition) or compare(flow, again):
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
    assert digest(again.definition) == digest(flow.definition)
    assert compare(flow, again) == []


@pytest.mark.parametrize("path", [*FLOWS, *LEGACY], ids=lambda path: path.stem[-60:])
def test_every_real_flow_is_read_whole(path: Any) -> None:
    """Reading and writing loses nothing, and finds nothing wrong."""
    document = parse_document(path.read_text("utf-8-sig"))
    assert json.loads(dump(document.definition)) == document.definition
    found = validate(document.definition, document.connection_references)
    assert [problem for problem in found if problem.severity == "error"] == []
