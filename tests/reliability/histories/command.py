"""
One `pulumi up` of a small engine, in a provider process of its own, in which somebody may die.

What the real engine does with a program, one step after the other: check, then create, update, or
delete and create; then delete what is declared no longer, unless something has failed. What was
done is recorded after each step, and a create that fails is forgotten. With `previewed` everything
is checked and compared before anything is done, as `pulumi up` does it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from pulumi_powerautomate.emulator import Emulator
from tests.harness.provider_process import ProviderError, ProviderProcess

# Requests of the environment, not of its sign-in.
EVERYTHING = "^(?!.*oauth2)"
_POLL_SECONDS = 0.05
_Result = TypeVar("_Result")


class EngineDiedError(Exception):
    """The engine was killed; what was done last is not recorded."""


@dataclass(frozen=True)
class Declared:
    """A resource of a program."""

    provider: type
    inputs: Mapping[str, Any]
    flow: str = ""
    """Name of the flow whose id it is given."""
    flow_input: str = "flow_id"
    """The input that it is given as."""
    needs: tuple[str, ...] = ()
    """Names of what has to be there before it, and may go only after it."""
    alias: str = ""
    """The name that it had before."""
    old_first: bool | None = None
    """Whether an old one goes before a new one comes; when None, its `diff` says so."""


@dataclass
class Kept:
    """A resource of the state."""

    provider: type
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    needs: tuple[str, ...] = ()


class State(dict[str, Kept]):
    """Resources by their names; `pending` has those that were replaced and are to be deleted."""

    def __init__(self) -> None:
        super().__init__()
        # Entries of their own, as the engine's are: they outlive what has replaced them.
        self.pending: list[tuple[str, Kept]] = []


@dataclass(frozen=True)
class Death:
    """
    Who dies, at which operation of the command, and at which of its requests.

    With `operation` 0 it is the nth request of the whole command, whatever it is for. One that is
    held before the change is made is never carried out then. When the victim is the `state`, nobody
    dies: what the operation has done can not be saved, and the command ends in the regular way.
    """

    victim: str
    operation: int
    request: int
    when: str


Program = dict[str, Declared]


@dataclass
class Command:
    """One command; `failed` has what went wrong, `died` whether somebody was killed."""

    emulator: Emulator
    process: ProviderProcess
    state: State
    death: Death | None = None
    expires_at: int = 0
    """At which of its operations every token that was given out expires; never when 0."""
    failed: dict[str, str] = field(default_factory=dict)
    died: bool = False
    refreshed: bool = False
    at_first: dict[str, str] = field(default_factory=dict)
    """Ids of what was in the state for certain when it began."""
    previewed: bool = False
    keeps_going: bool = True
    """Whether other resources are tried after one has failed."""
    done: set[str] = field(default_factory=set)
    """Names of the resources on which an operation ended well."""
    unsettled: set[str] = field(default_factory=set)
    """Names of those on which one did not, or nobody knows."""
    _operations: int = 0
    _engine_is_dead: bool = False

    def run(self, program: Program, *, refresh: bool) -> None:
        """Carry out the command as far as it comes."""
        with self._watched():
            self._run(program, refresh=refresh)

    def preview(self, program: Program) -> None:
        """Refresh and compare, as a preview does; its state is not to be kept."""
        self._attempt("refresh", self._refresh)
        if not self.failed:
            self._preview(program)

    def _run(self, program: Program, *, refresh: bool) -> None:
        self.refreshed = refresh
        self.at_first = {
            name: kept.id
            for name, kept in self.state.items()
            if kept.outputs.get("current_state") != "unknown"
        }
        try:
            if refresh:
                self._attempt("refresh", self._refresh)
                if self.failed:
                    return
            if self.previewed:
                self._preview(program)
                if self.failed:
                    return
            for name, declared in program.items():
                if self.failed and not self.keeps_going:
                    return
                if self.failed.keys() & {declared.flow, *declared.needs}:
                    self.failed[name] = "what it needs has failed"
                else:
                    self._attempt(name, partial(self._apply, name, declared))
            self._delete_the_rest(program)
        except EngineDiedError:
            self.died = True

    def _delete_the_rest(self, program: Program) -> None:
        """Delete the replaced and the undeclared; dependents go first."""
        if self.failed:
            return
        rest = [(name, kept) for name, kept in self.state.items() if name not in program]
        left = [*self.state.pending, *rest]
        while left and not (self.failed and not self.keeps_going):
            needed = {need for _, kept in left for need in kept.needs}
            name, kept = next((item for item in reversed(left) if item[0] not in needed), left[-1])
            left = [item for item in left if item[1] is not kept]
            self._attempt(name, partial(self._delete, name, kept))

    def _kept_as(self, name: str, declared: Declared) -> str:
        """The name under which the state has a resource: a former one until a step is done."""
        return declared.alias if declared.alias in self.state and name not in self.state else name

    def _preview(self, program: Program) -> None:
        for name, declared in program.items():
            self._attempt(name, partial(self._compare, name, declared))
        self.unsettled.clear()

    def _compare(self, name: str, declared: Declared) -> None:
        kept = self.state.get(self._kept_as(name, declared))
        wanted = dict(declared.inputs)
        if declared.flow:
            if declared.flow not in self.state:
                # Unknown in a preview.
                return
            wanted[declared.flow_input] = self.state[declared.flow].id
        process = self.process.serving(declared.provider)
        checked = process.check(wanted, kept.inputs if kept else {})
        if checked.failures:
            raise ProviderError("; ".join(checked.failures))
        if kept is not None:
            process.diff(kept.id, kept.outputs, checked.inputs)

    def _attempt(self, name: str, step: Callable[[], None]) -> None:
        try:
            step()
        except ProviderError as error:
            self.failed[name] = str(error)
            self.unsettled.add(name)
            if self._engine_is_dead:
                raise EngineDiedError from None
        except EngineDiedError:
            self.unsettled.add(name)
            raise

    def _refresh(self) -> None:
        for name, kept in list(self.state.items()):
            process = self.process.serving(kept.provider)
            read = self._operation(partial(process.read, kept.id, kept.outputs))
            if not read[0]:
                del self.state[name]
            else:
                kept.outputs, kept.inputs = read[1], read[2] or kept.inputs
            self.done.add(name)

    def _apply(self, name: str, declared: Declared) -> None:
        process = self.process.serving(declared.provider)
        before = self._kept_as(name, declared)
        kept = self.state.get(before)
        replaced = None
        wanted = dict(declared.inputs)
        if declared.flow:
            wanted[declared.flow_input] = self.state[declared.flow].id
        checked = process.check(wanted, kept.inputs if kept else {})
        if checked.failures:
            raise ProviderError("; ".join(checked.failures))
        inputs = checked.inputs
        if kept is not None:
            diff = process.diff(kept.id, kept.outputs, inputs)
            if not diff.changes:
                if before != name:
                    self.state[name] = self.state.pop(before)
                return
            if diff.replaces:
                if diff.old_first if declared.old_first is None else declared.old_first:
                    self._delete(before, kept)
                else:
                    replaced = kept
                # The check of the new one knows nothing of the old one.
                inputs, kept = process.check(wanted, {}).inputs, None
        if kept is None:
            id_, outputs = self._operation(lambda: process.create(inputs))
        else:
            id_ = kept.id
            outputs = self._operation(lambda: process.update(id_, kept.outputs, inputs))
        self.state.pop(before, None)
        self.state[name] = Kept(declared.provider, id_, inputs, outputs, declared.needs)
        if replaced is not None:
            self.state.pending.append((name, replaced))
        doubts = [str(value) for key, value in outputs.items() if key.endswith("_error") and value]
        if doubts:
            self.failed[name] = " ".join(doubts)
            self.unsettled.add(name)
        else:
            self.done.add(name)

    def _delete(self, name: str, kept: Kept) -> None:
        state, process = self.state, self.process.serving(kept.provider)
        self._operation(lambda: process.delete(kept.id, kept.outputs))
        if state.get(name) is kept:
            del state[name]
        state.pending = [item for item in state.pending if item[1] is not kept]

    def _operation(self, call: Callable[[], _Result]) -> _Result:
        """Do it, unless this is the operation in which somebody dies."""
        self._operations += 1
        if self._operations == self.expires_at:
            self.emulator.control.tokens(revoke=True)
        death = self.death
        if death is None or self._operations != death.operation:
            if self._engine_is_dead:
                raise EngineDiedError
            return call()
        if death.victim in ("engine", "state"):
            call()
            raise EngineDiedError
        return self._killed(call, death)

    def _killed(self, call: Callable[[], _Result], death: Death) -> _Result:
        barrier = self.emulator.control.barrier(
            path=EVERYTHING, nth=death.request, when=death.when, times=1
        )
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(call)
            while not running.done():
                if barrier.is_reached(_POLL_SECONDS):
                    self.process.kill()
                    self.died = True
                    break
            # Also when the operation had fewer requests: the next one must not stop here.
            barrier.release()
            return running.result()

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Let somebody die at the nth request of the command, when that is what was asked for."""
        death = self.death
        if death is None or death.operation:
            yield
            return
        control = self.emulator.control
        rule = {"path": EVERYTHING, "nth": death.request, "when": death.when, "times": 1}
        barrier = control.barrier(**rule)
        if death.when == "before_commit":
            control.fault(**rule, do="reset")
        over = threading.Event()

        def watch() -> None:
            while not over.is_set():
                if barrier.is_reached(_POLL_SECONDS):
                    self._engine_is_dead = death.victim == "engine"
                    self.died = True
                    self.process.kill()
                    barrier.release()
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            # Also when there were fewer requests: the next command must not stop here.
            barrier.release()
