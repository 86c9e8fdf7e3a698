"""
Single edits of a flow, as a person makes them in the designer, and what each should be called.

Written without looking at how the difference is found: an edit knows what it did.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_powerautomate.flow import FlowVersion, parse_document
from tests.harness.corpus import FLOWS

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_HOLDERS = ("actions", "else", "default", "cases")


@dataclass(frozen=True)
class Edited:
    """A flow before and after one edit, and the (kind, path) of the one change that it is."""

    before: FlowVersion
    after: FlowVersion
    expected: tuple[str, str]


@dataclass(frozen=True)
class Place:
    """An action: the actions it stands among, its name, and the path of those actions."""

    siblings: dict[str, Any]
    name: str
    branch: str

    @property
    def body(self) -> Any:
        return self.siblings[self.name]

    @property
    def path(self) -> str:
        return f"{self.branch}.{self.name}"


class Unsuitable(Exception):
    """The flow has nothing that this edit could change."""


def flows() -> list[FlowVersion]:
    """The real flows: those of the corpus where it is, those of the examples otherwise."""
    paths = FLOWS or sorted(_EXAMPLES.glob("*/flows/*.json"))
    documents = [parse_document(path.read_text("utf-8-sig")) for path in paths]
    return [FlowVersion(item.definition, item.connection_references) for item in documents]


def edited(kind: str, seed: int, pool: list[FlowVersion]) -> Edited:
    """One edit of a kind, of a flow that the seed chooses."""
    random_ = random.Random(f"{kind} {seed}")
    for flow in random_.sample(pool, len(pool)):
        definition = copy.deepcopy(dict(flow.definition))
        references = copy.deepcopy(dict(flow.references))
        try:
            return EDITS[kind](definition, references, random_)
        except Unsuitable:
            continue
    raise AssertionError(f"no flow to {kind}")


def places(definition: dict[str, Any]) -> list[Place]:
    """Every action of a flow."""
    return list(_below(definition, ""))


def _below(holder: Any, path: str) -> Iterator[Place]:
    if not isinstance(holder, dict):
        return
    branch = f"{path}.actions".lstrip(".")
    for name, body in (holder.get("actions") or {}).items():
        yield Place(holder["actions"], name, branch)
        here = f"{branch}.{name}"
        yield from _below(body, here)
        for key in ("else", "default"):
            yield from _below(body.get(key), f"{here}.{key}")
        for case, inner in (body.get("cases") or {}).items():
            yield from _below(inner, f"{here}.cases.{case}")


def _pick(items: list[Any], random_: random.Random) -> Any:
    if not items:
        raise Unsuitable
    return random_.choice(items)


def _leaf(place: Place) -> bool:
    return not any(key in place.body for key in _HOLDERS)


def _cut_out(place: Place) -> Any:
    """Take an action out as the designer does: who waited for it waits for what it waited for."""
    body = place.siblings.pop(place.name)
    for sibling in place.siblings.values():
        waits = sibling.get("runAfter") or {}
        if place.name in waits:
            outcomes = waits.pop(place.name)
            for name in body.get("runAfter") or {}:
                waits.setdefault(name, outcomes)
    return body


def _last(siblings: dict[str, Any]) -> dict[str, list[str]]:
    awaited = {name for body in siblings.values() for name in body.get("runAfter") or {}}
    ends = [name for name in siblings if name not in awaited]
    return {ends[-1]: ["Succeeded"]} if ends else {}


def _rename(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    before = FlowVersion(copy.deepcopy(definition), references)
    place = _pick(places(definition), random_)
    new = f"{place.name.split('_')[0]}_for_{random_.choice(['everyone', 'the_team', 'review'])}"
    items = [(new if name == place.name else name, body) for name, body in place.siblings.items()]
    place.siblings.clear()
    place.siblings.update(items)
    for sibling in place.siblings.values():
        if place.name in (sibling.get("runAfter") or {}):
            sibling["runAfter"][new] = sibling["runAfter"].pop(place.name)
    text = json.dumps(definition).replace(f"('{place.name}')", f"('{new}')")
    after = FlowVersion(json.loads(text), references)
    return Edited(before, after, ("action-renamed", f"{place.branch}.{new}"))


def _add(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    before = FlowVersion(copy.deepcopy(definition), references)
    place = _pick(places(definition), random_)
    name = "Note_what_happened"
    for sibling in place.siblings.values():
        if place.name in (sibling.get("runAfter") or {}):
            sibling["runAfter"][name] = sibling["runAfter"].pop(place.name)
    place.siblings[name] = {
        "type": random_.choice(["Compose", "Scope"]),
        "runAfter": {place.name: ["Succeeded"]},
    }
    if place.siblings[name]["type"] == "Scope":
        place.siblings[name]["actions"] = {"Inner_note": {"type": "Compose", "inputs": 1}}
    else:
        place.siblings[name]["inputs"] = "@workflow()['run']['name']"
    return Edited(
        before, FlowVersion(definition, references), ("action-added", f"{place.branch}.{name}")
    )


def _remove(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    before = FlowVersion(copy.deepcopy(definition), references)
    place = _pick(places(definition), random_)
    _cut_out(place)
    return Edited(before, FlowVersion(definition, references), ("action-removed", place.path))


def _move(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    before = FlowVersion(copy.deepcopy(definition), references)
    everything = places(definition)
    place = _pick([item for item in everything if _leaf(item)], random_)
    targets = {item.branch: item.siblings for item in everything if item.branch != place.branch}
    branch = _pick(sorted(targets), random_)
    body = _cut_out(place)
    target = targets[branch]
    body["runAfter"] = _last(target)
    target[place.name] = body
    after = FlowVersion(definition, references)
    return Edited(before, after, ("action-moved", f"{branch}.{place.name}"))


def _value(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    before = FlowVersion(copy.deepcopy(definition), references)
    found = [
        (holder, key, f"{place.path}.{path}")
        for place in places(definition)
        for holder, key, path in _strings(place.body.get("inputs"), "inputs", place.body)
    ]
    holder, key, path = _pick(found, random_)
    text = holder[key]
    dynamic = "@{" in text or (text.startswith("@") and not text.startswith("@@"))
    holder[key] = text.replace("'", "'x", 1) if dynamic and "'" in text else text + "x"
    kind = "expression-changed" if dynamic else "value-changed"
    return Edited(before, FlowVersion(definition, references), (kind, path))


def _strings(value: Any, path: str, holder: Any) -> Iterator[tuple[Any, Any, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("host", "authentication"):
                where = f"{path}.{key}"
                if isinstance(item, str):
                    yield value, key, where
                else:
                    yield from _strings(item, where, value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, str):
                yield value, number, f"{path}[{number}]"
            else:
                yield from _strings(item, f"{path}[{number}]", value)
    elif isinstance(value, str):
        yield holder, path, path


def _schedule(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    # Few real flows have one, so every flow gets one first.
    definition["triggers"] = {
        "Recurrence": {
            "type": "Recurrence",
            "recurrence": {
                "frequency": random_.choice(["Day", "Week"]),
                "interval": random_.choice([1, 2]),
                "timeZone": "W. Europe Standard Time",
                "schedule": {"hours": ["8"], "minutes": [0]},
            },
        }
    }
    before = FlowVersion(copy.deepcopy(definition), references)
    recurrence = definition["triggers"]["Recurrence"]["recurrence"]
    random_.choice(
        [
            lambda: recurrence.update(frequency="Month"),
            lambda: recurrence.update(interval=3),
            lambda: recurrence.pop("schedule"),
            lambda: recurrence["schedule"].update(hours=["8", "17"]),
            lambda: recurrence.update(timeZone="UTC"),
            lambda: recurrence.update(startTime="2030-01-01T00:00:00Z"),
        ]
    )()
    after = FlowVersion(definition, references)
    return Edited(before, after, ("schedule-changed", "triggers.Recurrence.recurrence"))


def _order(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    before = FlowVersion(copy.deepcopy(definition), references)
    place = _pick([item for item in places(definition) if item.body.get("runAfter")], random_)
    waits = place.body["runAfter"]
    if random_.random() < 0.5:
        waits.clear()
    else:
        name = sorted(waits)[0]
        waits[name] = ["Failed", "TimedOut"] if waits[name] == ["Succeeded"] else ["Succeeded"]
    after = FlowVersion(definition, references)
    return Edited(before, after, ("order-changed", f"{place.path}.runAfter"))


def _connection(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    key = _pick(sorted(references), random_)
    changed = copy.deepcopy(references)
    name = "logical_name" if "runtime_source" in changed[key] else "connection_name"
    changed[key][name] = "contoso_other"
    return Edited(
        FlowVersion(definition, references),
        FlowVersion(definition, changed),
        ("connection-changed", f"connectionReferences.{key}"),
    )


def _parameter(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    definition.setdefault("parameters", {})["Recipient (contoso_Recipient)"] = {
        "type": "String",
        "defaultValue": f"ops-{random_.randint(1, 9)}@contoso.com",
        "metadata": {"schemaName": "contoso_Recipient"},
    }
    before = FlowVersion(copy.deepcopy(definition), references)
    own = {name: item for name, item in definition["parameters"].items() if "$" not in name}
    name = _pick(sorted(own), random_)
    own[name]["defaultValue"] = f"{own[name].get('defaultValue')} (new)"
    after = FlowVersion(definition, references)
    return Edited(before, after, ("parameter-changed", f"parameters.{name}.defaultValue"))


def _condition(definition: dict[str, Any], references: dict[str, Any], random_: Any) -> Edited:
    before = FlowVersion(copy.deepcopy(definition), references)
    place = _pick([item for item in places(definition) if item.body.get("expression")], random_)
    expression = place.body["expression"]
    found = list(_strings(expression, "expression", place.body))
    holder, key, _ = _pick(found, random_)
    holder[key] = holder[key] + "x"
    after = FlowVersion(definition, references)
    return Edited(before, after, ("condition-changed", f"{place.path}.expression"))


EDITS: dict[str, Callable[..., Edited]] = {
    "rename": _rename,
    "add": _add,
    "remove": _remove,
    "move": _move,
    "value": _value,
    "schedule": _schedule,
    "order": _order,
    "connection": _connection,
    "parameter": _parameter,
    "condition": _condition,
}
SEEDS = range(20)
