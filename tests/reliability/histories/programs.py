"""
Histories of whole programs over gRPC: `projects.history`, each command in a process of its own.

Nobody repeats the same program and nobody refreshes, unless people would.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator
from tests.harness.fork_server import DYNAMIC, NATIVE, ForkServer
from tests.harness.native_process import NativeProcess
from tests.harness.provider_process import ProviderProcess
from tests.reliability.fault_proxy.handle import FaultProxy
from tests.reliability.histories.command import Command, Death, State
from tests.reliability.histories.outcome import Outcome
from tests.reliability.histories.projects.history import Ran, live, renew
from tests.reliability.histories.projects.resources import Project

_TIMEOUT = "20"


class Machine:
    """Where histories happen: two environments, a network, and a source of processes."""

    def __init__(
        self, emulator: Emulator, *, through_proxy: bool = False, native: bool = False
    ) -> None:
        self.emulator = emulator
        self.other = Emulator()
        self.proxy = FaultProxy(emulator.url) if through_proxy else None
        self.packages = Path(tempfile.mkdtemp(prefix="packages-"))
        self._url = self.proxy.url if self.proxy else emulator.url
        self._folder = Path(tempfile.mkdtemp(prefix="soak-"))
        self._state = State()
        self._fork_server = ForkServer()
        self._program = NATIVE if native else DYNAMIC
        self._start: Callable[..., ProviderProcess] = NativeProcess if native else ProviderProcess

    def begin(self) -> None:
        """New environments, an empty state, and a machine on which nothing is kept."""
        for emulator in (self.emulator, self.other):
            renew(emulator)
        if self.proxy:
            self.proxy.begin()
            self.proxy.end()
        self._state = State()
        self.move()

    def move(self) -> None:
        """Go on on a fresh machine: what was kept beside the program is gone."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = Path(tempfile.mkdtemp(prefix="soak-"))

    def ids(self) -> dict[str, str]:
        """Ids of what the state has, by name."""
        return {name: kept.id for name, kept in self._state.items()}

    def run(
        self, program: Project, *, refresh: bool, death: Death | None, keeps_going: bool
    ) -> Ran:
        """Run `up` in a new provider process."""
        process = self._process(self._url)
        try:
            command = Command(self.emulator, process, self._state, death, previewed=True,
                              keeps_going=keeps_going)  # fmt: skip
            ran = _carried_out(command, program, refresh=refresh)
            if not ran.died or (death and death.victim == "state"):
                process.end()
            return ran
        finally:
            process.close()

    def preview(self, program: Project) -> None:
        """Look at everything, compare it, and end in the regular way; the state stays."""
        process = self._process(self._url)
        try:
            state = copy.deepcopy(self._state)
            declared = {name: item.declared(name) for name, item in program.items()}
            Command(self.emulator, process, state).preview(copy.deepcopy(declared))
            process.end()
        finally:
            process.close()

    def listed(self, names: set[str]) -> set[str] | None:
        """Nothing is known: the small engine notes no operation that is pending."""
        return None

    def stray(self, program: Project, verb: str) -> Ran:
        """A command in the other environment, on a copy of the state."""
        process = self._process(self.other.url)
        try:
            state = copy.deepcopy(self._state)
            command = Command(self.emulator, process, state, previewed=verb == "up")
            wanted = {} if verb == "destroy" else program
            return _carried_out(command, wanted, refresh=verb == "refresh")
        finally:
            process.close()

    def close(self) -> None:
        """End it."""
        self._fork_server.close()
        self.other.close()
        if self.proxy:
            self.proxy.close()
        for folder in (self._folder, self.packages):
            shutil.rmtree(folder, ignore_errors=True)

    def _process(self, url: str) -> ProviderProcess:
        environment = {
            "POWERAUTOMATE_ENVIRONMENT_URL": url,
            "POWERAUTOMATE_ACCESS_TOKEN": "emulator",
            "POWERAUTOMATE_REQUEST_TIMEOUT": _TIMEOUT,
            "HOME": str(self._folder),
            "PULUMI_HOME": str(self._folder / ".pulumi"),
        }
        spawn = partial(self._fork_server.spawn, program=self._program, folder=self._folder)
        return self._start(environment, spawn=spawn)


def _carried_out(command: Command, program: Project, *, refresh: bool) -> Ran:
    declared = {name: item.declared(name) for name, item in program.items()}
    command.run(copy.deepcopy(declared), refresh=refresh)
    said = [f"{urn} {message}" for urn, message, _ in command.process.log]
    said += [f"{name} {text}" for name, text in command.failed.items()]
    return Ran(command.failed, command.died, command.done, command.unsettled, said)


def start(emulator: Emulator) -> Machine:
    """A place for histories."""
    return Machine(emulator)


def history(seed: int, emulator: Emulator, machine: Machine) -> tuple[Machine, Outcome]:
    """Run one history; returns the place to go on in, and how it ended."""
    return machine, live(seed, machine)
