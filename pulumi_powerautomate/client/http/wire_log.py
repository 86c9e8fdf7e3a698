"""
A log of requests and responses, with secrets masked.

`PULUMI_POWERAUTOMATE_LOG` holds a level (`info`: one line for each request; `debug`: headers and
bodies as well), which goes to standard error, or a file, which gets everything.

A provider is given secrets as plain values, so no content of a program is shown: of definitions,
values of environment variables and packages the log has the length, and a digest by which equal
ones are told within one process. Whatever else is written has its secrets masked first.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
from collections.abc import Mapping

from ...errors import ConfigurationError, InvalidInputError
from ...files import open_private_log
from ...redaction import redact

VARIABLE = "PULUMI_POWERAUTOMATE_LOG"
_LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO,
           "debug": logging.DEBUG}  # fmt: skip
_LONGEST_BODY = 4096
# Above this a body is a package, of which nobody wants the beginning.
_LARGEST_BODY = 32 * 1024 * 1024
# Columns and parameters that hold what a program declares, or a log of it.
_CONTENT = re.compile(
    r'("(?:clientdata|xaml|data|value|defaultvalue|currentvalue|customizationfile'
    r'|exportsolutionfile|solutionfile)"\s*:\s*)"((?:[^"\\]|\\.)*)(?:"|\\?\Z)',
    re.IGNORECASE | re.DOTALL,
)
# A digest that could be made again would let anybody try likely values.
_digest_key = secrets.token_bytes(16)

log = logging.getLogger("pulumi_powerautomate.wire")
log.propagate = False
log.setLevel(logging.CRITICAL + 1)


class _Redacting(logging.Formatter):
    """Masks secrets when everything else of a line is in place."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def open_log() -> None:
    """
    Start the log that the variable asks for; once per process.

    Raises:
        ConfigurationError: its file cannot be written.
    """
    wish = os.environ.get(VARIABLE, "").strip()
    if not wish or any(getattr(one, "wish", None) == wish for one in log.handlers):
        return
    level = _LEVELS.get(wish.lower())
    try:
        handler = (
            logging.StreamHandler() if level else logging.StreamHandler(open_private_log(wish))
        )
    except InvalidInputError as error:
        reason = str(error).rstrip(".")
        raise ConfigurationError(
            f"{VARIABLE}: {reason}; give a file, or one of {', '.join(_LEVELS)}."
        ) from None
    handler.wish = wish  # type: ignore[attr-defined]
    attach(handler, level or logging.DEBUG)


def attach(handler: logging.Handler, level: int) -> None:
    """Send the log to a handler, masked."""
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(message)s"))
    handler.setLevel(level)
    log.addHandler(handler)
    log.setLevel(min(log.level, level))


def sent(method: str, url: str, headers: Mapping[str, object], body: object) -> None:
    """Note a request that goes out."""
    if log.isEnabledFor(logging.DEBUG):
        log.debug("> %s %s\n%s%s", method, url, _lines(headers), _excerpt(body))


def responded(
    method: str, url: str, status: int, headers: Mapping[str, str], body: bytes, seconds: float
) -> None:
    """Note its response."""
    if log.isEnabledFor(logging.INFO):
        request_id = headers.get("x-ms-service-request-id") or headers.get("x-ms-request-id") or "-"
        log.info("%s %s -> %d in %.3f s (%s)", method, url, status, seconds, request_id)
    if log.isEnabledFor(logging.DEBUG):
        log.debug("< %d\n%s%s", status, _lines(headers), _excerpt(body))


def failed(method: str, url: str, error: BaseException) -> None:
    """Note that no response came."""
    if log.isEnabledFor(logging.INFO):
        log.info("%s %s -> no response (%s)", method, url, type(error).__name__)


def _lines(headers: Mapping[str, object]) -> str:
    return "".join(f"  {name}: {value}\n" for name, value in headers.items())


def _excerpt(body: object) -> str:
    if body is None or body == b"" or body == "":
        return ""
    if isinstance(body, (bytes, str)) and len(body) > _LARGEST_BODY:
        return f"  ({len(body)} bytes)"
    if isinstance(body, bytes):
        text = body.decode("utf-8", "replace")
    elif isinstance(body, Mapping):
        text = "&".join(f"{name}={value}" for name, value in body.items())
    elif isinstance(body, str):
        text = body
    else:
        return f"  ({type(body).__name__})"
    # Masked before it is cut, or the cut could leave half a secret that no shape fits.
    text = redact(_CONTENT.sub(_told, text))
    return text if len(text) <= _LONGEST_BODY else text[:_LONGEST_BODY] + "…"


def _told(found: re.Match[str]) -> str:
    digest = hashlib.blake2b(found[2].encode("utf-8", "replace"), digest_size=6, key=_digest_key)
    return f'{found[1]}"({len(found[2])} characters, digest {digest.hexdigest()})"'
