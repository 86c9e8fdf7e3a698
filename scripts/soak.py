"""
`make soak`: random histories of flows, with faults, hand edits and crashes, in the real provider.

A history is a program that changes over time. Each step is an `up` of a small engine (the provider
process is the real one, over gRPC) while the emulator misbehaves. At the end the faults stop, and
after at most two more `up`s the environment must hold what the program declares: nothing lost,
nothing twice, nothing foreign overwritten. `SEED=n HISTORIES=1` replays one history.
"""

from __future__ import annotations

import copy
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow import digest
from tests.cloud_flow.definitions import hourly
from tests.provider_process import ProviderError, ProviderProcess, flow_inputs

_FAULTS = (
    {"do": "reset"},
    {"do": "status", "status": 503},
    {"do": "status", "status": 500},
    {"do": "html"},
    {"do": "redirect"},
    {"do": "truncate"},
    {"do": "status", "status": 429, "code": "0x80072322", "headers": {"Retry-After": "0"}},
)
_MOMENTS = ("before_commit", "after_commit", "mid_body")
_FOREIGN = "99999999-9999-4999-8999-999999999999"


@dataclass
class Engine:
    """What the engine keeps: inputs and outputs of each resource that was recorded."""

    emulator: Emulator
    provider: ProviderProcess
    state: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    def refresh(self) -> None:
        """Read everything, as `pulumi up --refresh` does."""
        for name, (flow_id, inputs, outputs) in list(self.state.items()):
            read_id, after, live = self.provider.read(flow_id, outputs)
            if not read_id:
                del self.state[name]
            else:
                self.state[name] = (flow_id, live or inputs, after)

    def up(self, declared: dict[str, dict[str, Any]]) -> list[str]:
        """Bring the environment to the declaration; returns what failed."""
        failed = []
        for name, inputs in declared.items():
            try:
                self._apply(name, inputs)
            except ProviderError as error:
                failed.append(f"{name}: {error}")
        for name in [name for name in self.state if name not in declared]:
            flow_id, _, outputs = self.state[name]
            try:
                self.provider.delete(flow_id, outputs)
                del self.state[name]
            except ProviderError as error:
                failed.append(f"{name}: {error}")
        return failed

    def _apply(self, name: str, inputs: dict[str, Any]) -> None:
        known = self.state.get(name)
        checked = self.provider.check(inputs, known[1] if known else {})
        assert not checked.failures, checked.failures
        if known is None:
            flow_id, outputs = self.provider.create(checked.inputs)
        else:
            flow_id, _, outputs = known
            if not self.provider.diff(flow_id, outputs, checked.inputs).changes:
                return
            outputs = self.provider.update(flow_id, outputs, checked.inputs)
        self.state[name] = (flow_id, checked.inputs, outputs)


def history(seed: int, emulator: Emulator, provider: ProviderProcess) -> ProviderProcess:
    """Run one history and judge its end; returns the provider process to go on with."""
    chance = random.Random(seed)
    emulator.control.reset()
    emulator.control.insert("workflows", {"workflowid": _FOREIGN, "name": "foreign", **_COLUMNS})
    engine = Engine(emulator, provider)
    declared: dict[str, dict[str, Any]] = {}
    for _ in range(chance.randint(2, 5)):
        _edit_program(chance, declared)
        _edit_by_hand(chance, emulator)
        for _ in range(chance.randint(0, 3)):
            emulator.control.fault(
                **chance.choice(_FAULTS),
                when=chance.choice(_MOMENTS),
                path="workflows",
                nth=chance.randint(1, 4),
                times=chance.randint(1, 2),
            )
        before = copy.deepcopy(engine.state)
        engine.up(copy.deepcopy(declared))
        emulator.control.clear_faults()
        if chance.random() < 0.3:
            # A crash: nothing of this run was recorded, the process is another one, and whoever
            # runs it repeats the command. (Whoever edits the flow out of the program instead is
            # told by the engine of the operation that was pending.)
            engine.state = before
            engine.provider.close()
            engine.provider = ProviderProcess(emulator.environment)
            engine.up(copy.deepcopy(declared))
    failed: list[str] = []
    for _ in range(2):
        engine.refresh()
        failed = engine.up(copy.deepcopy(declared))
    _judge(seed, emulator, engine, declared, failed)
    return engine.provider


_COLUMNS = {"category": 5, "type": 1, "primaryentity": "none", "clientdata": "{}"}


def _edit_program(chance: random.Random, declared: dict[str, dict[str, Any]]) -> None:
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


def _edit_by_hand(chance: random.Random, emulator: Emulator) -> None:
    for row in emulator.control.rows("workflows"):
        dice = chance.random()
        if row["workflowid"] == _FOREIGN or dice > 0.3:
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


def _judge(
    seed: int,
    emulator: Emulator,
    engine: Engine,
    declared: dict[str, dict[str, Any]],
    failed: list[str],
) -> None:
    rows = {row["workflowid"]: row for row in emulator.control.rows("workflows")}
    problems = list(failed)
    foreign = rows.pop(_FOREIGN, None)
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
        stored = json.loads(row["clientdata"])["properties"]["definition"]
        if (
            digest(stored) != digest(json.loads(inputs["definition"]))
            or row["name"] != inputs["name"]
            or row["statecode"] != (inputs["state"] == "on")
        ):
            problems.append(f"{inputs['name']} is not as declared")
    if problems:
        sys.exit(f"error: history {seed} ended wrong (replay: make soak SEED={seed} HISTORIES=1):\n"
                 + "\n".join(problems))  # fmt: skip


def main() -> None:
    """Run the histories that were asked for."""
    for name in list(os.environ):
        if name.startswith(("POWERAUTOMATE_", "PULUMI_", "ARM_", "AZURE_")):
            del os.environ[name]
    histories = int(os.environ.get("HISTORIES", "200"))
    first = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"{histories} histories from seed {first}", flush=True)
    started = time.monotonic()
    with Emulator() as emulator:
        provider = ProviderProcess(emulator.environment)
        try:
            for number in range(histories):
                provider = history(first + number, emulator, provider)
                if number % 50 == 49:
                    print(f"  {number + 1} right, {time.monotonic() - started:.0f} s", flush=True)
        finally:
            provider.close()
    print(f"all {histories} histories ended as declared")


if __name__ == "__main__":
    main()
