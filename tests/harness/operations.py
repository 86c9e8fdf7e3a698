"""Operations on a resource as the engine does them: the inputs pass the check first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from pulumi_powerautomate.emulator.handle import BarrierHandle
from tests.harness.provider_process import ProviderError, ProviderProcess


class Made(NamedTuple):
    """A resource as the engine would keep it: its id, its checked inputs and its outputs."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


def check(
    provider: ProviderProcess, inputs: dict[str, Any], olds: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Checked inputs of a declaration that has nothing wrong with it."""
    result = provider.check(inputs, olds)
    assert result.failures == []
    return result.inputs


def create(provider: ProviderProcess, inputs: dict[str, Any]) -> Made:
    """Check and create."""
    checked = check(provider, inputs)
    id_, outputs = provider.create(checked)
    return Made(id_, checked, outputs)


def update(provider: ProviderProcess, made: Made, inputs: dict[str, Any]) -> Made:
    """Check and update; the diff has to see a change, because the engine asks it first."""
    checked = check(provider, inputs, made.inputs)
    assert provider.diff(made.id, made.outputs, checked).changes
    return Made(made.id, checked, provider.update(made.id, made.outputs, checked))


def delete(provider: ProviderProcess, made: Made) -> None:
    """Delete."""
    provider.delete(made.id, made.outputs)


def kill_at(
    barrier: BarrierHandle, process: ProviderProcess, call: Callable[..., object], *arguments: Any
) -> None:
    """Kill the provider when one of its calls has come to a barrier."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(call, *arguments)
        assert barrier.is_reached(20)
        process.kill()
        barrier.release()
        assert isinstance(running.exception(), ProviderError)
