"""
Every operation on a resource of another environment ends before its first request.

The resources come from the base class itself, so that a new one is tested without being listed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import pulumi_powerautomate
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.provider import DataverseProvider
from tests.harness.definitions import hourly
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    flow_inputs,
    provider_process,
)

for _module in pkgutil.iter_modules(pulumi_powerautomate.__path__):
    if not _module.ispkg and not _module.name.startswith("_"):
        importlib.import_module(f"pulumi_powerautomate.{_module.name}")

PROVIDERS = [
    kind
    for kind in DataverseProvider.__subclasses__()
    if kind.__module__.startswith("pulumi_powerautomate.")
]
_ELSEWHERE = "contoso-dev.crm4.dynamics.com"
_PROPS: dict[str, Any] = {
    "__environment": _ELSEWHERE,
    "__identity": "organization/urn:pulumi:dev::demo::kind::name",
    "workflow_id": "11111111-1111-4111-8111-111111111111",
    "etag": 'W/"1"',
    "__digest": "0",
}


def _id(kind: type) -> str:
    flow = str(_PROPS["workflow_id"])
    return f"{flow}/user/{flow}" if kind.__name__ == "FlowShareProvider" else flow


def _run(provider: ProviderProcess, hook: str, id_: str, props: dict[str, Any]) -> None:
    """An operation that is to fail, whatever it returns."""
    old_and_new = (props, props) if hook in ("diff", "update") else (props,)
    getattr(provider, hook)(id_, *old_and_new)


@pytest.fixture(params=["default", "explicit"])
def process(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process whose settings come from variables, or from an explicit provider."""
    if request.param == "default":
        with provider_process(emulator.environment) as process:
            yield process
        return
    config = {
        "powerautomate:explicit": "true",
        "powerautomate:environmentUrl": emulator.url,
        "powerautomate:accessToken": "emulator",
    }
    with provider_process({}, config) as process:
        yield process


def test_all_resources_are_here() -> None:
    """The six resources of the package, and whatever comes."""
    assert len(PROVIDERS) >= 6


@pytest.mark.parametrize("hook", ["check", "diff", "read", "update", "delete"])
@pytest.mark.parametrize("kind", PROVIDERS, ids=lambda kind: str(kind.__name__))
def test_nothing_is_sent_elsewhere(
    process: ProviderProcess, emulator: Emulator, kind: type, hook: str
) -> None:
    """The line names both environments and the ways out; no request and no token is asked for."""
    provider = process.serving(kind)
    if hook == "check":
        (problem,) = provider.check(_PROPS, _PROPS).failures
    else:
        with pytest.raises(ProviderError) as raised:
            _run(provider, hook, _id(kind), _PROPS)
        problem = str(raised.value)
    for part in (_ELSEWHERE, emulator.url.partition("://")[2], "pulumi state delete",
                 "formerEnvironmentUrl"):  # fmt: skip
        assert part in problem
    assert "\n" not in problem
    assert emulator.control.requests() == []
    assert emulator.control.token_requests() == []


@pytest.mark.parametrize("hook", ["read", "update", "delete"])
@pytest.mark.parametrize("kind", PROVIDERS, ids=lambda kind: str(kind.__name__))
def test_unrecorded_state_has_to_prove_itself(
    process: ProviderProcess, emulator: Emulator, kind: type, hook: str
) -> None:
    """A state of release 0.1 that fits nothing here is refused: a 404 is no successful delete."""
    provider = process.serving(kind)
    props = {
        **{key: value for key, value in _PROPS.items() if key != "__environment"},
        "created_on": "2024-01-01T00:00:00Z",
        "principals": {"user gone": "user/22222222-1111-4111-8111-111111111111"},
        "value": "x",
        "connection_id": "x",
        "solution_id": "33333333-1111-4111-8111-111111111111",
    }
    with pytest.raises(ProviderError, match="written by an earlier release"):
        _run(provider, hook, _id(kind), props)
    assert {item["method"] for item in emulator.control.requests()} <= {"GET"}


def _without_record(outputs: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in outputs.items() if not key.startswith("__e")}


def test_unrecorded_flow_is_known_by_when_it_was_created(
    process: ProviderProcess, emulator: Emulator
) -> None:
    """A flow of the same id that was created at another time is another environment's."""
    chosen = "11111111-1111-4111-8111-111111111111"
    inputs = process.check(flow_inputs("Old", hourly(), state="off", workflow_id=chosen)).inputs
    flow_id, outputs = process.create(inputs)
    old = _without_record(outputs)
    with pytest.raises(ProviderError, match="written by an earlier release"):
        process.delete(flow_id, {**old, "created_on": "2024-01-01T00:00:00Z"})
    assert len(emulator.control.rows("workflows")) == 1
    assert process.read(flow_id, old)[1]["__environment"] == outputs["__environment"]
    process.delete(flow_id, old)
    assert emulator.control.rows("workflows") == []


def test_unrecorded_state_can_be_confirmed(emulator: Emulator) -> None:
    """A person who knows says so, with the environment's address."""
    settings = {
        **emulator.environment,
        "POWERAUTOMATE_UNRECORDED_ENVIRONMENT_URL": emulator.url,
    }
    props = {key: value for key, value in _PROPS.items() if key != "__environment"}
    flow_id = str(props["workflow_id"])
    props |= {"name": "x", "state": "off", "current_state": "off"}
    with provider_process(settings) as process:
        process.delete(flow_id, props)


def test_renamed_environment(emulator: Emulator) -> None:
    """Ids derive from the old host still, and what it recorded is managed on."""
    settings = {
        **emulator.environment,
        "POWERAUTOMATE_FORMER_ENVIRONMENT_URL": f"https://{_ELSEWHERE}",
    }
    with provider_process(emulator.environment) as process:
        here = process.check(flow_inputs("Flow", hourly(), state="off")).inputs["workflow_id"]
    with provider_process(settings) as process:
        news = process.check(flow_inputs("Flow", hourly(), state="off")).inputs
        assert news["workflow_id"] != here
        flow_id, outputs = process.create(news)
        outputs["__environment"] = _ELSEWHERE
        assert not process.diff(flow_id, outputs, news).changes
        process.delete(flow_id, outputs)
    assert emulator.control.rows("workflows") == []
