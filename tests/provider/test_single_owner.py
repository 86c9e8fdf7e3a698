"""What one resource declares moves to another one, and the delete of the first leaves it alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from tests.harness.operations import create
from tests.harness.provider_process import (
    IDENTITY,
    ProviderError,
    new_provider_process,
    provider_process,
)
from tests.provider.test_journal import _flow, _masks, _share, _shares, settings

_ = settings


def named(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Inputs of a resource with a name of its own."""
    return {**inputs, "__identity": f"{IDENTITY}{name}"}


_SHARE = (FlowShareProvider, named(_share("one"), "single"))
_SHARES = (FlowSharesExclusiveProvider, named(_shares("one"), "list"))


@pytest.mark.parametrize("back", [False, True])
def test_a_share_between_kinds_after_a_failed_run(
    emulator: Emulator, settings: Mapping[str, str], back: bool
) -> None:
    """It was made, and the run ended before the old entry went; the next one leaves it."""
    (old, old_inputs), (new, new_inputs) = (_SHARE, _SHARES) if back else (_SHARES, _SHARE)
    with new_provider_process(settings) as process:
        create(process, _flow("shared"))
        goes = create(process.serving(old), old_inputs)
        process.end()
    with provider_process(settings, provider=new) as process:
        stays = create(process, new_inputs)
    with provider_process(settings, provider=new) as process:
        again = process.check(new_inputs, stays.inputs).inputs
        assert not process.diff(stays.id, stays.outputs, again).changes
        process.serving(old).delete(goes.id, goes.outputs)
    assert _masks(emulator) == ["one"]


def test_a_share_that_was_refused_is_not_taken_over(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """Nobody has it in the state any more, so the list that goes takes it away."""
    new, inputs = FlowShareProvider, named(_share("two"), "single")
    with provider_process(settings) as process:
        create(process, _flow("shared"))
        goes = create(process.serving(_SHARES[0]), _SHARES[1])
    with provider_process(settings, provider=new) as process:
        with pytest.raises(ProviderError, match=r"shared with user .* already"):
            create(process, inputs)
        process.serving(_SHARES[0]).delete(goes.id, goes.outputs)
        assert _masks(emulator) == []
        create(process, inputs)
    assert _masks(emulator) == ["two"]
