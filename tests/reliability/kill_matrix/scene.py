"""
One worker's world: an emulator on a file, and one stack of the real engine, both put back to where
they were before each run.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.models import MODELS, from_camel
from tests.harness.engine_project import OURS, EngineError, EngineProject
from tests.reliability.kill_matrix import processes
from tests.reliability.kill_matrix.kind import Kind
from tests.reliability.kill_matrix.kinds import all_kinds

_SWITCHES = {"import_seconds": 0.2}
_PATIENCE = 90.0

Declaration = Sequence[tuple[Kind, str]]
"""Which kinds a program declares, and at which stage."""


class Scene:
    """
    An environment and a stack that crash and come back.

    Args:
        folder: where everything of it lies.
        kinds: the kinds of resources.
        native: whether they are the native provider's instead of dynamic ones.
    """

    def __init__(
        self,
        folder: Path,
        kinds: Callable[[Path], list[Kind]] = all_kinds,
        *,
        native: bool = False,
    ) -> None:
        self.folder = folder
        self._native = native
        self.database = folder / "environment.sqlite"
        self.emulator = Emulator(database=self.database, switches=_SWITCHES)
        self.project = EngineProject(folder, self.emulator, environment=self._token())
        self.kinds = kinds(folder)
        self._empty = self._prepared = self._state.read_text("utf-8")

    def close(self) -> None:
        """End the emulator, and a command that still waits for it."""
        self.emulator.close()

    def prepare(self, hook: str) -> None:
        """A new environment and an empty stack, with what a hook finds there; kept."""
        self._put_back_state(self._empty)
        self.emulator.control.reset()
        for kind in self.kinds:
            kind.seed(self.emulator)
        if hook != "create":
            self.up([(kind, "old") for kind in self.kinds], hook)
        self._prepared = self._state.read_text("utf-8")
        self._keep_rows()

    def restore(self) -> None:
        """Back to what `prepare` left."""
        self.emulator.control.clear_faults()
        try:
            self.emulator.control.restore("prepared")
        except ValueError:
            # It was restarted meanwhile.
            self._bring_back(self.folder / "prepared.sqlite")
            self.emulator.control.snapshot("prepared")
        self._put_back_state(self._prepared)
        self.emulator.control.clear_journal()

    def up(self, declared: Declaration, hook: str, *, refresh: bool = False) -> None:
        """
        Run `pulumi up`.

        Raises:
            EngineError: it failed.
        """

        def program() -> None:
            if self._native:
                powerautomate.use_native_provider()
            for kind, stage in declared:
                kind.declare(stage, hook)

        self.project.up(program, refresh=refresh)

    def sign_in(self, *, really: bool) -> None:
        """Use a token of the sign-in service, or the developer's, which outlives a restart."""
        environment = self.emulator.environment if really else self._token()
        self.project.set_environment(
            {**dict.fromkeys(self.emulator.environment, ""), **self._token("")} | environment
        )

    def restart(self) -> None:
        """A crash of the server, and its return at the same address with what it had stored."""
        self._bring_back(None)

    def outputs(self) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """
        The outputs in the state of each resource, and the operations that are half done in it.
        """
        deployment = json.loads(self._state.read_text("utf-8"))["checkpoint"]["latest"] or {}
        kept, half = {}, []
        for item in deployment.get("resources", []):
            if not item["type"].startswith(OURS):
                continue
            name = item["urn"].rpartition("::")[2]
            types = MODELS[re.split("[:/]", item["type"])[-1]].types
            kept[name] = from_camel(item.get("outputs", {}), types)
            half += [f"{name} is to be deleted"] if item.get("delete") else []
        return kept, half

    def pending(self) -> int:
        """How many operations the engine has begun and not recorded the end of."""
        try:
            latest = json.loads(self._state.read_text("utf-8"))["checkpoint"]["latest"] or {}
        except (OSError, ValueError):
            return 0
        return len(latest.get("pending_operations") or [])

    def held(self) -> int:
        """How many requests wait at barriers."""
        return sum(not item["ended"] for item in self.emulator.control.requests())

    def _token(self, value: str = "emulator") -> dict[str, str]:
        return {
            "POWERAUTOMATE_ENVIRONMENT_URL": self.emulator.url,
            "POWERAUTOMATE_ACCESS_TOKEN": value,
            "POWERAUTOMATE_REQUEST_TIMEOUT": "20",
        }

    @property
    def _state(self) -> Path:
        return self.folder / "state" / ".pulumi" / "stacks" / "tests" / "dev.json"

    def _put_back_state(self, text: str) -> None:
        shutil.rmtree(self.folder / "state" / ".pulumi" / "locks", ignore_errors=True)
        self._state.write_text(text, "utf-8")

    def _keep_rows(self) -> None:
        """As a file too, for after the emulator's death; closing it leaves nothing in its log."""
        self.emulator.close()
        shutil.copy(self.database, self.folder / "prepared.sqlite")
        self._start()
        self.emulator.control.snapshot("prepared")

    def _bring_back(self, rows: Path | None) -> None:
        self.emulator.kill()
        if rows is not None:
            for ending in ("", "-wal", "-shm"):
                self.database.with_name(self.database.name + ending).unlink(missing_ok=True)
            shutil.copy(rows, self.database)
        self._start()

    def _start(self) -> None:
        port = urlsplit(self.emulator.url).port or 0
        self.emulator = Emulator(database=self.database, switches=_SWITCHES, port=port)
        self.project.emulator = self.emulator


class Interrupted:
    """An `up` or `refresh` on a thread of its own, which somebody is going to interrupt."""

    def __init__(self, run: Callable[[], object]) -> None:
        self.failed = False
        self._thread = threading.Thread(target=self._go, args=(run,))
        self._thread.start()

    def _go(self, run: Callable[[], object]) -> None:
        try:
            run()
        except EngineError:
            self.failed = True

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Wait for something to come about while it runs."""
        end = time.monotonic() + _PATIENCE
        while not reached():
            if time.monotonic() > end or not self._thread.is_alive():
                raise TimeoutError(f"it never came to this: {what}")
            time.sleep(0.02)

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            processes.send(processes.find("engine"), signal.SIGKILL)
            raise TimeoutError("the interrupted run did not end")
