"""A small engine over the real provider process, and the faults that its `up`s meet."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.harness.provider_process import ProviderError, ProviderProcess

_FAULTS = (
    {"do": "reset"},
    {"do": "status", "status": 503},
    {"do": "status", "status": 500},
    {"do": "html"},
    {"do": "redirect"},
    {"do": "truncate"},
    {"do": "status", "status": 429, "code": "0x80072322", "headers": {"Retry-After": "0"}},
)
MOMENTS = ("before_commit", "after_commit", "mid_body")

Program = dict[str, dict[str, Any]]


def misbehave(chance: random.Random, emulator: Emulator, path: str) -> None:
    """Up to three faults on requests to a path."""
    for _ in range(chance.randint(0, 3)):
        emulator.control.fault(
            **chance.choice(_FAULTS),
            when=chance.choice(MOMENTS),
            path=path,
            nth=chance.randint(1, 4),
            times=chance.randint(1, 2),
        )


@dataclass
class Engine:
    """The memory of the engine: inputs and outputs of each resource that was recorded."""

    emulator: Emulator
    provider: ProviderProcess
    state: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    def refresh(self) -> None:
        """Read everything, as `pulumi up --refresh` does."""
        for name, (id_, inputs, outputs) in list(self.state.items()):
            read_id, after, live = self.provider.read(id_, outputs)
            if not read_id:
                del self.state[name]
            else:
                self.state[name] = (id_, live or inputs, after)

    def up(self, declared: dict[str, dict[str, Any]]) -> list[str]:
        """Bring the environment to the declaration; returns what failed."""
        failed = []
        for name, inputs in declared.items():
            try:
                self._apply(name, inputs)
            except ProviderError as error:
                failed.append(f"{name}: {error}")
        for name in [name for name in self.state if name not in declared]:
            id_, _, outputs = self.state[name]
            try:
                self.provider.delete(id_, outputs)
                del self.state[name]
            except ProviderError as error:
                failed.append(f"{name}: {error}")
        return failed

    def _apply(self, name: str, inputs: dict[str, Any]) -> None:
        known = self.state.get(name)
        checked = self.provider.check(inputs, known[1] if known else {})
        assert not checked.failures, checked.failures
        if known is None:
            id_, outputs = self.provider.create(checked.inputs)
        else:
            id_, _, outputs = known
            if not self.provider.diff(id_, outputs, checked.inputs).changes:
                return
            outputs = self.provider.update(id_, outputs, checked.inputs)
        self.state[name] = (id_, checked.inputs, outputs)
