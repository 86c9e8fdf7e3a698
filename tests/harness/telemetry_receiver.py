"""A receiver of OTLP over HTTP: keeps the spans and data points that come in."""

from __future__ import annotations

import gzip
import http.server
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.harness import http_server


class Receiver:
    """Everything that was sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.metrics: dict[str, Any] = {}
        self.services: set[str] = set()
        self.raw = b""
        self.endpoint = ""

    def take(self, path: str, content: bytes) -> None:
        self.raw += content
        if path == "/v1/traces":
            for group in ExportTraceServiceRequest.FromString(content).resource_spans:
                self.services.add(attributes(group.resource)["service.name"])
                for scope in group.scope_spans:
                    self.spans.extend(scope.spans)
        if path == "/v1/metrics":
            for group in ExportMetricsServiceRequest.FromString(content).resource_metrics:
                for scope in group.scope_metrics:
                    self.metrics.update({metric.name: metric for metric in scope.metrics})

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


def attributes(item: Any) -> dict[str, Any]:
    """The attributes of a span, a resource or a data point."""
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in item.attributes
    }


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    found = Receiver()

    class Handler(http_server.Handler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            found.take(self.path, content)
            self.send_response(200)
            self.end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with http_server.running(server) as address:
        found.endpoint = f"http://{address}"
        yield found
