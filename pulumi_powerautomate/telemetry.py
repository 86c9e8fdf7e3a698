"""
Spans and metrics by OpenTelemetry, when one variable asks for them.

`PULUMI_POWERAUTOMATE_OTEL=1` sends them by OTLP over HTTP; the standard variables `OTEL_…` say
where, how often and under which name. The packages are an extra (`telemetry`) and are imported
only then. Attributes hold methods, tables, statuses and codes: no query, no body, no id of a
person, no token.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from .errors import PowerAutomateError, one_line
from .requirement import install_line

VARIABLE = "PULUMI_POWERAUTOMATE_OTEL"
_SERVICE = "pulumi-powerautomate"
# The engine ends a process that takes longer than five seconds to end by itself.
_FLUSH_SECONDS = 3.0
# `workflows(6b6c…)` and `solutions(…)/…`: the table or function, without keys and arguments.
_NAMES = re.compile(r"\([^)]*\)")

_active: _Telemetry | None = None


class Record:
    """Attributes of a running span; ignored when telemetry is off."""

    def __init__(self, span: Any = None) -> None:
        self._span = span
        self.attributes: dict[str, Any] = {}

    def note(self, **attributes: Any) -> None:
        """Add attributes; underscores of their names become dots."""
        if self._span is not None:
            named = {name.replace("__", "."): value for name, value in attributes.items()}
            self.attributes.update(named)
            self._span.set_attributes(named)


class _Telemetry:
    """The exporters of this process; not those of the program, which has its own."""

    def __init__(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # What the variables say comes last and wins.
        resource = Resource({SERVICE_NAME: _SERVICE}).merge(OTELResourceDetector().detect())
        self._spans = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        self._metrics = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self.tracer = self._spans.get_tracer(_SERVICE)
        meter = self._metrics.get_meter(_SERVICE)
        self.request_seconds = meter.create_histogram("http.client.request.duration", "s")
        self.operation_seconds = meter.create_histogram("powerautomate.operation.duration", "s")
        self.repeated = meter.create_counter("powerautomate.requests.repeated", "{request}")
        self.waited = meter.create_counter("powerautomate.throttling.waited", "s")

    def close(self) -> None:
        """Send what is left."""
        with contextlib.suppress(Exception):
            self._spans.shutdown()
        with contextlib.suppress(Exception):
            self._metrics.shutdown()


class _First(logging.Handler):
    """Passes the first complaint of the exporters on; they would print each, with its cause."""

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._report: Callable[[str], None] | None = report

    def emit(self, record: logging.LogRecord) -> None:
        report, self._report = self._report, None
        if report is not None:
            report(f"Spans and metrics cannot be sent: {one_line(record.getMessage(), 200)}")


def start(report: Callable[[str], None]) -> None:
    """
    Begin, if the variable asks for it; a second time does nothing.

    Args:
        report: takes one line about what is wrong: packages that are missing, nobody who listens.
    """
    global _active
    if os.environ.get(VARIABLE, "").strip().lower() not in ("1", "true", "yes", "on"):
        return
    if _active is not None:
        return
    try:
        _active = _Telemetry()
    except ImportError as error:
        report(
            f"{VARIABLE} is set, but {error.name or 'opentelemetry'} is not installed: nothing is "
            f"traced; {install_line('telemetry')}."
        )
        return
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(_First(report))
    logger.propagate = False


def stop() -> None:
    """Send what is left, within seconds; nothing may fail on that account."""
    global _active
    closing, _active = _active, None
    if closing is not None:
        last = threading.Thread(target=closing.close, daemon=True)
        last.start()
        last.join(_FLUSH_SECONDS)


@contextlib.contextmanager
def operation(resource: str, verb: str, urn: str) -> Iterator[None]:
    """A call of the engine: a span that the requests made by it are children of."""
    if _active is None:
        yield
        return
    from opentelemetry.trace import Status, StatusCode

    attributes = {"powerautomate.resource": resource, "powerautomate.operation": verb}
    with _active.tracer.start_as_current_span(
        f"{resource} {verb}",
        context=_parent(),
        attributes={**attributes, "pulumi.urn": urn},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        started = time.perf_counter()
        failed = {}
        try:
            yield
        except BaseException as error:
            failed = {"error.type": type(error).__name__}
            span.set_attributes(failed)
            # Ours are one line and free of secrets; of others only the class is told.
            said = str(error) if isinstance(error, PowerAutomateError) else None
            span.set_status(Status(StatusCode.ERROR, said))
            raise
        finally:
            seconds = time.perf_counter() - started
            # Another thread may have ended it meanwhile.
            if _active is not None:
                _active.operation_seconds.record(seconds, {**attributes, **failed})


@contextlib.contextmanager
def request(method: str, path: str, host: str, resend: int) -> Iterator[Record]:
    """One request: a span and a duration; `path` may hold keys and a query, which are left out."""
    telemetry = _active
    if telemetry is None:
        yield Record()
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    target = _NAMES.sub("", path.partition("?")[0].rpartition("/api/data/v9.2/")[2])
    attributes: dict[str, Any] = {
        "http.request.method": method,
        "server.address": host,
        "url.template": target,
    }
    if resend:
        attributes["http.request.resend_count"] = resend
    with telemetry.tracer.start_as_current_span(
        f"{method} {target}",
        kind=SpanKind.CLIENT,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        started = time.perf_counter()
        record = Record(span)
        try:
            yield record
        except BaseException as error:
            record.note(error__type=type(error).__name__)
            raise
        finally:
            status = record.attributes.get("http.response.status_code")
            if status is None or status >= 400:
                span.set_status(Status(StatusCode.ERROR))
            kept = ("http.response.status_code", "error.type")
            more = {key: record.attributes[key] for key in kept if key in record.attributes}
            attributes.pop("http.request.resend_count", None)
            telemetry.request_seconds.record(time.perf_counter() - started, {**attributes, **more})


def count(*, repeated: str = "", waited: float = 0.0) -> None:
    """Count a request that is sent again, for a reason, and seconds waited on demand."""
    if _active is None:
        return
    if repeated:
        _active.repeated.add(1, {"powerautomate.reason": repeated})
    if waited > 0:
        _active.waited.add(waited)


def _parent() -> Any:
    """The span that the command runs in, where the caller of the engine passes one on."""
    given = os.environ.get("TRACEPARENT")
    if not given:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": given})
