"""
Client assertions: tokens that an application presents instead of a secret.

One signed with a certificate of the application ("Microsoft identity platform application
authentication certificate credentials") names the application as issuer; one from elsewhere
("Workload identity federation") names an issuer that the application trusts. The service does not
look for replays: `msal` sends the same assertion until it is about to expire.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .. import seed
from ..clock import Clock
from .directory import Application, Certificate, Directory, FederatedCredential
from .refusals import SignInRefusal, refuse
from .workloads import Workloads

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ("RS256", "PS256")
# How far the clocks of client and service may be apart.
_SKEW = 300.0
_WITHOUT_CHECKS = {
    "verify_signature": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}


class Assertions:
    """Checks assertions."""

    def __init__(self, clock: Clock, directory: Directory, workloads: Workloads) -> None:
        self._clock = clock
        self._directory = directory
        self._workloads = workloads

    def check(self, application: Application, assertion: str, base: str) -> str:
        """Accept an assertion or refuse it; returns which kind it was."""
        header, claims = _read(assertion)
        if str(header.get("alg")) not in _ALGORITHMS:
            raise refuse(5002738, algorithm=header.get("alg"))
        if claims.get("iss") == application.client_id or not _is_url(claims.get("iss")):
            self._check_signed(application, assertion, header, claims, base)
            return "certificate"
        self._check_federated(application, assertion, header, claims)
        return "federated"

    def _check_signed(
        self,
        application: Application,
        assertion: str,
        header: Mapping[str, Any],
        claims: Mapping[str, Any],
        base: str,
    ) -> None:
        named = (application.client_id, application.client_id)
        if (claims.get("iss"), claims.get("sub")) != named:
            raise refuse(700021)
        certificate = _certificate(application, header)
        _check_life(application, certificate, self._clock.now())
        if not _signed_by(assertion, certificate.loaded.public_key()):
            raise _bad_key(
                application,
                "Client assertion failed signature validation.",
                "The provided signature value did not match the expected signature value.",
                certificate,
            )
        if str(claims.get("aud")) not in _audiences(base):
            raise refuse(700023)
        self._check_time(claims)

    def _check_federated(
        self,
        application: Application,
        assertion: str,
        header: Mapping[str, Any],
        claims: Mapping[str, Any],
    ) -> None:
        if not application.federated:
            raise refuse(70025, client_id=application.client_id)
        _check_match(application.federated, claims)
        keys = self._workloads.keys(str(claims["iss"])) or self._directory.issuers.get(
            str(claims["iss"])
        )
        reason = "The key was not found."
        for key in (keys or {}).get("keys", []):
            if header.get("kid") not in (None, key.get("kid")):
                continue
            if _signed_by(assertion, jwt.PyJWK(key, algorithm="RS256").key):
                self._check_time(claims)
                return
            reason = "The provided signature value did not match the expected signature value."
        raise refuse(50013, reason=reason)

    def _check_time(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now()
        try:
            start, end = float(claims.get("nbf") or 0), float(claims["exp"])
        except (KeyError, TypeError, ValueError):
            raise refuse(50027) from None
        if start - _SKEW > now or end + _SKEW <= now:
            raise refuse(700024, now=_stamp(now), start=_stamp(start), end=_stamp(end))


def _read(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        return (
            jwt.get_unverified_header(assertion),
            jwt.decode(assertion, options=_WITHOUT_CHECKS),  # type: ignore[arg-type]
        )
    except jwt.PyJWTError:
        raise refuse(50027) from None


def _signed_by(assertion: str, key: Any) -> bool:
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        jwt.decode(
            assertion,
            key,
            algorithms=list(_ALGORITHMS),
            options={**_WITHOUT_CHECKS, "verify_signature": True},  # type: ignore[arg-type]
        )
    except jwt.PyJWTError:
        return False
    return True


def _is_url(issuer: Any) -> bool:
    return isinstance(issuer, str) and issuer.startswith("https://")


def _audiences(base: str) -> set[str]:
    """The token endpoint and the issuer, by the tenant's id and names."""
    found = set()
    for tenant in seed.TENANT_NAMES:
        root = f"{base}/{tenant}"
        found |= {root + end for end in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/")}
    return found


def _certificate(application: Application, header: Mapping[str, Any]) -> Certificate:
    asked = _decoded(header.get("x5t#S256")), _decoded(header.get("x5t"))
    for certificate in application.certificates:
        if asked[0] == certificate.sha256 or (asked[0] is None and asked[1] == certificate.sha1):
            return certificate
    thumbprint = (asked[0] or asked[1] or b"").hex().upper()
    shown = f"The key was not found., Thumbprint of key used by client: '{thumbprint}'"
    raise refuse(
        700027,
        what="The certificate with identifier used to sign the client assertion is not registered "
        "on application.",
        reason=shown if thumbprint else "The key was not found.",
        client_id=application.client_id,
    )


def _decoded(value: Any) -> bytes | None:
    """A thumbprint of a header; base64url only, as the documentation asks."""
    if not isinstance(value, str):
        return None
    try:
        padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _check_life(application: Application, certificate: Certificate, now: float) -> None:
    loaded = certificate.loaded
    if loaded.not_valid_after_utc.timestamp() <= now:
        reason = "The key used is expired."
    elif loaded.not_valid_before_utc.timestamp() > now:
        reason = "The key used is not yet valid."
    else:
        return
    raise _bad_key(
        application, "Client assertion contains an invalid signature.", reason, certificate
    )


def _bad_key(
    application: Application, what: str, reason: str, certificate: Certificate
) -> SignInRefusal:
    loaded: x509.Certificate = certificate.loaded
    life = ", ".join(
        f"{name}={moment.strftime('%m/%d/%Y %H:%M:%S')}"
        for name, moment in (
            ("Start", loaded.not_valid_before_utc),
            ("End", loaded.not_valid_after_utc),
        )
    )
    return refuse(
        700027,
        what=what,
        reason=f"{reason}, Thumbprint of key used by client: '{certificate.sha1.hex().upper()}', "
        f"Found key '{life}'",
        client_id=application.client_id,
    )


def _check_match(credentials: Iterable[FederatedCredential], claims: Mapping[str, Any]) -> None:
    """Issuer, subject and audience have to be those of one credential, letter by letter."""
    issuer, subject = str(claims.get("iss")), str(claims.get("sub"))
    matching = [item for item in credentials if item.issuer == issuer]
    if not matching:
        raise refuse(700211, value=issuer)
    same_subject = [item for item in matching if item.subject == subject]
    if not same_subject:
        similar = any(item.subject.lower() == subject.lower() for item in matching)
        raise refuse(7002138 if similar else 700213, value=subject)
    given = claims.get("aud")
    audiences = given if isinstance(given, list) else [given]
    if not any(item.audience in audiences for item in same_subject):
        raise refuse(700212, value=", ".join(map(str, audiences)))


def _stamp(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
