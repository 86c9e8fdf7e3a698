"""Runs of the kill matrix: each holds every kind at one moment of one hook, and kills once."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_powerautomate.emulator.handle import BarrierHandle
from tests.harness.engine_project import EngineError
from tests.reliability.kill_matrix import processes
from tests.reliability.kill_matrix.kind import Kind, Write
from tests.reliability.kill_matrix.scene import Declaration, Interrupted, Scene

HOOKS = ("create", "update", "delete", "replace", "refresh")
VICTIMS = ("provider", "engine", "server")
MOMENTS: Mapping[str, str] = {
    "called": "the hook has been called, no request is out (signing in)",
    "sent": "the first request is out; it is never carried out",
    "done": "the first request was carried out and not answered",
    "between": "a later write is out and never carried out, the one before it was answered",
    "last": "the last write was carried out and not answered",
    "answered": "everything was answered, nothing was recorded",
}
_STAGES = {"create": "old", "update": "new", "delete": None, "replace": "other", "refresh": "old"}
THENS: Mapping[str, str] = {
    "the same": "the command is repeated",
    "reverted": "the program is reverted to what it was before the command",
    "another": "the program is changed to something third",
}
_MOST_UPS = 2
_TOKEN = "oauth2/v2.0/token"


@dataclass(frozen=True)
class Cell:
    """One kind, killed once."""

    kind: str
    hook: str
    moment: str
    victim: str
    then: str = "the same"


@dataclass(frozen=True)
class Outcome:
    """
    How many `up`s it took to be as declared again; 0 when it never was, with what was wrong.

    `remedy` is what it took besides: `refresh` for `pulumi up --refresh`, `orphan` when something
    was left behind that no state knows.
    """

    cell: Cell
    ups: int
    problems: tuple[str, ...] = ()
    remedy: str = ""


def moments_of(kind: Kind, hook: str) -> list[str]:
    """The moments that a hook of a kind has."""
    if hook != "refresh" and hook not in kind.writes:
        return []
    single = ["called", "sent", "done", "answered"]
    return list(MOMENTS) if kind.two_requests(hook) else single


def thens_of(hook: str) -> list[str]:
    """
    The programs that may follow a hook: a refresh is not in the program, so there is nothing to
    revert.
    """
    return ["the same"] if hook == "refresh" else list(THENS)


def run(scene: Scene, hook: str, moment: str, victim: str, then: str = "the same") -> list[Outcome]:
    """Kill once, go on as a person would, and look at every kind."""
    taking_part = [kind for kind in scene.kinds if moment in moments_of(kind, hook)]
    if hook == "replace" and moment in ("last", "answered"):
        # The old ones that go last are deleted after everything else is done.
        parts = (
            [kind for kind in taking_part if kind.new_first is first] for first in (False, True)
        )
        return [outcome for part in parts if part
                for outcome in _run(scene, hook, moment, victim, then, part)]  # fmt: skip
    return _run(scene, hook, moment, victim, then, taking_part)


def _run(
    scene: Scene, hook: str, moment: str, victim: str, then: str, taking_part: list[Kind]
) -> list[Outcome]:
    scene.restore()
    if hook == "refresh":
        for kind in taking_part:
            kind.edit_by_hand(scene.emulator)
    declared = _declared(scene, hook, [(kind, _STAGES[hook]) for kind in taking_part])
    scene.sign_in(really=moment == "called")
    _interrupt(scene, hook, moment, victim, taking_part, declared)
    scene.emulator.control.clear_faults()
    scene.sign_in(really=False)
    if victim == "engine":
        scene.project.cancel()
    after = _After(scene, hook, then, taking_part)
    after.up(refresh=hook == "refresh")
    if then != "the same" and after.left:
        after.up(refresh=True, remedy="refresh")
    return [after.outcome(Cell(kind.name, hook, moment, victim, then)) for kind in taking_part]


class _After:
    """The commands of a person after the kill, until every kind is as declared."""

    def __init__(self, scene: Scene, hook: str, then: str, kinds: list[Kind]) -> None:
        self._scene = scene
        self._hook = hook
        self._repeated = then == "the same"
        self._stages = {kind.name: _next_stage(kind, hook, then) for kind in kinds}
        self._declared = _declared(scene, hook, [(k, self._stages[k.name]) for k in kinds])
        self.left = {kind.name: kind for kind in kinds}
        self._ups: dict[str, tuple[int, str]] = {}
        self._problems: dict[str, list[str]] = {}

    def up(self, *, refresh: bool, remedy: str = "") -> None:
        """Run it twice at most."""
        for number in range(1, _MOST_UPS + 1):
            said = ""
            try:
                self._scene.up(self._declared, self._hook, refresh=refresh)
            except EngineError as error:
                said = str(error)
            self._problems = self._found(said)
            for name in [name for name in self.left if not self._problems[name]]:
                self._ups[name] = number, remedy
                del self.left[name]
            if not self.left and not said:
                break

    def outcome(self, cell: Cell) -> Outcome:
        """How a kind ended."""
        if cell.kind in self._ups:
            ups, remedy = self._ups[cell.kind]
            return Outcome(cell, ups, (), remedy)
        problems = self._problems.get(cell.kind, [])
        created = self._stages[cell.kind] is None and self._hook == "create"
        if (created and self._unknown(cell.kind)) or self._is_left_of_a_replacement(cell):
            return Outcome(cell, _MOST_UPS, tuple(problems), "orphan")
        return Outcome(cell, 0, tuple(problems))

    def _is_left_of_a_replacement(self, cell: Cell) -> bool:
        """Whether nothing is wrong but the new one, which no program declares any more."""
        kind = self.left[cell.kind]
        if self._hook != "replace" or cell.then == "the same":
            return False
        kept, half = self._scene.outputs()

        def rows(table: str) -> list[dict[str, Any]]:
            found = self._scene.emulator.control.rows(table)
            return [row for row in found if not kind.is_of_other(table, row)]

        stage = self._stages[cell.kind]
        wrong = kind.problems(stage, self._hook, rows, kept.get(kind.resource))
        return not wrong and not any(line.startswith(f"{kind.resource} ") for line in half)

    def _unknown(self, kind: str) -> bool:
        """Whether the state does not know what is there."""
        kept, half = self._scene.outputs()
        return self.left[kind].resource not in kept and not half

    def _found(self, said: str) -> dict[str, list[str]]:
        read: dict[str, list[dict[str, object]]] = {}

        def rows(table: str) -> list[dict[str, object]]:
            if table not in read:
                read[table] = self._scene.emulator.control.rows(table)
            return read[table]

        kept, half = self._scene.outputs()
        found = {}
        for name, kind in self.left.items():
            stage = self._stages[name]
            problems = kind.problems(stage, self._hook, rows, kept.get(kind.resource))
            if self._repeated:
                problems += kind.too_many(stage, self._hook, rows)
            problems += [line for line in half if line.startswith(f"{kind.resource} ")]
            problems += [said[-2000:]] if said and problems else []
            found[name] = problems
        return found


def _next_stage(kind: Kind, hook: str, then: str) -> str | None:
    """The stage of a kind in the program that comes next."""
    if then == "the same":
        return _STAGES[hook]
    return kind.reverted(hook) if then == "reverted" else "third"


def _declared(
    scene: Scene, hook: str, taking_part: Sequence[tuple[Kind, str | None]]
) -> Declaration:
    """The program: those who take part at their stages, the others as before."""
    busy = [kind for kind, _ in taking_part]
    rest = [] if hook == "create" else [kind for kind in scene.kinds if kind not in busy]
    wanted = [(kind, stage) for kind, stage in taking_part if stage is not None]
    return [*wanted, *((kind, "old") for kind in rest)]


def _interrupt(
    scene: Scene,
    hook: str,
    moment: str,
    victim: str,
    taking_part: list[Kind],
    declared: Declaration,
) -> None:
    """Run the command until everybody is held at the moment, and kill."""
    called = _set_barriers(scene, hook, moment, taking_part)
    if hook == "refresh":
        scene.project.program = lambda: None
        command = Interrupted(scene.project.refresh)
    else:
        command = Interrupted(lambda: scene.up(declared, hook))
    wanted = len(taking_part)
    if called is not None:
        called.wait_reached()
        if hook != "refresh":
            # The engine notes each operation, but a read, before it calls the provider.
            command.until(lambda: scene.pending() == wanted, "every hook was called")
    elif hook == "refresh":
        command.until(lambda: _all_read(scene, taking_part), "everything is being read")
    else:
        command.until(lambda: scene.held() == wanted, f"{wanted} requests are held")
    with _responded(scene, victim, command) if moment == "answered" else contextlib.nullcontext():
        if victim == "server":
            scene.restart()
        else:
            role: processes.Role = "provider" if victim == "provider" else "engine"
            processes.send(processes.find(role), signal.SIGKILL)
    if victim != "server":
        # The provider ends with its engine; what it had sent is dropped or was carried out.
        time.sleep(0.3 if victim == "engine" else 0)
        scene.emulator.control.clear_faults()
    command.join()
    if victim != "server" and not command.failed:
        raise RuntimeError(f"{hook}, {moment}: the run succeeded although its {victim} was killed")


@contextlib.contextmanager
def _responded(scene: Scene, victim: str, command: Interrupted) -> Iterator[None]:
    """Let the responses arrive at somebody who is stopped, so that nobody records them."""
    stopped = processes.find("provider" if victim == "provider" else "engine")
    processes.send(stopped, signal.SIGSTOP)
    scene.emulator.control.clear_faults()
    command.until(lambda: scene.held() == 0, "everything was answered")
    # The response is on its way to the one who is stopped.
    time.sleep(0.2)
    try:
        yield
    finally:
        processes.send(stopped, signal.SIGCONT)


def _set_barriers(
    scene: Scene, hook: str, moment: str, taking_part: list[Kind]
) -> BarrierHandle | None:
    """Set them; returns the one of the sign-in where that is the moment."""
    control = scene.emulator.control
    if moment == "called":
        return control.barrier(method="POST", path=_TOKEN, when="before_commit")
    when = "before_commit" if moment in ("sent", "between") else "after_commit"
    for method, path, nth in {_held(kind, hook, moment) for kind in taking_part}:
        control.barrier(method=method, path=path, nth=nth, when=when)
        if when == "before_commit" and hook != "refresh":
            control.fault(method=method, path=path, nth=nth, when=when, do="reset")
    return None


def _held(kind: Kind, hook: str, moment: str) -> tuple[str, str, int]:
    """The request at which a kind is held: method, path, and the how manieth it is."""
    if hook == "refresh":
        return ("GET", kind.read, 1)
    writes = kind.writes[hook]
    number = {"sent": 0, "done": 0, "between": _later(hook, writes)}.get(moment, len(writes) - 1)
    method, path = writes[number]
    return method, path, writes[: number + 1].count(writes[number])


def _later(hook: str, writes: tuple[Write, ...]) -> int:
    """
    The write at which a hook is half done: of others than a replacement, the second one.

    Of a replacement that deletes first, the first one of the new row; of one that creates first,
    the deletion.
    """
    if hook != "replace":
        return 1
    old = ("DELETE", "POST")
    return next(
        (
            number
            for number, (method, path) in enumerate(writes)
            if method not in old
            or (method == "POST" and not path.startswith(("Revoke", "Uninstall")))
            if number > 0
        ),
        len(writes) - 1,
    )


def _all_read(scene: Scene, taking_part: list[Kind]) -> bool:
    waiting = [item["path"] for item in scene.emulator.control.requests() if not item["ended"]]
    return all(any(re.search(kind.read, path) for path in waiting) for kind in taking_part)
