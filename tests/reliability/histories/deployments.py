"""
Histories of whole deployments: flows, shares and a solution in one program that changes over time.

Each command runs in a provider process of its own, as the real engine does it. Everything goes
wrong in it that a network, a proxy, the service and a process can do, and people edit by hand
between the commands.
"""

from __future__ import annotations

import copy
import random
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.harness.fork_server import ForkServer
from tests.harness.provider_process import ProviderProcess
from tests.reliability.histories.command import Command, Death, State
from tests.reliability.histories.declarations import Declarations
from tests.reliability.histories.engine import MOMENTS
from tests.reliability.histories.network_faults import NETWORK_FAULTS

_PATHS = ("workflows", "Access|batch|principalobject", "olution|import|asyncop", ".")
# Longer than the shorter time-out: nothing comes any more, as with a connection that died unseen.
_SILENCE = {"do": "hang", "seconds": 5}
_TIMEOUT, _SHORT_TIMEOUT = "20", "3"
_IMPORT_SECONDS = 0.05
_MOST_UPS = 2


class Place:
    """Where histories happen: an environment, a source of processes, and packages to import."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.folder = Path(tempfile.mkdtemp(prefix="soak-"))
        self._fork_server = ForkServer()
        token = {"POWERAUTOMATE_ENVIRONMENT_URL": emulator.url,
                 "POWERAUTOMATE_ACCESS_TOKEN": "emulator"}  # fmt: skip
        self._signed_in = emulator.environment
        self._with_token = token

    def begin(self) -> None:
        """A new environment."""
        control = self.emulator.control
        control.clear_faults()
        try:
            control.restore("begun")
        except ValueError:
            control.reset()
            control.switches(import_seconds=_IMPORT_SECONDS)
            Declarations.seed(self.emulator)
            control.snapshot("begun")
        control.clear_journal()

    def process(self, *, sign_in: bool, timeout: str = _TIMEOUT) -> ProviderProcess:
        """A provider process for one command, with a sign-in of its own or the developer's."""
        environment = {
            **(self._signed_in if sign_in else self._with_token),
            "POWERAUTOMATE_REQUEST_TIMEOUT": timeout,
        }
        return ProviderProcess(environment, spawn=self._fork_server.spawn)

    def close(self) -> None:
        """End it."""
        self._fork_server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(emulator: Emulator) -> Place:
    """A place for histories."""
    return Place(emulator)


def history(seed: int, emulator: Emulator, place: Place) -> tuple[Place, list[str]]:
    """Run one history; returns the place to go on in, and what ended wrong."""
    chance = random.Random(seed)
    place.begin()
    world = Declarations(chance, emulator, place.folder)
    state = State()
    problems: list[str] = []
    for _ in range(chance.randint(2, 4)):
        world.change_program()
        edited = world.edit_by_hand(state)
        command = _one(chance, place, world, state)
        problems += world.overwritten(edited, command)
        if command.died:
            # Whoever runs it repeats the command. What was in doubt may be taken over by now.
            edited = {name: id_ for name, id_ in edited.items() if name in command.at_first}
            again = _run(chance, place, world, state, None, False)
            problems += [] if command.refreshed else world.overwritten(edited, again)
    return place, problems + _settled(chance, place, world, state)


def _one(chance: random.Random, place: Place, world: Declarations, state: State) -> Command:
    for _ in range(chance.randint(0, 3)):
        _misbehave(chance, place, chance.choice(NETWORK_FAULTS))
    silent = chance.random() < 0.1
    if silent:
        _misbehave(chance, place, _SILENCE)
    victim = chance.choice(("", "", "provider", "engine"))
    death = Death(victim, chance.randint(1, 5), chance.randint(1, 3),
                  chance.choice(MOMENTS[:2])) if victim else None  # fmt: skip
    timeout = _SHORT_TIMEOUT if silent else _TIMEOUT
    command = _run(chance, place, world, state, death, chance.random() < 0.3, timeout)
    place.emulator.control.clear_faults()
    return command


def _misbehave(chance: random.Random, place: Place, fault: Mapping[str, Any]) -> None:
    moment = chance.choice(MOMENTS)
    place.emulator.control.fault(
        **{"when": moment, **fault},
        path=chance.choice(_PATHS),
        nth=chance.randint(1, 4),
        times=chance.randint(1, 2),
    )


def _run(
    chance: random.Random,
    place: Place,
    world: Declarations,
    state: State,
    death: Death | None,
    refresh: bool,
    timeout: str = _TIMEOUT,
) -> Command:
    process = place.process(sign_in=chance.random() < 0.3, timeout=timeout)
    expires_at = chance.randint(2, 6) if chance.random() < 0.5 else 0
    try:
        command = Command(place.emulator, process, state, death, expires_at)
        command.run(copy.deepcopy(world.program), refresh=refresh)
        return command
    finally:
        process.close()


def _settled(chance: random.Random, place: Place, world: Declarations, state: State) -> list[str]:
    """Two commands without faults at most; then everything has to be right."""
    world.withdraw_what_is_refused()
    problems: list[str] = []
    for _ in range(_MOST_UPS):
        command = _run(chance, place, world, state, None, True)
        problems = [f"{name}: {text}" for name, text in command.failed.items()]
        problems += world.problems(state)
        if not problems:
            break
    return problems
