"""When two definitions are the same flow: each rule, and all real flows under random noise."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_powerautomate.flow import canonical, digest, dump, parse_document, validate
from tests.cloud_flow.definitions import mailing
from tests.corpus import FLOWS, LEGACY

Edit = Callable[[dict[str, Any]], None]


def _action(definition: dict[str, Any]) -> dict[str, Any]:
    action: dict[str, Any] = definition["actions"]["Send_mail"]
    return action


NOISE: dict[str, Edit] = {
    "schema": lambda d: d.update({"$schema": "other", "contentVersion": "1.0.0.1"}),
    "service parameters": lambda d: d.setdefault("parameters", {}).update(
        {"$connections": {"defaultValue": {}, "type": "Object"}}
    ),
    "empty outputs": lambda d: d.update({"outputs": {}, "staticResults": {}}),
    "description": lambda d: d.update({"description": "copied from the row"}),
    "authentication": lambda d: _action(d)["inputs"].pop("authentication", None),
    "metadata": lambda d: _action(d).update({"metadata": {"operationMetadataId": "x"}}),
    "empty runAfter": lambda d: d["actions"]["Greet"].pop("runAfter", None),
    "number spelling": lambda d: d["triggers"]["Recurrence"]["recurrence"].update(interval=1.0),
}

MEANING: dict[str, Edit] = {
    "text": lambda d: _action(d)["inputs"]["parameters"].update({"emailMessage/To": "x@y.z"}),
    "other authentication": lambda d: _action(d)["inputs"].update(authentication={"type": "Raw"}),
    "operation": lambda d: _action(d)["inputs"]["host"].update(operationId="SendEmail"),
    "order of actions": lambda d: _action(d).update(runAfter={"Greet": ["Failed"]}),
    "schedule": lambda d: d["triggers"]["Recurrence"]["recurrence"].update(frequency="Day"),
    "type": lambda d: d["actions"]["Greet"].update(type="Response"),
    "renamed": lambda d: d["actions"].update(Hello=d["actions"].pop("Greet")),
    "number or text": lambda d: d["triggers"]["Recurrence"]["recurrence"].update(interval="1"),
    "truth or number": lambda d: d["actions"]["Greet"].update(inputs=True),
    "parameter": lambda d: d.setdefault("parameters", {}).update(x={"type": "String"}),
    "order of a list": lambda d: d["actions"]["Greet"].update(inputs=[2, 1]),
}


@pytest.mark.parametrize("rule", NOISE)
def test_noise_makes_no_difference(rule: str) -> None:
    """What the service or its designer adds, drops or respells is the same flow."""
    noisy = copy.deepcopy(mailing())
    NOISE[rule](noisy)
    assert canonical(noisy) == canonical(mailing())
    assert digest(noisy) == digest(mailing())


@pytest.mark.parametrize("rule", MEANING)
def test_meaning_makes_a_difference(rule: str) -> None:
    """What changes what the flow does shows."""
    changed = copy.deepcopy(mailing())
    MEANING[rule](changed)
    assert digest(changed) != digest(mailing())


def test_digest_is_frozen() -> None:
    """It is in users' state: another digest would show every flow as changed."""
    assert digest({"triggers": {}, "actions": {"A": {"type": "Compose", "inputs": 1}}}) == (
        "18d30a25eef5bace69ce647cc4fbae27"
    )


def _shuffled(value: Any, random_: random.Random) -> Any:
    if isinstance(value, dict):
        items = [(key, _shuffled(item, random_)) for key, item in value.items()]
        random_.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [_shuffled(item, random_) for item in value]
    return value


def _designed(node: Any, random_: random.Random) -> None:
    """What a designer's save does to every action below a node."""
    for value in node.values() if isinstance(node, dict) else ():
        if isinstance(value, dict):
            if "type" in value and "inputs" in value and random_.random() < 0.5:
                value["metadata"] = {"operationMetadataId": str(random_.random())}
            _designed_actions(value, random_)


def _designed_actions(node: dict[str, Any], random_: random.Random) -> None:
    for key in ("actions", "else", "default", "cases"):
        if isinstance(node.get(key), dict):
            _designed(node[key], random_)


@pytest.mark.skipif(not FLOWS, reason="needs the corpus of real flows")
@settings(max_examples=260, deadline=None)
@given(path=st.sampled_from(FLOWS or [None]), seed=st.integers(0, 2**32))
def test_real_flows_under_noise(path: Any, seed: int) -> None:
    """Whatever order, layout and designer did to a real flow, it is the same flow."""
    definition = parse_document(path.read_text("utf-8-sig")).definition
    random_ = random.Random(seed)
    noisy = _shuffled(json.loads(json.dumps(definition)), random_)
    _designed(noisy.get("actions", {}), random_)
    text = json.dumps(noisy, indent=random_.choice([None, 1, 4]), ensure_ascii=bool(seed % 2))
    again = parse_document("\ufeff" + text.replace("\n", "\r\n")).definition
    assert digest(again) == digest(definition)


@pytest.mark.parametrize("path", [*FLOWS, *LEGACY], ids=lambda path: path.stem[-60:])
def test_every_real_flow_is_read_whole(path: Any) -> None:
    """Reading and writing loses nothing, and finds nothing wrong."""
    document = parse_document(path.read_text("utf-8-sig"))
    assert json.loads(dump(document.definition)) == document.definition
    found = validate(document.definition, document.connection_references)
    assert [problem for problem in found if problem.severity == "error"] == []
