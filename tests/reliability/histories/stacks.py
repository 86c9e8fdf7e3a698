"""
Histories of whole programs on the real engine: `projects.history`, each command a `pulumi up`.

Engine or provider die at the nth request of a command, before or after the change is made, and the
engine does one thing after the other (`--parallel 1`), so that a seed is the same history again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.emulator.handle import BarrierHandle
from tests.harness.engine_project import EngineError, EngineProject, engine_environment
from tests.reliability.fault_proxy.handle import FaultProxy
from tests.reliability.histories.command import EVERYTHING, Death
from tests.reliability.histories.outcome import Outcome
from tests.reliability.histories.projects.history import Ran, live, renew
from tests.reliability.histories.projects.resources import Made, Project
from tests.reliability.kill_matrix import processes

_PATIENCE = 90.0
_POLL_SECONDS = 0.1
_TIMEOUT = "20"
# The engine's heading of what it says about a resource, and what it says first of an error.
_HEADING = re.compile(r"^  pulumi-python:\S+ \((?P<name>[^)]+)\):\s*$")
_ERROR = re.compile(r"^\s*error: (?P<text>.*)")
_ROUNDS = (1, 3)


class Stack:
    """One stack of the real engine, emptied before each history."""

    proxy: FaultProxy | None = None

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.other = Emulator()
        self.packages = Path(tempfile.mkdtemp(prefix="packages-"))
        self._folder = Path(tempfile.mkdtemp(prefix="soak-"))
        self._project = EngineProject(
            self._folder, emulator, environment=self._settings(emulator), parallel=1
        )
        self._file = self._folder / "state" / ".pulumi" / "stacks" / "tests" / "dev.json"
        self._empty = self._file.read_text("utf-8")
        self._kept = {path.name for path in self._folder.iterdir()}

    def begin(self) -> None:
        """New environments, an empty state, and a machine on which nothing is kept."""
        for emulator in (self.emulator, self.other):
            renew(emulator)
        self._put_back(self._empty)
        self.move()

    def move(self) -> None:
        """Go on on a fresh machine: what was kept beside the program is gone."""
        shutil.rmtree(self._folder / "home" / "powerautomate", ignore_errors=True)
        for path in self._folder.iterdir():
            if path.name not in self._kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def ids(self) -> dict[str, str]:
        """Ids of what the state has, by name."""
        return {item["urn"].rpartition("::")[2]: item["id"]
                for item in self._project.resources() if not item.get("delete")}  # fmt: skip

    def run(
        self, program: Project, *, refresh: bool, death: Death | None, keeps_going: bool
    ) -> Ran:
        """Run `pulumi up`; after an engine that died, `pulumi cancel` frees the stack."""

        def run() -> str:
            return self._project.up(
                _declares(program), refresh=refresh, continue_on_error=keeps_going
            )

        sent = len(self.emulator.control.requests())
        barrier = self._barrier(death)
        ran = Ran()
        thread = threading.Thread(target=_attempt, args=(run, ran))
        thread.start()
        end = time.monotonic() + _PATIENCE
        while thread.is_alive() and death and barrier and not ran.died:
            if barrier.is_reached(_POLL_SECONDS):
                ran.died = True
                _kill(death.victim)
                barrier.release()
            elif time.monotonic() > end:
                break
        thread.join(max(1.0, end - time.monotonic()))
        interrupted = thread.is_alive()
        if interrupted:
            _kill("engine")
            thread.join(_PATIENCE)
            # The engine's own: with --continue-on-error it waits for ever after a refused delete
            # that comes before a create (pulumi/pulumi#16373), and people interrupt it.
            if not (keeps_going and self._a_delete_was_refused(sent)):
                raise TimeoutError("a command did not end")
            ran.died = True
        if interrupted or (ran.died and death and death.victim != "provider"):
            self._project.cancel()
        names = set(program) | set(self.ids())
        ran.unsettled = names if ran.died else set(ran.failed)
        ran.done = set() if ran.failed or ran.died else names
        return ran

    def _a_delete_was_refused(self, sent: int) -> bool:
        """Whether one was, after so many requests."""
        return any(
            item["method"] == "DELETE" and item["status"] == 400
            for item in self.emulator.control.requests()[sent:]
        )

    def listed(self, names: set[str]) -> set[str] | None:
        """The findings of `pulumi-powerautomate orphans` with the exported state."""
        state = self._folder / "export.json"
        exported = self._project.export()
        state.write_text(json.dumps({"version": exported.version,
                                     "deployment": exported.deployment}), "utf-8")  # fmt: skip
        command = [sys.executable, "-m", "pulumi_powerautomate.cli", "orphans", str(state)]
        command += [part for name in sorted(names) for part in ("--name", name)]
        found = subprocess.run(
            [*command, "--format", "json"],
            # With the home of the engine, where the journal lies.
            env={**os.environ, **engine_environment(self._folder, self._settings(self.emulator))},
            capture_output=True,
            check=False,
        )
        state.unlink()
        if found.returncode > 1:
            raise RuntimeError(f"the orphans cannot be listed: {found.stderr.decode()}")
        return {item["id"] for item in json.loads(found.stdout)}

    def preview(self, program: Project) -> None:
        """Preview it with a refresh; what fails there is no news."""
        _attempt(lambda: self._project.preview(_declares(program), refresh=True), Ran())

    def stray(self, program: Project, verb: str) -> Ran:
        """A command in the other environment; the state is put back."""
        before = self._file.read_text("utf-8")
        self._project.set_environment(self._settings(self.other))
        ran = Ran()
        if verb == "up":
            # On the command line a preview comes first, and ends it when it fails.
            _attempt(lambda: self._project.preview(_declares(program)), ran)
            if not ran.failed:
                _attempt(lambda: self._project.up(_declares(program)), ran)
        else:
            _attempt(getattr(self._project, verb), ran)
        self._project.set_environment(self._settings(self.emulator))
        self._put_back(before)
        return ran

    def close(self) -> None:
        """End it."""
        self.other.close()
        for folder in (self._folder, self.packages):
            shutil.rmtree(folder, ignore_errors=True)

    def _barrier(self, death: Death | None) -> BarrierHandle | None:
        if death is None:
            return None
        control = self.emulator.control
        rule = {"path": EVERYTHING, "nth": death.request, "when": death.when, "times": 1}
        barrier = control.barrier(**rule)
        if death.when == "before_commit":
            control.fault(**rule, do="reset")
        return barrier

    def _settings(self, emulator: Emulator) -> dict[str, str]:
        return {
            "POWERAUTOMATE_ENVIRONMENT_URL": emulator.url,
            "POWERAUTOMATE_ACCESS_TOKEN": "emulator",
            "POWERAUTOMATE_REQUEST_TIMEOUT": _TIMEOUT,
        }

    def _put_back(self, text: str) -> None:
        shutil.rmtree(self._folder / "state" / ".pulumi" / "locks", ignore_errors=True)
        self._file.write_text(text, "utf-8")


def _declares(project: Project) -> Callable[[], None]:
    def program() -> None:
        made: Made = {}
        for name, item in project.items():
            made[name] = item.make(name, made)

    return program


def _attempt(run: Callable[[], str], ran: Ran) -> None:
    try:
        ran.said = run().splitlines()
    except EngineError as error:
        ran.said = str(error).splitlines()
        ran.failed = _failures(ran.said)


def _failures(lines: list[str]) -> dict[str, str]:
    """The failures by resource, from the engine's diagnostics."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if heading := _HEADING.match(line):
            name = heading["name"]
        elif (error := _ERROR.match(line)) and name:
            found[name] = f"{found.get(name, '')} {error['text']}".strip()
    return found or {"the run": "\n".join(lines)[-1500:]}


def _kill(victim: str) -> None:
    """
    Kill one of the two; a provider would end by itself when its engine is gone, but later.

    Where the state is to be lost it is the engine, which saves nothing any more then.
    """
    pids = [processes.find("provider")]
    if victim != "provider":
        pids.insert(0, processes.find("engine"))
    for pid in pids:
        processes.send(pid, signal.SIGKILL)


def start(emulator: Emulator) -> Stack:
    """A stack for histories."""
    return Stack(emulator)


def history(seed: int, emulator: Emulator, stack: Stack) -> tuple[Stack, Outcome]:
    """Run one history; returns the stack to go on with, and how it ended."""
    return stack, live(seed, stack, rounds=_ROUNDS)
