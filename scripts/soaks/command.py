"""
One `pulumi up` of a small engine, in a provider process of its own, in which somebody may die.

What the real engine does with a program, one step after the other: check, then create, update, or
delete and create; then delete what is declared no longer, unless something has failed. What was
done is recorded after each step, and a create that fails is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.provider_process import ProviderError, ProviderProcess

_DOUBTS = ("activation_error", "share_error", "solution_error")
# Of the environment, not of its sign-in.
_EVERYTHING = "^(?!.*oauth2)"
_POLL_SECONDS = 0.02


class EngineDiedError(Exception):
    """The engine was killed; what was done last is not recorded."""


@dataclass(frozen=True)
class Declared:
    """A resource of a program."""

    provider: type
    inputs: Mapping[str, Any]
    flow: str = ""
    """Name of the flow whose id it is given as `flow_id`."""


@dataclass
class Kept:
    """A resource of the state."""

    provider: type
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class Death:
    """Who dies, at which operation of the command, and at which of its requests."""

    victim: str
    operation: int
    request: int
    when: str


Program = dict[str, Declared]
State = dict[str, Kept]


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
    _operations: int = 0

    def run(self, program: Program, *, refresh: bool) -> None:
        """Carry out the command as far as it comes."""
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
            for name, declared in program.items():
                if declared.flow in self.failed:
                    self.failed[name] = "its flow has failed"
                else:
                    self._attempt(name, lambda n=name, d=declared: self._apply(n, d))
            if not self.failed:
                for name in [name for name in reversed(self.state) if name not in program]:
                    self._attempt(name, lambda n=name: self._delete(n))
        except EngineDiedError:
            self.died = True

    def _attempt(self, name: str, step: Callable[[], None]) -> None:
        try:
            step()
        except ProviderError as error:
            self.failed[name] = str(error)

    def _refresh(self) -> None:
        for name, kept in list(self.state.items()):
            process = self.process.serving(kept.provider)
            read = self._operation(lambda p=process, k=kept: p.read(k.id, k.outputs))
            if not read[0]:
                del self.state[name]
            else:
                kept.outputs, kept.inputs = read[1], read[2] or kept.inputs

    def _apply(self, name: str, declared: Declared) -> None:
        process = self.process.serving(declared.provider)
        kept = self.state.get(name)
        wanted = dict(declared.inputs)
        if declared.flow:
            wanted["flow_id"] = self.state[declared.flow].id
        checked = process.check(wanted, kept.inputs if kept else {})
        if checked.failures:
            raise ProviderError("; ".join(checked.failures))
        inputs = checked.inputs
        if kept is not None:
            diff = process.diff(kept.id, kept.outputs, inputs)
            if not diff.changes:
                return
            if diff.replaces:
                self._delete(name)
                # The check of the new one knows nothing of the old one.
                inputs, kept = process.check(wanted, {}).inputs, None
        if kept is None:
            id_, outputs = self._operation(lambda: process.create(inputs))
        else:
            id_ = kept.id
            outputs = self._operation(lambda: process.update(id_, kept.outputs, inputs))
        self.state[name] = Kept(declared.provider, id_, inputs, outputs)
        doubts = [outputs[key] for key in _DOUBTS if outputs.get(key)]
        if doubts:
            self.failed[name] = " ".join(doubts)

    def _delete(self, name: str) -> None:
        kept = self.state[name]
        process = self.process.serving(kept.provider)
        self._operation(lambda: process.delete(kept.id, kept.outputs))
        del self.state[name]

    def _operation(self, call: Callable[[], Any]) -> Any:
        """Do it, unless this is the operation in which somebody dies."""
        self._operations += 1
        if self._operations == self.expires_at:
            self.emulator.control.tokens(revoke=True)
        death = self.death
        if death is None or self._operations != death.operation:
            return call()
        if death.victim == "engine":
            call()
            raise EngineDiedError
        return self._killed(call, death)

    def _killed(self, call: Callable[[], Any], death: Death) -> Any:
        barrier = self.emulator.control.barrier(
            path=_EVERYTHING, nth=death.request, when=death.when, times=1
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
