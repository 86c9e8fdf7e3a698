"""Operations on a resource as the engine does them: the inputs pass the check first."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.harness.provider_process import ProviderProcess


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
