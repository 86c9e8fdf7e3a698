"""The one place that sends requests to Dataverse, and again while that is safe and useful."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import requests
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from ... import errors, telemetry
from ...config import SETTINGS, Connection, follow
from ...redaction import keep_secret
from ..auth import TokenSource, audience_of
from . import batch, changes, wire_log
from .circuit_breaker import Outage
from .connection_errors import unanswered
from .counters import Traffic
from .error_responses import TOO_MANY_AT_ONCE, TOO_MUCH_TIME, refusal
from .request import Request, headers_of
from .response import Received, Response, read_response
from .response_body import Row
from .sessions import (
    CONNECT_SECONDS,
    Bearer,
    SignInSession,
    network_of,
    new_session,
    read_body,
    signing_in_by,
)
from .throttle import (
    OPERATION_SECONDS,
    Deadline,
    RetryBudget,
    Throttle,
    after_restart,
    backoff,
    retry_after,
)
from .upload import Upload

API = "/api/data/v9.2/"

_UPLOAD_READ_SECONDS = 100.0
_MOST_TRIES = 3
_MOST_BYTES = 512 * 1024 * 1024
_TRANSIENT = frozenset({408, 500, 502, 503, 504})
# What a front door says of a service that is away; a 500 is the service's own.
_AWAY = _TRANSIENT - {500}
_DATAVERSE_HEADERS = ("OData-Version", "x-ms-service-request-id", "REQ_ID")


class _InDoubt:
    """Whether one of several tries may have been carried out; the error that ends them says so."""

    is_there = False

    def __enter__(self) -> _InDoubt:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, errors.PowerAutomateError) and self.is_there:
            error.in_doubt = True


class Transport:
    """One session for all threads of the process; safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        max_concurrency: int,
        tokens: TokenSource | None = None,
        *,
        is_dataverse: bool = True,
    ) -> None:
        self.connection = connection
        # The discovery service is not held to the headers that an environment sends.
        verify = connection.get("verify_responses") is None or connection.is_on("verify_responses")
        self._verify_headers = is_dataverse and verify
        # Whether Dataverse has ever answered: until then, a strange response means a wrong address.
        self.reached = False
        self._throttle = Throttle(max_concurrency)
        self._budget = RetryBudget()
        self._outage = Outage()
        self.traffic = Traffic(connection.host)
        self._root = connection.environment_url + API
        self._verify: bool | str = connection.get("ca_bundle") or True
        self._session = new_session(self._throttle.max_concurrency)
        # Looked up once: `requests` would do so for every request, for as long as a fifth of it.
        self._network = network_of(self._root, self._verify)
        self.tokens = tokens or TokenSource(connection, SignInSession(self._session, connection))
        self._audience = audience_of(connection.environment_url)
        for setting in SETTINGS.values():
            if setting.secret:
                keep_secret(connection.get(setting.name))
        wire_log.open_log()

    def deadline(self) -> Deadline:
        """A fresh deadline for one operation, of the configured length."""
        return Deadline(OPERATION_SECONDS.get() or self.connection.request_timeout)

    def send(
        self,
        method: str,
        path: str,
        *,
        action: str,
        deadline: Deadline,
        body: Mapping[str, Any] | Upload | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Response:
        """
        Send one request, and again while that is safe, useful and affordable.

        Args:
            path: relative to the API's root, or a whole URL that the service gave us.
            action: what is being attempted, for error messages.
            repeatable: whether doing it twice is the same as doing it once. When it is not, an
                answer that got lost is a `LostResponseError`, and the caller looks what happened.

        Raises:
            DataverseError: the service refused.
            TransportError: there was no usable answer.
            AuthenticationError: no token, or it was refused twice.
        """
        content: bytes | Upload | None
        if body is None or isinstance(body, Upload):
            content = body
        else:
            content = json.dumps(body, ensure_ascii=False).encode()
        request = Request(method, self._url(path, action), content, headers or {}, action)
        try:
            response = self._carry_out(request, deadline, repeatable)
        except errors.PowerAutomateError as error:
            if method != "GET" and error.in_doubt:
                changes.made()
            raise
        if method != "GET":
            changes.made()
        return read_response(action, response.status, response.headers, response.raw)

    def once(
        self,
        method: str,
        path: str,
        *,
        action: str,
        deadline: Deadline,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Received:
        """
        One request and its response as it came, also an error response; nothing is repeated.

        Args:
            content: the body, ready to be sent.
            token: what to send instead of the connection's own token.

        Raises:
            TransportError: there was no response.
        """
        request = Request(method, self._url(path, action), content, headers or {}, action)
        return self._send_once(request, token or self._token(deadline), deadline, 0)

    def read_together(
        self, paths: Sequence[str], *, action: str, deadline: Deadline
    ) -> list[Response]:
        """
        Several reads as one request (`$batch`); the first that is refused raises its error.

        When a part is throttled or fails for now, each is read in a request of its own, with its
        own retries.

        Source: "Execute batch operations using the Web API".
        """
        content, kind = batch.written([self._url(path, action) for path in paths])
        headers = {
            "Content-Type": kind,
            "Accept": "multipart/mixed",
            # Without it the refusal of a part is the status of the whole, its reason inside.
            "Prefer": "odata.continue-on-error",
        }
        request = Request("POST", self._url("$batch", action), content, headers, action)
        response = self._carry_out(request, deadline, repeatable=True)
        try:
            parts = batch.read(response.headers.get("Content-Type", ""), response.raw)
        except ValueError:
            raise errors.LostResponseError(f"{action}: the response is cut short.") from None
        if any(status == 429 or status in _TRANSIENT for status, _, _ in parts):
            return [self.send("GET", path, action=action, deadline=deadline) for path in paths]
        for status, headers_of_part, body in parts:
            if status >= 300:
                raise refusal(action, status, headers_of_part, body)
        if len(parts) != len(paths):
            raise errors.LostResponseError(f"{action}: the response is cut short.")
        return [read_response(action, *part) for part in parts]

    def _carry_out(self, request: Request, deadline: Deadline, repeatable: bool) -> Received:
        self._refuse_in_an_outage(request.action)
        with _InDoubt() as doubt:
            return self._send_with_retries(request, deadline, repeatable, doubt)

    def _send_with_retries(
        self, request: Request, deadline: Deadline, repeatable: bool, doubt: _InDoubt
    ) -> Received:
        tries, refusals, renewed = 0, 0, False
        while True:
            token = self._token(deadline)
            try:
                response = self._send_once(request, token, deadline, tries + refusals)
            except errors.TransportError as error:
                tries += 1
                doubt.is_there |= error.in_doubt
                lost = isinstance(error, errors.LostResponseError)
                if (lost and not repeatable) or not self._try_again(tries, deadline):
                    self._outage.gave_up()
                    raise
                continue
            status, responded = response.status, response.headers
            if status not in _AWAY:
                self._outage.responded()
            if status < 300:
                self.reached = True
                self._budget.refund()
                return response
            size = len(request.content or b"")
            theirs = self._is_dataverse(responded)
            problem = refusal(
                request.action, status, responded, response.raw, size, is_dataverse=theirs
            )
            judged = _is_refused_sign_in(status, responded)
            if not theirs and not request.reads and not judged:
                # Somebody on the way refused what may have been passed on all the same.
                doubt.is_there = True
            if (
                status == 401
                and not renewed
                and "claims=" not in responded.get("WWW-Authenticate", "")
            ):
                self.tokens.discard(token)
                renewed = True
                continue
            if status == 412 and refusals:
                # The row has moved on since a try that was throttled, perhaps by that very try.
                doubt.is_there = True
            if status == 429:
                refusals += 1
                if self._held(problem, response, refusals, deadline):
                    continue
            if status in _TRANSIENT:
                tries += 1
                doubt.is_there = True
                if status == 503:
                    self._hold(retry_after(responded) or 0.0)
                if repeatable and self._try_again(tries, deadline, away=status == 503):
                    continue
                if status in _AWAY:
                    self._outage.gave_up()
            raise problem

    def pages(
        self, path: str, *, action: str, page_size: int = 5000, headers: Mapping[str, str] = {}
    ) -> Iterator[Row]:
        """Every row of a collection, following `@odata.nextLink` as the service gave it."""
        prefer = ",".join(filter(None, [f"odata.maxpagesize={page_size}", headers.get("Prefer")]))
        deadline = self.deadline()
        next_page: str | None = path
        seen: set[str] = set()
        while next_page:
            if next_page in seen:
                raise errors.TransportError(
                    f"{action}: the pages of the response repeat (@odata.nextLink), so the list "
                    "would never end. Check whether a proxy or cache rewrites responses."
                )
            seen.add(next_page)
            response = self.send(
                "GET", next_page, action=action, deadline=deadline, headers={"Prefer": prefer}
            )
            yield from response.rows
            next_page = response.body.get("@odata.nextLink")

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _token(self, deadline: Deadline) -> str:
        started = time.monotonic()
        if self.connection.auth_method in ("device_code", "browser"):
            token = self.tokens.token(self._audience)
            deadline.extend(time.monotonic() - started)
            return token
        with signing_in_by(deadline):
            return self.tokens.token(self._audience)

    def _url(self, path: str, action: str) -> str:
        if "://" not in path:
            return self._root + path
        url = follow(path, self._root)
        if url is None:
            raise errors.TransportError(
                f"{action}: the response points at another host ({errors.one_line(path, 80)}); not "
                "followed, because the token would go there."
            )
        return url

    def _send_once(self, request: Request, token: str, deadline: Deadline, resend: int) -> Received:
        method, url, content, headers, action = request
        entered = self._throttle.acquire(deadline)
        if entered is None:
            raise errors.TransportError(
                f"{action}: not done within {deadline.seconds:.0f} s, because the service asked to "
                "wait longer than that. Run the command again later, or raise request_timeout."
            )
        succeeded = False
        self._outage.sending()
        self.traffic.add(requests=1)
        started = time.monotonic()
        complete = headers_of(method, content, headers)
        wire_log.sent(method, url, complete, content)
        try:
            with telemetry.request(method, url, self.connection.host, resend) as record:
                response = self._session.request(
                    method,
                    url,
                    data=content.reader() if isinstance(content, Upload) else content,
                    headers=complete,
                    auth=Bearer(token),
                    timeout=self._timeout(content, deadline),
                    allow_redirects=False,
                    stream=True,
                    **self._network,
                )
                with response:
                    raw = read_body(response, deadline, _MOST_BYTES)
                record.note(
                    http__response__status_code=response.status_code,
                    dataverse__request_id=response.headers.get("x-ms-service-request-id", ""),
                )
            succeeded = response.status_code < 400
            wire_log.responded(
                method,
                url,
                response.status_code,
                response.headers,
                raw,
                time.monotonic() - started,
            )
            if response.status_code < 300 and raw.lstrip()[:1] != b"<":
                self._require_dataverse(action, response.status_code, response.headers)
            return Received(response.status_code, response.headers, raw, entered)
        except (requests.RequestException, HTTPError, OSError) as error:
            self.traffic.add(unanswered=1)
            wire_log.failed(method, url, error)
            raise unanswered(error, action, self.connection, self._verify) from None
        finally:
            self._throttle.release(succeeded=succeeded)

    def _require_dataverse(self, action: str, status: int, headers: Mapping[str, str]) -> None:
        """
        Refuse a success that does not carry a header of Dataverse's.

        A gateway can answer a request itself. Where a success has no body, as after a DELETE or a
        GrantAccess, these headers are all that tells the service's response from a stranger's.
        """
        if not self._is_dataverse(headers):
            raise errors.NotDataverseError(
                f"{action}: HTTP {status} without a response header of Dataverse's "
                f"({' or '.join(_DATAVERSE_HEADERS[:2])}), so somebody else answered. Check "
                "environment_url and the proxy; if a gateway strips headers, "
                f"{SETTINGS['verify_responses'].remedy()} (false)."
            )

    def _is_dataverse(self, headers: Mapping[str, str]) -> bool:
        return not self._verify_headers or any(name in headers for name in _DATAVERSE_HEADERS)

    def _timeout(self, content: object, deadline: Deadline) -> Any:
        left = deadline.remaining() or 0.001
        patience = _UPLOAD_READ_SECONDS if isinstance(content, Upload) else self._outage.patience()
        return Timeout(connect=min(CONNECT_SECONDS, left), read=min(patience, left))

    def _refuse_in_an_outage(self, action: str) -> None:
        silence = self._outage.lasts()
        if silence is not None:
            self.traffic.add(not_sent=1)
            raise errors.TransportError(
                f"{action}: not sent, because {self.connection.host} has given no usable answer "
                f"for {silence:.0f} s."
            )

    def _try_again(self, tries: int, deadline: Deadline, *, away: bool = False) -> bool:
        pause = after_restart() if away and tries == _MOST_TRIES - 1 else backoff(tries)
        if tries >= _MOST_TRIES or pause > deadline.remaining() or self._outage.known:
            return False
        if not self._budget.take():
            return False
        self._repeats("failed")
        time.sleep(pause)
        return True

    def _held(
        self, problem: Exception, response: Received, refusals: int, deadline: Deadline
    ) -> bool:
        """Pause all requests as a 429 asks; False when that would pass the deadline."""
        if getattr(problem, "code", "").lower() in (TOO_MANY_AT_ONCE, TOO_MUCH_TIME):
            self._throttle.shrink(response.entered_at)
        pause = retry_after(response.headers)
        if pause is None:
            pause = backoff(refusals + 2)
        news = self._hold(pause)
        self.traffic.add(throttled=1)
        if pause >= deadline.remaining():
            return False
        # Threads that are all told to wait for the same reason spend the budget once.
        if news and not self._budget.take(throttled=True):
            return False
        self._repeats("throttled")
        return True

    def _repeats(self, reason: str) -> None:
        self.traffic.add(repeated=1)
        telemetry.count(repeated=reason)

    def _hold(self, seconds: float) -> bool:
        """Pause all requests; whether they were free to go before."""
        longer = self._throttle.pause(seconds)
        self.traffic.add(waited=longer)
        telemetry.count(waited=longer)
        return longer >= seconds


def _is_refused_sign_in(status: int, headers: Mapping[str, str]) -> bool:
    """
    Whether somebody refused a sign-in, who does that before a request is passed on.

    Whoever judges tokens says with a 401 which ones are taken (RFC 9110 demands it); one that does
    not say so may have been made up after the request was carried out.
    """
    return status == 407 or (status == 401 and "WWW-Authenticate" in headers)
