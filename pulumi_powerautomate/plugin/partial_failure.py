"""
A resource that exists and is not as declared.

The engine keeps it in the state, marks it as failed, and updates it in the next run. The protocol
has it as a detail of the error: `google.rpc.Status` in the trailing metadata that gRPC defines.
"""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from pulumi.runtime.proto import provider_pb2, status_pb2

_METADATA = "grpc-status-details-bin"


class PartialFailure(Exception):
    """Carries what the engine is to keep, and why it is not as declared."""

    def __init__(self, id_: str, outputs: Any, inputs: Any, reason: str) -> None:
        super().__init__(reason)
        self.detail = provider_pb2.ErrorResourceInitFailed(
            id=id_, properties=outputs, inputs=inputs, reasons=[reason]
        )


def abort(context: grpc.ServicerContext, failure: PartialFailure) -> None:
    """End a call with it."""
    detail = AnyMessage()
    detail.Pack(failure.detail)
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=str(failure), details=[detail])
    context.set_trailing_metadata(((_METADATA, status.SerializeToString()),))
    context.abort(code, str(failure))
