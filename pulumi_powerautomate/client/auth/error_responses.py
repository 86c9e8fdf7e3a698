"""
From the identity service's refusal to one line with the setting and the remedy.

Source of the codes: "Microsoft Entra authentication & authorization error codes".
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...config import Connection
from ...errors import AuthenticationError, one_line
from .credential import Grant

_ANOTHER_WAY = "Exempt the identity from the policy, or set auth to a way that satisfies it."

# The engine hands `refresh` and `destroy` what the last `up` has recorded.
_ROTATED = (
    "Where a new one is set already: `pulumi refresh` and `destroy` use the one of the last "
    "`pulumi up`; run that, add --run-program, or set the secret as an environment variable."
)
REMEDIES: Mapping[str, str] = {
    "AADSTS7000215": "client_secret is not valid: use the secret's value, not its id. " + _ROTATED,
    "AADSTS7000222": "client_secret has expired: create a new one. " + _ROTATED,
    "AADSTS7000218": "The app registration is not a public client: allow public client flows, or "
    "give client_secret.",
    "AADSTS700016": "client_id is not known in this tenant: check client_id and tenant_id.",
    "AADSTS7000112": "The application of client_id is disabled: enable its enterprise application.",
    "AADSTS90002": "tenant_id is not known: check it and the cloud (cloud, authority_host).",
    "AADSTS900023": "tenant_id is malformed: use the directory (tenant) id, or a domain.",
    "AADSTS900382": "The application is of another cloud: check cloud and authority_host.",
    "AADSTS500011": "environment_url is not known in this tenant: check it and tenant_id.",
    "AADSTS650057": "The app registration may not ask for this resource: add the permission "
    "Dynamics CRM user_impersonation.",
    "AADSTS65001": "Nobody has consented: grant the app registration admin consent for "
    "Dynamics CRM user_impersonation.",
    "AADSTS700027": "The certificate is not registered: upload the one of "
    "client_certificate_path to the app registration, or renew it.",
    "AADSTS700024": "The assertion is outside its time: check this machine's clock.",
    "AADSTS70021": "No federated credential fits: compare issuer, subject and audience of the "
    "assertion with the app registration's.",
    "AADSTS700211": "No federated credential has this issuer: correct it in the app registration.",
    "AADSTS700212": "No federated credential has this audience: correct it in the app "
    "registration.",
    "AADSTS700213": "No federated credential has this subject: correct it in the app registration "
    "(repository, branch, environment, or service connection).",
    "AADSTS50027": "The assertion is not a valid token: check oidc_token.",
    "AADSTS50076": "Multi-factor authentication is asked for: sign in again with auth=device_code "
    "or browser, or `az login`. " + _ANOTHER_WAY,
    "AADSTS50079": "Multi-factor authentication has to be set up for this person first.",
    "AADSTS53003": "Conditional access blocks the sign-in. " + _ANOTHER_WAY,
    "AADSTS530003": "Conditional access asks for a managed device. " + _ANOTHER_WAY,
    "AADSTS50126": "User name or password is wrong.",
    "AADSTS50105": "Assign the person or application to the enterprise application.",
    "AADSTS50057": "The account is disabled.",
    "AADSTS700082": "The kept sign-in has expired: sign in again.",
    "AADSTS50173": "The kept sign-in was revoked: sign in again.",
    "AADSTS70016": "The code was not entered.",
    "AADSTS70020": "The code was not entered in time: run the command again.",
}

# What the protocols themselves say, without a code of Entra's ("OAuth 2.0 Device Authorization
# Grant"; the managed identity endpoints).
_PLAIN: Mapping[str, str] = {
    "expired_token": "The code was not entered in time: run the command again.",
    "authorization_declined": "The sign-in was declined.",
    "access_denied": "The sign-in was declined.",
    "invalid_resource": "environment_url is not known in this tenant: check it.",
    "identity_not_found": "This machine has no such managed identity: assign it, or correct "
    "client_id.",
}


def granted(result: Any, audience: str) -> Grant:
    """The token of a response of `msal`'s; an `AuthenticationError` when it holds none."""
    if isinstance(result, Mapping) and result.get("access_token"):
        return Grant(str(result["access_token"]), float(result.get("expires_in") or 3600))
    raise refused(result if isinstance(result, Mapping) else {})


