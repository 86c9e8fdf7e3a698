"""Histories of flows: declared, renamed, turned on and off, edited and deleted by hand."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow import digest
from tests.harness.definitions import hourly
from tests.harness.provider_process import ProviderProcess, flow_inputs
from tests.reliability.histories.engine import Engine, Program, misbehave

FOREIGN = "99999999-9999-4999-8999-999999999999"


def start(emulator: Emulator) -> ProviderProcess:
    """A provider process for histories."""
    return ProviderProcess(emulator.environment)


def history(
    seed: int, emulator: Emulator, provider: ProviderProcess
) -> tuple[ProviderProcess, list[str]]:
    """Run one history; returns the provider process to go on with, and what ended wrong."""
    chance = random.Random(seed)
    emulator.control.reset()
    emulator.control.insert("workflows", {"workflowid": FOREIGN, **FOREIGN_COLUMNS})
    engine = Engine(emulator, provider)
    declared: Program = {}
    for _ in range(chance.randint(2, 5)):
        _edit_program(chance, declared)
        edit_by_hand(chance, emulator)
        misbehave(chance, emulator, "workflows")
        before = copy.deepcopy(engine.state)
        engine.up(copy.deepcopy(declared))
        emulator.control.clear_faults()
        if chance.random() < 0.3:
            # A crash: nothing of this run was recorded, the process is another one, and whoever
            # runs it repeats the command. (Whoever edits the flow out of the program instead is
            # told by the engine of the operation that was pending.)
            engine.state = before
            engine.provider.close()
            engine.provider = start(emulator)
            engine.up(copy.deepcopy(declared))
    failed: list[str] = []
    for _ in range(2):
        engine.refresh()
        failed = engine.up(copy.deepcopy(declared))
    return engine.provider, failed + _problems(emulator, engine, declared)


FOREIGN_COLUMNS = {
    "name": "foreign",
    "category": 5,
    "type": 1,
    "primaryentity": "none",
    "clientdata": "{}",
}


def _edit_program(chance: random.Random, declared: Program) -> None:
    for name in ("a", "b", "c"):
        dice = chance.random()
        if dice < 0.25:
            declared.pop(name, None)
        elif dice < 0.8:
            declared[name] = flow_inputs(
                name,
                hourly(chance.choice(("one", "two", "three"))),
                state=chance.choice(("on", "off")),
                **({"description": chance.choice("xy")} if chance.random() < 0.3 else {}),
            )


def edit_by_hand(chance: random.Random, emulator: Emulator) -> None:
    """Delete, rename, turn off, or change what no program declares, here and there."""
    for row in emulator.control.rows("workflows"):
        dice = chance.random()
        if row["workflowid"] == FOREIGN or dice > 0.3:
            continue
        if dice < 0.08:
            emulator.control.delete("workflows", row["workflowid"])
        elif dice < 0.16:
            emulator.control.patch("workflows", row["workflowid"], {"name": "by hand"})
        elif dice < 0.24:
            off = {"statecode": 0, "statuscode": 1}
            emulator.control.patch("workflows", row["workflowid"], off)
        else:
            emulator.control.patch(
                "workflows", row["workflowid"], {"triggeronupdateattributelist": "x"}
            )


def is_as_declared(row: dict[str, Any], name: str, definition: Any, *, on: bool) -> bool:
    """Whether a row of the server is what a program declares."""
    stored = json.loads(row["clientdata"])["properties"]["definition"]
    same = digest(stored) == digest(definition)
    return same and row["name"] == name and row["statecode"] == on


def _problems(emulator: Emulator, engine: Engine, declared: Program) -> list[str]:
    rows = {row["workflowid"]: row for row in emulator.control.rows("workflows")}
    problems = []
    foreign = rows.pop(FOREIGN, None)
    if foreign is None or foreign["name"] != "foreign":
        problems.append("a foreign flow was touched")
    wanted = {
        engine.state[name][0]: inputs for name, inputs in declared.items() if name in engine.state
    }
    if set(rows) != set(wanted) or len(wanted) != len(declared):
        problems.append(f"flows there: {sorted(rows)}, declared: {sorted(wanted)}")
    for flow_id, inputs in wanted.items():
        row = rows.get(flow_id)
        if row is None:
            continue
        definition = json.loads(inputs["definition"])
        if not is_as_declared(row, inputs["name"], definition, on=inputs["state"] == "on"):
            problems.append(f"{inputs['name']} is not as declared")
    return problems
