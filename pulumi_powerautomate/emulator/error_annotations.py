"""
Annotations of errors beside code and message, for requests that prefer them.

Plug-ins set OperationStatus, SubErrorCode and TraceText; none run here.

Source: "Compose HTTP requests and handle errors", and the 404 in the quick start with Insomnia; of
refused activations, a recorded body with the flow service's status and error in `ErrorDetails.0`
and `ErrorDetails.1`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from .preferences import annotation_patterns, is_wanted
from .request import Request
from .responses import Response

_CDS = "Microsoft.PowerApps.CDS."
_HELP = (
    "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a{}"
    "&client=platform"
)
# Requests that do not get as far as the platform's own code, which the details are about.
_BELOW_THE_PLATFORM = ("", "0x0", "0x80060888", "0x8006088a", "0x80048d19")
# The platform's names of codes, as its list of error codes has them.
_NAMES: Mapping[str, str] = {
    "0x80040203": "InvalidArgument",
    "0x80040216": "UnExpected",
    "0x80040217": "ObjectDoesNotExist",
    "0x80040220": "PrivilegeDenied",
    "0x80040227": "CannotDeleteDueToAssociation",
    "0x80040237": "DuplicateRecord",
    "0x80044331": "StringLengthTooLong",
    "0x80048408": "InvalidStateCodeStatusCode",
    "0x80060882": "ConcurrencyVersionMismatch",
    "0x80060891": "RecordNotFoundByEntityKey",
}


def annotate(response: Response, request: Request) -> Response:
    """Add to an error the annotations that its request prefers."""
    patterns = annotation_patterns(request)
    if response.status < 400 or patterns is None or not isinstance(response.body, dict):
        return response
    error = response.body.get("error")
    if not isinstance(error, dict) or f"@{_CDS}InnerError.Message" in error:
        return response
    for name, value in _annotations(response, error).items():
        if is_wanted(patterns, name):
            error[f"@{name}"] = value
    return response


def _annotations(response: Response, error: Mapping[str, Any]) -> dict[str, str]:
    code = str(error["code"]).lower()
    found = dict(response.error_details)
    if code not in _BELOW_THE_PLATFORM:
        found |= {
            "ApiDepthKey": "1",
            "ApiActivityIdKey": str(uuid.uuid4()),
            "ApiExceptionCategory": "ClientError" if response.status < 500 else "SystemFailure",
            "ApiExceptionHttpStatusCode": str(response.status),
        }
        if code in _NAMES:
            found["ApiExceptionMessageName"] = _NAMES[code]
    details = {f"{_CDS}ErrorDetails.{name}": value for name, value in found.items()}
    if code:
        details[f"{_CDS}HelpLink"] = _HELP.format(code.removeprefix("0x"))
    return {**details, f"{_CDS}InnerError.Message": str(error["message"])}
