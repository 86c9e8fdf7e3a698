"""
Map error responses to our errors, each with a remedy.

The error body is `{"error": {"code": …, "message": …}}`; some responses have an empty code, some
front doors answer with HTML (Dataverse Web API: "Compose HTTP requests and handle errors").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ...errors import (
    AuthenticationError,
    DataverseError,
    ForbiddenError,
    NotDataverseError,
    NotFoundError,
    PreconditionError,
    ThrottledError,
    TransportError,
    one_line,
)

BY_STATUS: Mapping[int, type[DataverseError]] = {
    403: ForbiddenError,
    404: NotFoundError,
    412: PreconditionError,
    429: ThrottledError,
}

OBJECT_DOES_NOT_EXIST = "0x80040217"
ALREADY_EXISTS = "0x80040237"
VERSION_MISMATCH = "0x80060882"
NO_OPTIMISTIC_CONCURRENCY = "0x8006088d"
ACTIVE_FLOW_NOT_UPDATABLE = "0x80060466"
FLOW_SERVICE_REFUSED = "0x80060467"
DELETE_OF_ACTIVE_FLOW = "0x8004500f"
IS_REFERENCED = ("0x8004f01d", "0x8004f01f", "0x8004f020")
TOO_MANY_AT_ONCE = "0x80072326"
TOO_MUCH_TIME = "0x80072321"
NOT_A_MEMBER = "0x80072560"

# Keyed by code in lower case; "Web service error codes" of the Dataverse documentation.
_REMEDIES: Mapping[str, str] = {
    OBJECT_DOES_NOT_EXIST: "Check the id, or run `pulumi refresh` if it was deleted by hand.",
    "0x80040220": "Give the identity a security role with this privilege.",
    "0x80048306": "Give the identity a security role with this privilege.",
    NOT_A_MEMBER: "Add the app registration as an application user of the environment "
    "(Power Platform admin center, Settings, Users), with a security role.",
    "0x80042f09": "Give the user a security role.",
    "0x80042f0a": "Give the team a security role.",
    "0x80040231": "Give the user or team a security role that holds the right being shared.",
    "0x80060468": "The definition's document is malformed; compare it with an exported flow.",
    "0x80060464": "Solution cloud flows are switched off in this environment.",
    "0x80060465": "Cloud flows need an online environment.",
    "0x8004f01f": "Remove what refers to it first.",
    "0x80044331": "Shorten the value.",
}

# Codes of the flow service, which arrive inside the message of 0x80060467.
_FLOW_REMEDIES: Mapping[str, str] = {
    "XrmConnectionReferenceMissingConnection": "Name a connection for it: `connection_id` of a "
    "ConnectionReference, or `connection_references` of a SolutionImport.",
    "ConnectionAuthorizationFailed": "Share the connection with the identity that deploys.",
    "ConnectionNotFound": "Point the connection reference at a connection of its own connector.",
    "ChildFlowNeverPublished": "Turn the child flow on first, or declare it in the same program.",
    "InvalidTemplate": "Correct the definition at the place it names.",
    "InvalidOpenApiFlow": "Correct the operation or its parameters at the place it names.",
    "AzureResourceManagerRequestFailed": "Use a connection reference instead of a connection name.",
    "MissingAdequateQuotaPolicy": "Give the owner a premium licence or the flow a capacity.",
}

# The same code for a reference that is not bound, and for an entry of a flow that names none.
_NAMES_NO_REFERENCE = re.compile(r"logical ?name missing", re.IGNORECASE)
_NO_REFERENCE = (
    "Name a connection for it: in `connection_references` of a CloudFlow, or by its connector in "
    "`connections` of a SolutionImport."
)

# The same code for a row and for the solution that a row is to be written into.
_OF_A_SOLUTION = re.compile(r"solution with unique ?name", re.IGNORECASE)
_UNKNOWN_SOLUTION = (
    "`solution` takes the unique name of an unmanaged solution of this environment, not its "
    "display name; `powerautomate.get_solutions(managed=False)` lists them."
)

_INNER_CODE = re.compile(r'"code"\s*:\s*"(\w+)"')
_INNER_MESSAGE = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"')


def refusal(
    action: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    sent: int = 0,
    *,
    is_dataverse: bool = True,
) -> DataverseError | AuthenticationError | TransportError:
    """The error that a response of 300 and above stands for; `sent` is the bytes of the request."""
    code, message = _read(body)
    request_id = headers.get("x-ms-service-request-id") or headers.get("REQ_ID") or ""
    if status == 401:
        return _unauthenticated(action, headers, message)
    if 300 <= status < 400:
        # Whoever answered was not Dataverse, so what Dataverse did is not known.
        return NotDataverseError(
            f"{action}: the server redirected (HTTP {status}); redirects are not followed, "
            "because they would take the token elsewhere. Set environment_url to the final address."
        )
    if status == 407:
        return TransportError(
            f"{action}: the proxy asks for a sign-in (HTTP 407); set HTTPS_PROXY."
        )
    if status >= 400 and not message and _looks_like_html(headers, body):
        return NotDataverseError(
            f"{action}: HTTP {status} with a web page instead of a Dataverse response; a proxy or "
            "gateway stands between. Check environment_url and the proxy settings."
        )
    if status == 404 and not is_dataverse:
        # Believed, it would be a row that is gone: dropped from the state, or a delete done.
        return NotDataverseError(
            f"{action}: HTTP 404 without a response header of Dataverse's, so somebody else "
            "answered. Check environment_url and the proxy settings."
        )
    inner, message = _unfold(message)
    remedy = _FLOW_REMEDIES.get(inner) or _REMEDIES.get(code.lower())
    if code.lower() == OBJECT_DOES_NOT_EXIST and _OF_A_SOLUTION.search(message):
        remedy = _UNKNOWN_SOLUTION
    if inner == "XrmConnectionReferenceMissingConnection" and _NAMES_NO_REFERENCE.search(message):
        remedy = _NO_REFERENCE
    remedy = remedy or _by_status(status, headers, sent)
    return BY_STATUS.get(status, DataverseError)(
        action, status=status, code=code, detail=message, request_id=request_id, remedy=remedy
    )


def is_of_an_unknown_solution(error: DataverseError) -> bool:
    """Whether what is not there is the solution that a row was to be written into."""
    is_missing = error.code.lower() == OBJECT_DOES_NOT_EXIST
    return is_missing and _OF_A_SOLUTION.search(error.detail) is not None


def _read(body: bytes) -> tuple[str, str]:
    try:
        error: Any = json.loads(body)["error"]
        return _hexadecimal(str(error.get("code") or "")), str(error.get("message") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", ""


def _hexadecimal(code: str) -> str:
    """A code as the documentation spells it; some responses have the same as a signed decimal."""
    if not re.fullmatch(r"-\d{1,10}", code):
        return code
    return f"0x{int(code) & 0xFFFFFFFF:08x}"


def _unfold(message: str) -> tuple[str, str]:
    """Take the flow service's code and text out of Dataverse's wrapping."""
    if "Flow client error" not in message:
        return "", message
    code, text = _INNER_CODE.search(message), _INNER_MESSAGE.search(message)
    if code is None or text is None:
        return (code.group(1) if code else ""), message
    return code.group(1), f"{code.group(1)}: {text.group(1)}"


def _by_status(status: int, headers: Mapping[str, str], sent: int) -> str:
    if status == 404:
        return "Check that environment_url is the environment's own address (…dynamics.com)."
    if status == 412:
        return "Somebody changed it meanwhile; run `pulumi refresh`, then `pulumi up`."
    if status == 403:
        return "Give the identity a security role with the missing privilege."
    if status == 429:
        wait = headers.get("Retry-After", "")
        asked = f"asks to wait {wait} s, longer than request_timeout" if wait else "is busy"
        return f"The service {asked}; run the command again later."
    if status == 413:
        return f"The request has {sent / 2**20:.1f} MiB, more than the service accepts."
    if status >= 500:
        return "The service failed; run the command again, it carries on where it stopped."
    return ""


def _unauthenticated(action: str, headers: Mapping[str, str], message: str) -> AuthenticationError:
    challenge = headers.get("WWW-Authenticate", "")
    if "claims=" in challenge:
        return AuthenticationError(
            f"{action}: conditional access asks for more than this sign-in gave (claims challenge, "
            "HTTP 401). Exempt the identity from the policy, or sign in another way."
        )
    told = dict(re.findall(r'(\w+)="?([^",]+)', challenge))
    reason = message or told.get("error_description") or told.get("error") or ""
    code = headers.get("401_error_reason") or ""
    text = one_line(", ".join(filter(None, (reason, code))), 200).rstrip(".")
    if told.get("authorization_uri") and told.get("resource_id"):
        text += f"{'; ' if text else ''}it takes tokens of {told['authorization_uri']} for "
        text += told["resource_id"]
    return AuthenticationError(
        f"{action}: the environment refused the token (HTTP 401)"
        + (f": {text}." if text else ".")
        + " Check that tenant_id and environment_url belong together."
    )


def _looks_like_html(headers: Mapping[str, str], body: bytes) -> bool:
    return "html" in headers.get("Content-Type", "") or body.lstrip()[:1] == b"<"
