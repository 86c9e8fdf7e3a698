"""Shares in a provider process, and what the emulator holds afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.provider import DataverseProvider
from tests.harness.provider_process import ProviderProcess, provider_process

FLOW = "11111111-1111-4111-8111-111111111111"
ALICE = {"type": "user", "id": "0e6a3b61-0000-4000-8000-000000000011"}
ON_CALL = {"type": "team", "id": "0e6a3b61-0000-4000-8000-000000000022"}
IDENTITY = "organization/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:FlowShare::s"


def share_inputs(principal: Any = ALICE, access: Any = ("read",), **more: Any) -> dict[str, Any]:
    access = list(access) if isinstance(access, tuple) else access
    return {
        "flow_id": FLOW,
        "principal": principal,
        "access": access,
        "__identity": IDENTITY,
    } | more


def created(
    provider: ProviderProcess, inputs: dict[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    checked = provider.check(inputs)
    assert checked.failures == []
    share_id, outputs = provider.create(checked.inputs)
    return share_id, checked.inputs, outputs


def sent(emulator: Emulator) -> list[str]:
    found = [item["path"].partition("(")[0] for item in emulator.control.requests()]
    emulator.control.clear_journal()
    return found


def masks(emulator: Emulator) -> dict[str, int]:
    rows = emulator.control.rows("principalobjectaccessset")
    return {row["principalid"]: row["accessrightsmask"] for row in rows}


@contextmanager
def sharing(emulator: Emulator, provider: type[DataverseProvider]) -> Iterator[ProviderProcess]:
    """A provider process, and a flow to share."""
    emulator.control.insert(
        "workflows", {"workflowid": FLOW, "name": "Flow", "category": 5, "type": 1}
    )
    with provider_process(emulator.environment, provider=provider) as process:
        emulator.control.clear_journal()
        yield process
