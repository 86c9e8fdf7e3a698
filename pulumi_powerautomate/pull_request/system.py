"""The common part of systems of pull requests, and requests to them."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..errors import ConfigurationError, TransportError, one_line
from ..redaction import keep_secret

_SECONDS = 30.0
_MOST_TRIES = 4
_LATER = (429, 502, 503, 504)
_LONGEST_PAUSE = 30.0
_PAGE = 100


@dataclass(frozen=True)
class Comment:
    """
    A comment that was written.

    Attributes:
        done: `created` or `updated`.
        url: where a person sees it; empty where the system does not say.
    """

    done: str
    url: str


class System(Protocol):
    """A pull request, on one of the systems."""

    def find(self, marker: str) -> Any:
        """The identity of the own comment, which begins with the marker; None without one."""
        ...

    def create(self, text: str) -> Comment:
        """Write a new comment."""
        ...

    def update(self, known: Any, text: str) -> Comment:
        """Write a comment anew."""
        ...


class Api:
    """
    Requests with JSON to one host.

    Args:
        base: the address below which all of them are.
        headers: what authorizes them.
        name: what the system is called in messages.
        remedy: what to do when it refuses.
    """

    def __init__(self, base: str, headers: Mapping[str, str], name: str, remedy: str) -> None:
        parts = urlsplit(base)
        near = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and near):
            raise ConfigurationError(f"{name}: {base!r} is not an https address.")
        for value in headers.values():
            keep_secret(value.rpartition(" ")[2])
        self._base = base.rstrip("/")
        self._headers = {**headers, "User-Agent": "pulumi-powerautomate"}
        self._name = name
        self._remedy = remedy
        self._opener = urllib.request.build_opener(_NoRedirects)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """
        The JSON of the response; None for a 404.

        Raises:
            ConfigurationError: the system refuses.
            TransportError: it does not answer, or not with JSON.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self._base}/{path}", data, headers, method=method)
        for attempt in range(_MOST_TRIES):
            last = attempt == _MOST_TRIES - 1
            try:
                with self._opener.open(request, timeout=_SECONDS) as response:
                    return json.loads(response.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                # A comment that was written may not be written twice; these were not carried out.
                if error.code not in _LATER or last or (method == "POST" and error.code != 429):
                    raise self._refused(error) from None
                time.sleep(_pause(error, attempt))
            except (OSError, ValueError) as error:
                if last or method == "POST":
                    reason = one_line(str(getattr(error, "reason", error)), 200)
                    raise TransportError(
                        f"{self._name} gave no usable answer ({reason})."
                    ) from None
                time.sleep(2.0**attempt)
        raise AssertionError("the last attempt returns or raises")

    def listed(self, path: str, unknown: str) -> Iterator[Any]:
        """
        Items of a list, a page at a time as they are asked for.

        Args:
            path: the list.
            unknown: the message where the system does not know it.

        Raises:
            ConfigurationError: the system refuses, or does not know the list.
            TransportError: it does not answer, or not with JSON.
        """
        for page in count(1):
            found = self.call("GET", f"{path}?per_page={_PAGE}&page={page}")
            if found is None:
                raise ConfigurationError(unknown)
            yield from found
            if len(found) < _PAGE:
                return

    def _refused(self, error: urllib.error.HTTPError) -> ConfigurationError:
        said = one_line(error.read(2000).decode("utf-8", "replace"), 200)
        return ConfigurationError(
            f"{self._name} refused the comment (HTTP {error.code}): {said} {self._remedy}"
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token goes to the host that the system named, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def required(environ: Mapping[str, str], *names: str, remedy: str = "") -> str:
    """The first of some variables that is set."""
    for name in names:
        if environ.get(name, "").strip():
            return environ[name].strip()
    raise ConfigurationError(f"{' or '.join(names)} is not set. {remedy}".rstrip())


def _pause(error: urllib.error.HTTPError, attempt: int) -> float:
    asked = error.headers.get("Retry-After", "")
    return min(float(asked) if asked.isdigit() else 2.0**attempt, _LONGEST_PAUSE)
