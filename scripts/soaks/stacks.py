"""
Histories on the real engine: a stack of flows and a share, whose `up`s meet faults and are killed.

The engine or the provider process may die at any moment of an `up`, somebody says `pulumi cancel`
where the engine died, and two `pulumi up --refresh` later everything must be as declared.
"""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from scripts.killing import processes
from scripts.soaks.engine import misbehave
from scripts.soaks.flows import FOREIGN, FOREIGN_COLUMNS, edit_by_hand, is_as_declared
from tests.cloud_flow.definitions import hourly
from tests.engine_project import EngineError, EngineProject

_ALICE = "0e6a3b61-0000-4000-8000-000000000011"
_MASKS = {"read": 1, "write": 2, "share": 262144}
_PATHS = "workflows|Access|batch"
_PATIENCE = 120.0
_VICTIMS: tuple[processes.Role | None, ...] = (None, None, "provider", "engine")

Declared = dict[str, dict[str, Any]]


class Stack:
    """One stack of the real engine, emptied before each history."""

    def __init__(self, emulator: Emulator) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="soak-"))
        environment = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "20"}
        self.project = EngineProject(self._folder, emulator, environment=environment)
        self._state = self._folder / "state" / ".pulumi" / "stacks" / "tests" / "dev.json"
        self._empty = self._state.read_text("utf-8")

    def forget(self) -> None:
        """A new stack."""
        shutil.rmtree(self._folder / "state" / ".pulumi" / "locks", ignore_errors=True)
        self._state.write_text(self._empty, "utf-8")

    def up(
        self, declared: Declared, *, kill: processes.Role | None = None, after: float = 0.0
    ) -> str:
        """`pulumi up --refresh`, with somebody killed meanwhile if wished; returns what failed."""

        def program() -> None:
            for name, flow in declared.items():
                made = powerautomate.CloudFlow(
                    name, definition=hourly(flow["text"]), state=flow["state"]
                )
                if flow["access"]:
                    powerautomate.FlowShare(
                        f"share-{name}",
                        flow_id=made.id,
                        principal=powerautomate.user(_ALICE),
                        access=flow["access"],
                        on_conflict="overwrite",
                    )

        failed: list[str] = []

        def run() -> None:
            try:
                self.project.up(program, refresh=True)
            except EngineError as error:
                failed.append(str(error))

        thread = threading.Thread(target=run)
        thread.start()
        if kill:
            time.sleep(after)
            try:
                processes.send(processes.find(kill), signal.SIGKILL)
            except LookupError:
                kill = None
        thread.join(_PATIENCE)
        if kill == "engine":
            self.project.cancel()
        return "\n".join(failed)

    def close(self) -> None:
        """Remove the stack."""
        shutil.rmtree(self._folder, ignore_errors=True)


def start(emulator: Emulator) -> Stack:
    """A stack for histories."""
    return Stack(emulator)


def history(seed: int, emulator: Emulator, stack: Stack) -> tuple[Stack, list[str]]:
    """Run one history; returns the stack to go on with, and what ended wrong."""
    chance = random.Random(seed)
    emulator.control.reset()
    emulator.control.insert("workflows", {"workflowid": FOREIGN, **FOREIGN_COLUMNS})
    stack.forget()
    declared: Declared = {}
    for _ in range(chance.randint(2, 3)):
        _edit_program(chance, declared)
        edit_by_hand(chance, emulator)
        misbehave(chance, emulator, _PATHS)
        victim = chance.choice(_VICTIMS)
        stack.up(declared, kill=victim, after=chance.uniform(0.5, 2.0))
        emulator.control.clear_faults()
    problems: list[str] = []
    for _ in range(2):
        said = stack.up(declared)
        problems = _problems(emulator, stack, declared) + ([said[-1500:]] if said else [])
        if not problems:
            break
    return stack, problems


def _edit_program(chance: random.Random, declared: Declared) -> None:
    for name in ("a", "b", "c"):
        dice = chance.random()
        if dice < 0.2:
            declared.pop(name, None)
        elif dice < 0.85:
            declared[name] = {
                "text": chance.choice(("one", "two", "three")),
                "state": chance.choice(("on", "off")),
                "access": chance.sample(sorted(_MASKS), chance.randint(0, 2)),
            }


def _problems(emulator: Emulator, stack: Stack, declared: Declared) -> list[str]:
    rows = {row["workflowid"]: row for row in emulator.control.rows("workflows")}
    foreign = rows.pop(FOREIGN, None)
    problems = [] if foreign and foreign["name"] == "foreign" else ["a foreign flow was touched"]
    kept = stack.project.resources()
    ids = {
        item["urn"].rpartition("::")[2]: item["id"]
        for item in kept
        if item["urn"].partition("CloudFlow::")[1]
    }
    if set(ids) != set(declared) or set(rows) != set(ids.values()):
        problems.append(
            f"state: {sorted(ids)}, server: {sorted(rows)}, program: {sorted(declared)}"
        )
        return problems
    shares = {
        (row["objectid"], row["principalid"]): row["accessrightsmask"]
        for row in emulator.control.rows("principalobjectaccessset")
    }
    wanted = {}
    for name, flow in declared.items():
        row = rows[ids[name]]
        if not is_as_declared(row, name, hourly(flow["text"]), on=flow["state"] == "on"):
            problems.append(f"{name} is not as declared")
        if flow["access"]:
            wanted[ids[name], _ALICE] = sum(_MASKS[right] for right in flow["access"])
    if shares != wanted:
        problems.append(f"shares: {shares} instead of {wanted}")
    return problems
