"""Responses: success, errors in the words of the service, and the headers of both."""

from __future__ import annotations

import json
import sqlite3
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Documented so; live environments have been seen to send the general code of bad requests.
UNKNOWN_SEGMENT = "0x8006088a"
JSON_TYPE = "application/json; odata.metadata=minimal"


@dataclass
class Response:
    """An HTTP response before it is sent."""

    status: int = 204
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    # Whether what its request has written is stored although it was refused: a failed job.
    is_stored: bool = False
    # What an error annotation tells, by name.
    error_details: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes of the body."""
        if self.raw is not None:
            return self.raw
        if self.body is None:
            return b""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


class ServiceError(Exception):
    """A request the service does not carry out."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.details = dict(details or {})

    def response(self) -> Response:
        """The documented error envelope."""
        error = {"code": self.code, "message": self.message}
        headers, details = dict(self.headers), dict(self.details)
        return Response(self.status, {"error": error}, headers, error_details=details)


def service_headers() -> dict[str, str]:
    """Headers that every response of the service carries."""
    request_id = str(uuid.uuid4())
    return {
        "OData-Version": "4.0",
        "Cache-Control": "no-cache",
        "Expires": "-1",
        "x-ms-service-request-id": request_id,
        "REQ_ID": request_id,
        "x-ms-dop-hint": "4",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    }


def does_not_exist(entity: str, row_id: str) -> ServiceError:
    """404 for a row that is not there."""
    return ServiceError(404, "0x80040217", f"Entity '{entity}' With Id = {row_id} Does Not Exist")


def no_such_segment(segment: str) -> ServiceError:
    """404 for a path the service does not have."""
    return ServiceError(404, UNKNOWN_SEGMENT, f"Resource not found for the segment '{segment}'.")


def bad_syntax(message: str) -> ServiceError:
    """400 for a request that does not parse."""
    return ServiceError(400, "0x80060888", message)


def bad_payload(entity_set: str, message: str) -> ServiceError:
    """400 for a body that does not fit the table."""
    return ServiceError(
        400,
        "0x80048d19",
        f"Error identified in Payload provided by the user for Entity :'{entity_set}', For more "
        "information on this error please follow this help link "
        "https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : "
        f"Microsoft.OData.ODataException: {message}",
    )


def bad_argument(message: str) -> ServiceError:
    """400 for a value that makes no sense."""
    return ServiceError(400, "0x80040203", message)


def not_implemented(what: str) -> ServiceError:
    """501 for what the service can do and the emulator cannot, by name."""
    return ServiceError(501, "0x80060888", f"The emulator does not implement {what}.")


def unexpected(error: Exception) -> ServiceError:
    """500 for a database that does not take a write, and for a fault of the emulator itself."""
    if isinstance(error, sqlite3.Error):
        return ServiceError(
            500, "0x80044150", f"The emulator's database did not take the request: {error}."
        )
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    return ServiceError(
        500,
        "0x80040216",
        f"An unexpected error occurred in the emulator: {type(error).__name__} at {place}. Please "
        "report it with the request.",
    )


def missing_privilege(user: str, privilege: str, entity: str) -> ServiceError:
    """403 for a caller whose roles lack a privilege."""
    return ServiceError(
        403,
        "0x80040220",
        f"Principal user (Id={user}, type=8) is missing prv{privilege}{entity} privilege "
        f"(Id={uuid.uuid5(uuid.NAMESPACE_OID, privilege + entity)}) on OTC=4703 for entity "
        f"'{entity}'. context.Caller={user}",
    )


VERSION_MISMATCH = (
    412,
    "0x80060882",
    "The version of the existing record doesn't match the RowVersion property provided.",
)
ALREADY_EXISTS = (412, "0x80040237", "A record with matching key values already exists.")