def refused(result: Mapping[str, Any]) -> AuthenticationError:
    """The error for a refusal."""
    error = str(result.get("error") or "")
    text = str(result.get("error_description") or error or "no reason given")
    # Trace id, correlation id and time stamp follow on the same line or on lines of their own.
    first = one_line(re.split(r"\s*(?:Trace ID:|\n)", text, maxsplit=1)[0], 300)
    found = re.match(r"AADSTS\d+", first)
    code = found.group(0) if found else ""
    if not code and "not found" in text.lower() and "identity" in text.lower():
        error = "identity_not_found"
    remedy = REMEDIES.get(code) or _PLAIN.get(error, "")
    return AuthenticationError(f"Sign-in was refused: {first.rstrip('.')}. {remedy}".strip(), code)


def unreachable(connection: Connection, error: Exception, transient: bool) -> AuthenticationError:
    """The error for a sign-in service that gave no usable answer."""
    if not transient and not _is_of_the_network(error):
        return _of_ours(error)
    host = urlsplit(connection.authority_host).netloc
    if connection.auth_method == "msi":
        return AuthenticationError(
            "Sign-in: the managed identity endpoint does not answer. This works on Azure only, on "
            "a machine or service that has a managed identity; elsewhere set auth to another way."
        )
    text = str(error)
    if "certificate" in text.lower() and "verify failed" in text.lower():
        return AuthenticationError(
            f"Sign-in: the certificate of {host} is not trusted. Set ca_bundle "
            "(POWERAUTOMATE_CA_BUNDLE) to the file of your certificate authority."
        )
    in_msal = _place(error)[0] == "msal"
    if isinstance(error, json.JSONDecodeError) or (
        in_msal and not isinstance(error, (OSError, ValueError))
    ):
        return AuthenticationError(
            f"Sign-in: what answers at {host} is not Microsoft Entra (a web page, or cut short). "
            "Check authority_host and whether a proxy or sign-in page stands between."
        )
    if isinstance(error, ValueError) and not transient:
        return AuthenticationError(
            f"Sign-in: {host} does not know the tenant {connection.get('tenant_id')!r} "
            "(AADSTS90002). Check tenant_id, cloud and authority_host.",
            "AADSTS90002",
        )
    return AuthenticationError(
        f"Sign-in: {host} gave no response ({type(error).__name__}). Check authority_host, the "
        "network and HTTPS_PROXY, or run the command again later."
    )


def _is_of_the_network(error: Exception) -> bool:
    """
    Whether an exception says that no usable answer came.

    Those of requests are `OSError`s. `msal` raises a `ValueError` for a tenant or a sign-in service
    that is not known, and whatever comes of it for answers that lack what they should hold.
    """
    return isinstance(error, (OSError, json.JSONDecodeError)) or _place(error)[0] == "msal"


def _of_ours(error: Exception) -> AuthenticationError:
    """A mistake in the program is told as one: nobody is to look for it in the network."""
    return AuthenticationError(
        f"Sign-in: internal error ({type(error).__name__} at {_place(error)[1]}: "
        f"{one_line(str(error), 200)}). It is a fault of this package or of a library under it, "
        "neither of the network nor of the settings; please report this line."
    )


def _place(error: Exception) -> tuple[str, str]:
    """The package and the line that an exception comes from."""
    package, place = "", "?"
    trace = error.__traceback__
    while trace is not None:
        package = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        name = os.path.basename(trace.tb_frame.f_code.co_filename)
        place, trace = f"{name}:{trace.tb_lineno}", trace.tb_next
    return package, place
