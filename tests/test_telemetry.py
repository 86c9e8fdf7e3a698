"""Spans and metrics of a real provider process, as a collector receives them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    flow_inputs,
    new_provider_process,
)
from tests.harness.telemetry_receiver import Receiver, attributes, receiver

_ON = {"PULUMI_POWERAUTOMATE_OTEL": "1"}


@pytest.fixture
def collected() -> Iterator[Receiver]:
    """A collector."""
    with receiver() as found:
        yield found


def _traced(emulator: Emulator, collected: Receiver, **more: str) -> dict[str, str]:
    return {
        **emulator.environment,
        **_ON,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collected.endpoint,
        **more,
    }


def _create(provider: ProviderProcess, name: str = "Traced") -> None:
    provider.create(provider.check(flow_inputs(name, hourly("canary-of-the-definition"))).inputs)


def test_requests_are_children_of_their_operation(emulator: Emulator, collected: Receiver) -> None:
    """One span for each call of the engine, and below it one for each request."""
    with new_provider_process(_traced(emulator, collected)) as provider:
        _create(provider)
        provider.end()
    (create,) = collected.named("CloudFlow create")
    (post,), (patch,) = collected.named("POST workflows"), collected.named("PATCH workflows")
    assert {post.parent_span_id, patch.parent_span_id} == {create.span_id}
    assert attributes(create)["pulumi.urn"].endswith("::Traced")
    assert attributes(post)["http.response.status_code"] == 201
    assert attributes(post)["dataverse.request_id"]
    assert create.end_time_unix_nano >= patch.end_time_unix_nano
    assert len(collected.named("CloudFlow check")) == 1
    assert collected.services == {"pulumi-powerautomate"}


def test_metrics(emulator: Emulator, collected: Receiver) -> None:
    """Durations of requests and operations, and requests that were sent again."""
    emulator.control.fault(method="PATCH", path="workflows", do="status", status=503, times=1)
    with new_provider_process(_traced(emulator, collected)) as provider:
        _create(provider)
        provider.end()
    durations = collected.metrics["http.client.request.duration"].histogram.data_points
    assert sum(point.count for point in durations) == 3
    assert {attributes(point)["http.response.status_code"] for point in durations} >= {201, 503}
    operations = collected.metrics["powerautomate.operation.duration"].histogram.data_points
    assert {attributes(point)["powerautomate.operation"] for point in operations} == {
        "check",
        "create",
    }
    (repeated,) = collected.metrics["powerautomate.requests.repeated"].sum.data_points
    assert (repeated.as_int, attributes(repeated)) == (1, {"powerautomate.reason": "failed"})
    resent = [span for span in collected.spans if "http.request.resend_count" in str(span)]
    assert [attributes(span)["http.request.resend_count"] for span in resent] == [1]


def test_failures(emulator: Emulator, collected: Receiver) -> None:
    """A failed operation has its class and its one line, a failed request its status only."""
    emulator.control.fault(method="POST", path="workflows", do="status", status=403)
    with new_provider_process(_traced(emulator, collected)) as provider:
        with pytest.raises(ProviderError):
            _create(provider)
        provider.end()
    (create,), (post,) = collected.named("CloudFlow create"), collected.named("POST workflows")
    assert attributes(create)["error.type"] == "ForbiddenError"
    assert create.status.message.startswith("Create flow 'Traced': HTTP 403")
    assert (post.status.code, post.status.message) == (2, "")


def test_nothing_secret_is_told(emulator: Emulator, collected: Receiver) -> None:
    """No token, no secret, no query, no definition, no id of a row."""
    with new_provider_process(_traced(emulator, collected)) as provider:
        inputs = provider.check(flow_inputs("Quiet", hourly("canary-of-the-definition"))).inputs
        flow_id, outputs = provider.create(inputs)
        provider.read(flow_id, outputs)
        provider.delete(flow_id, outputs)
        provider.end()
    assert len(collected.spans) >= 8
    for secret in (
        emulator.environment["POWERAUTOMATE_CLIENT_SECRET"],
        "canary-of-the-definition",
        "Bearer",
        "$select",
        flow_id,
    ):
        assert secret.encode() not in collected.raw


def test_standard_variables_are_honoured(emulator: Emulator, collected: Receiver) -> None:
    """The service's name and the span that the command runs in."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    variables = _traced(
        emulator,
        collected,
        OTEL_SERVICE_NAME="deployments",
        TRACEPARENT=f"00-{trace}-00f067aa0ba902b7-01",
    )
    with new_provider_process(variables) as provider:
        _create(provider)
        provider.end()
    assert collected.services == {"deployments"}
    assert {span.trace_id.hex() for span in collected.spans} == {trace}


def test_nothing_is_sent_unless_asked_for(emulator: Emulator, collected: Receiver) -> None:
    """Without the variable the packages are not even imported."""
    variables = {**_traced(emulator, collected), "PULUMI_POWERAUTOMATE_OTEL": ""}
    with new_provider_process(variables) as provider:
        _create(provider)
        provider.end()
    assert collected.raw == b""
    code = (
        "import sys, pulumi; before = set(sys.modules); "
        "import pulumi_powerautomate.client.http.transport; "
        "sys.exit(any('opentelemetry' in name for name in set(sys.modules) - before))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_packages_are_one_line(emulator: Emulator, tmp_path: Path) -> None:
    """The variable is set and the extra is not installed: one warning, and the work is done."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['opentelemetry.exporter'] = None\n"
    )
    variables = {**emulator.environment, **_ON, "PYTHONPATH": str(tmp_path)}
    with new_provider_process(variables) as provider:
        _create(provider, "First")
        _create(provider, "Second")
        warnings = [line for _, line, ephemeral in provider.log if not ephemeral]
        provider.end()
    assert len(warnings) == 1
    assert "pulumi-powerautomate[telemetry]" in warnings[0]


def test_nobody_listening_is_one_line(emulator: Emulator) -> None:
    """A collector that is down costs one line and less than the engine's patience."""
    variables = {
        **emulator.environment,
        **_ON,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        # How long they would go on.
        "OTEL_EXPORTER_OTLP_TIMEOUT": "60",
    }
    with new_provider_process(variables) as provider:
        _create(provider)
        took = provider.end()
        lasting = [line for _, line, ephemeral in provider.log if not ephemeral]
        assert provider.process.stderr is not None
        assert b"Traceback" not in provider.process.stderr.read()
    assert took < 5
    assert [line for line in lasting if "Spans and metrics" in line][1:] == []
