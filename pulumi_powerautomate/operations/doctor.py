"""
Diagnose the connection from this machine to an environment, step by step.

Each step is tried even if an earlier one failed, unless it cannot work without that one. Nothing is
changed in the environment, and no secret is part of what is reported.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ..client import DataverseClient
from ..client.environment_lookup import locate
from ..config import SETTINGS, Connection, missing_credentials, resolve
from ..errors import PowerAutomateError, one_line

Outcome = Literal["ok", "failed", "skipped"]
_SECONDS = 10.0


@dataclass(frozen=True)
class Step:
    """
    One thing that was tried.

    Attributes:
        name: `configuration`, `dns`, `tls`, `token`, `environment`, `privileges`, `limits` or
            `clock`.
        outcome: `ok`, `failed`, or `skipped` when it could not be tried or does not apply.
        summary: what was found, on one line.
        details: further facts, by name.
    """

    name: str
    outcome: Outcome
    summary: str
    details: Mapping[str, Any] = field(default_factory=dict)


def diagnose(
    config: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[Step]:
    """
    Try one step after the other; each is given back as soon as it is known.

    Args:
        config: a stack's configuration, with namespaced keys.
        environ: environment variables; the process's by default.
    """
    try:
        connection = locate(resolve(config, environ=environ))
        problems = missing_credentials(connection)
    except PowerAutomateError as error:
        yield Step("configuration", "failed", str(error))
        yield from _skipped("the configuration", "dns", "tls", "token", "environment")
        yield from _skipped("the configuration", "privileges", "limits", "clock")
        return
    yield _configuration(connection, problems)
    yield from _network(connection)
    if problems:
        names = ("token", "environment", "privileges", "limits", "clock")
        yield from _skipped("the configuration", *names)
        return
    client = DataverseClient(connection, max_concurrency=1)
    try:
        yield from _service(connection, client)
    finally:
        client.close()


def _configuration(connection: Connection, problems: list[str]) -> Step:
    shown = {"environment_url": connection.environment_url, **connection.settings}
    details = {
        name: {
            "value": "present" if SETTINGS[name].secret else value,
            "from": connection.origins[name],
        }
        for name, value in shown.items()
    }
    details["sign-in"] = {"value": connection.auth_method, "from": connection.authority_host}
    if problems:
        return Step("configuration", "failed", " ".join(problems), details)
    return Step(
        "configuration",
        "ok",
        f"{connection.environment_url}, {connection.cloud.name} cloud, signing in with "
        f"{connection.auth_method}",
        details,
    )


def _network(connection: Connection) -> Iterator[Step]:
    parts = urlsplit(connection.environment_url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = "" if connection.loopback or proxy_bypass(host) else getproxies().get(parts.scheme, "")
    if proxy:
        through = urlsplit(proxy).netloc.rpartition("@")[2]
        yield Step("dns", "skipped", f"the proxy {through} looks up names")
        yield Step("tls", "skipped", f"connections go through the proxy {through}")
        return
    found = _tried("dns", lambda: _look_up(host, port))
    yield found
    if found.outcome != "ok":
        yield from _skipped("dns", "tls")
    else:
        yield _tried("tls", lambda: _connect(connection, host, port, parts.scheme))


def _look_up(host: str, port: int) -> Step:
    try:
        responses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Step(
            "dns",
            "failed",
            f"{host} is not known ({error.strerror or error}). Check environment_url and the "
            "network.",
        )
    addresses = sorted({str(response[4][0]) for response in responses})
    return Step("dns", "ok", f"{host} is {', '.join(addresses)}", {"addresses": addresses})


def _issuer(certificate: Mapping[str, Any]) -> str:
    names = dict(pair for group in certificate.get("issuer", ()) for pair in group)
    return names.get("organizationName") or names.get("commonName") or "?"


def _connect(connection: Connection, host: str, port: int, scheme: str) -> Step:
    with socket.create_connection((host, port), timeout=_SECONDS) as plain:
        if scheme == "http":
            return Step("tls", "skipped", f"connected to {host}:{port}, without TLS on loopback")
        with _trust(connection).wrap_socket(plain, server_hostname=host) as secured:
            certificate: Mapping[str, Any] = secured.getpeercert() or {}
            ends = str(certificate.get("notAfter", ""))
            who = _issuer(certificate)
            return Step(
                "tls",
                "ok",
                f"{secured.version()}, certificate of {who} until {ends}",
                {"version": secured.version(), "issuer": who, "until": ends},
            )


def _trust(connection: Connection) -> ssl.SSLContext:
    """The authorities that requests trusts too."""
    import certifi

    given = connection.get("ca_bundle") or next(
        (
            os.environ[name]
            for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
            if os.environ.get(name)
        ),
        certifi.where(),
    )
    if os.path.isdir(given):
        return ssl.create_default_context(capath=given)
    return ssl.create_default_context(cafile=given)


def _service(connection: Connection, client: DataverseClient) -> Iterator[Step]:
    signed_in = _tried("token", lambda: _token(client))
    yield signed_in
    if signed_in.outcome == "failed":
        yield from _skipped("token", "environment", "privileges", "limits", "clock")
        return
    reached: list[Any] = []

    def reach() -> Step:
        found = client.identity.reach()
        reached.append(found)
        return Step(
            "environment",
            "ok",
            f"{connection.host} is version {found.version}; we are user {found.user_id}",
            {
                "user_id": found.user_id,
                "organization_id": found.organization_id,
                "version": found.version,
            },
        )

    yield _tried("environment", reach)
    if not reached:
        yield from _skipped("environment", "privileges", "limits", "clock")
        return
    yield _tried("privileges", lambda: _privileges(client, reached[0].user_id))
    yield _limits(reached[0].requests_left, reached[0].seconds_left)
    yield _clock(reached[0].skew)


def _token(client: DataverseClient) -> Step:
    claims = _claims(client.transport.tokens.token())
    if not claims:
        return Step("token", "ok", "a token that cannot be read here (not a JWT)")
    roles = claims.get("roles") or str(claims.get("scp") or "").split()
    ends = datetime.fromtimestamp(float(claims.get("exp") or 0), timezone.utc)
    details = {
        "tenant": claims.get("tid"),
        "application": claims.get("appid") or claims.get("azp"),
        "person": claims.get("upn") or claims.get("unique_name"),
        "audience": claims.get("aud"),
        "roles": roles,
        "until": ends.isoformat(),
    }
    who = details["person"] or f"application {details['application']}"
    return Step(
        "token",
        "ok",
        f"{who} of tenant {details['tenant']}, until {ends:%Y-%m-%d %H:%M:%S} UTC, roles "
        + (", ".join(roles) or "none"),
        details,
    )


def _claims(token: str) -> dict[str, Any]:
    try:
        part = token.split(".")[1]
        read = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _privileges(client: DataverseClient, user_id: str) -> Step:
    missing = client.identity.missing_privileges(user_id)
    if not missing:
        return Step("privileges", "ok", "every kind of resource can be managed")
    lines = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in missing.items())
    return Step(
        "privileges",
        "failed",
        f"missing for {lines}. Give the identity a security role with them.",
        {"missing": missing},
    )


def _limits(requests_left: int | None, seconds_left: float | None) -> Step:
    details = {"requests_left": requests_left, "seconds_left": seconds_left}
    if requests_left is None:
        return Step("limits", "skipped", "the service did not tell what is left", details)
    summary = f"{requests_left} requests and {seconds_left or 0:.0f} s of execution left"
    if requests_left <= 0 or (seconds_left is not None and seconds_left <= 0):
        return Step("limits", "failed", f"{summary}; wait five minutes", details)
    return Step("limits", "ok", f"{summary} in this window of five minutes", details)


def _clock(skew: float | None) -> Step:
    from ..client.whoami import MOST_SKEW_SECONDS

    if skew is None:
        return Step("clock", "skipped", "the service did not tell its time")
    details = {"seconds_ahead": round(skew, 1)}
    if abs(skew) >= MOST_SKEW_SECONDS:
        way = "ahead" if skew > 0 else "behind"
        return Step(
            "clock",
            "failed",
            f"this machine's clock is {abs(skew):.0f} s {way}; tokens and assertions are refused "
            "from five minutes on. Correct it.",
            details,
        )
    return Step("clock", "ok", f"within {max(1.0, abs(skew)):.0f} s of the service's", details)


def _tried(name: str, attempt: Callable[[], Step]) -> Step:
    try:
        return attempt()
    except PowerAutomateError as error:
        return Step(name, "failed", str(error))
    except ssl.SSLCertVerificationError as error:
        return Step(
            name,
            "failed",
            f"the certificate is not trusted ({error.verify_message}). Set ca_bundle "
            "(POWERAUTOMATE_CA_BUNDLE) to the file of your certificate authority.",
        )
    except OSError as error:
        return Step(name, "failed", f"{one_line(error.strerror or str(error))}. Check the network.")


def _skipped(because: str, *names: str) -> Iterator[Step]:
    for name in names:
        yield Step(name, "skipped", f"{because} failed")
