"""
The auth method that the settings ask for, and the settings that it still needs.

A method that is asked for (`auth`, or one of the `use_…` switches) is taken; two that are asked for
are an error. Otherwise what is there decides, in the order that azurerm and the Azure SDKs use: a
ready token, a certificate or a secret, a federated identity, the managed identity of a hosting
service that announces one, the Azure CLI, azd.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from .settings import ARGUMENT, SETTINGS, is_true

if TYPE_CHECKING:
    from .connection import Connection

# What `auth` may say, with the switch that says the same.
AUTH_METHODS: Mapping[str, str] = {
    "access_token": "",
    "client_certificate": "",
    "client_secret": "",
    "oidc": "use_oidc",
    "msi": "use_msi",
    "cli": "use_cli",
    "azd": "use_azd",
    "device_code": "use_device_code",
    "browser": "use_browser",
}

# What a hosting service sets when it has a managed identity to offer (App Service, Functions,
# Container Apps, Arc, Machine Learning); a virtual machine sets nothing.
_HOSTED = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT")


_NEEDED: Mapping[str, tuple[str, ...]] = {
    "access_token": ("access_token",),
    "client_secret": ("tenant_id", "client_id", "client_secret"),
    "client_certificate": ("tenant_id", "client_id"),
    "oidc": ("tenant_id", "client_id"),
}

_FEDERATED = ("oidc_token", "oidc_token_file_path", "oidc_request_url")
_CERTIFICATES = ("client_certificate", "client_certificate_path")


def without_conflicting_credentials(
    settings: Mapping[str, str], origins: Mapping[str, str]
) -> dict[str, str]:
    """
    The settings, less those that speak for another method than an explicit provider was given.

    Settings of one provider must not compete with those that the process's environment holds
    for all.
    """
    own = {name: settings[name] for name in settings if origins[name].startswith(ARGUMENT)}
    decisive = {"auth", "client_secret", "access_token", *_CERTIFICATES, *_FEDERATED}
    switches = {switch for switch in AUTH_METHODS.values() if switch}
    on = {name for name in own if name in switches and own[name].lower() in ("true", "1")}
    if not on and not decisive & set(own):
        return dict(settings)
    rivals = decisive | switches
    if on or "auth" in own:
        rivals = {"auth", *switches}
    return {name: value for name, value in settings.items() if name in own or name not in rivals}


def choose(settings: Mapping[str, str], origins: Mapping[str, str]) -> str:
    """
    The auth method, one of `AUTH_METHODS`.

    Raises:
        ConfigurationError: two settings contradict each other, or one says what is unknown.
    """
    asked = _asked_for(settings, origins)
    refused = {
        method
        for method, switch in AUTH_METHODS.items()
        if switch in settings and not is_true(settings[switch], switch, origins[switch])
    }
    _refuse_both(settings, origins, *_CERTIFICATES)
    _refuse_both(settings, origins, "oidc_token", "oidc_token_file_path")
    if asked:
        return asked
    return _inferred(settings, origins, refused)


def missing_credentials(connection: Connection) -> list[str]:
    """One line for each setting that signing in needs and that is not there."""
    settings, method = connection.settings, connection.auth_method
    lines = [
        f"{name} is missing: {SETTINGS[name].remedy()}."
        for name in _NEEDED.get(method, ())
        if not settings.get(name)
    ]
    if method == "client_secret" and len(lines) == len(_NEEDED[method]):
        lines[-1] += " Or sign in another way: set auth to one of " + ", ".join(AUTH_METHODS) + "."
    if method == "client_certificate" and not any(settings.get(name) for name in _CERTIFICATES):
        lines.append(
            f"client_certificate_path is missing: {SETTINGS['client_certificate_path'].remedy()}."
        )
    if method == "oidc":
        lines += _missing_federation(settings)
    return lines


def _asked_for(settings: Mapping[str, str], origins: Mapping[str, str]) -> str:
    found = {}
    auth = settings.get("auth")
    if auth is not None:
        if auth.lower() not in AUTH_METHODS:
            raise ConfigurationError(
                f"auth is {auth!r} ({origins['auth']}); use one of {', '.join(AUTH_METHODS)}."
            )
        found[auth.lower()] = f"auth={auth} ({origins['auth']})"
    for method, switch in AUTH_METHODS.items():
        if switch not in settings:
            continue
        value = is_true(settings[switch], switch, origins[switch])
        text = f"{switch}={settings[switch]} ({origins[switch]})"
        if value:
            found.setdefault(method, text)
        elif method in found:
            raise ConfigurationError(f"{found[method]} and {text} contradict each other; keep one.")
    if len(found) > 1:
        first, second = list(found.values())[:2]
        raise ConfigurationError(f"{first} and {second} contradict each other; keep one.")
    return next(iter(found), "")


def _inferred(settings: Mapping[str, str], origins: Mapping[str, str], refused: set[str]) -> str:
    if settings.get("access_token"):
        return "access_token"
    certificate = next((name for name in _CERTIFICATES if settings.get(name)), "")
    if certificate and settings.get("client_secret"):
        raise ConfigurationError(
            f"{certificate} ({origins[certificate]}) and client_secret "
            f"({origins['client_secret']}) are both set; remove one, or set auth to "
            "client_certificate or client_secret."
        )
    if certificate:
        return "client_certificate"
    if settings.get("client_secret"):
        return "client_secret"
    if "oidc" not in refused and settings.get("client_id") and _offers_assertion(settings):
        return "oidc"
    if "msi" not in refused and any(os.environ.get(name) for name in _HOSTED):
        return "msi"
    # An identity of its own that lacks its secret is a mistake, not a wish to act as a person.
    if not settings.get("client_id"):
        for method, program in (("cli", "az"), ("azd", "azd")):
            if method not in refused and shutil.which(program):
                return method
    return "client_secret"


def _offers_assertion(settings: Mapping[str, str]) -> bool:
    return any(settings.get(name) for name in _FEDERATED)


def _refuse_both(
    settings: Mapping[str, str], origins: Mapping[str, str], first: str, second: str
) -> None:
    if settings.get(first) and settings.get(second):
        raise ConfigurationError(
            f"{first} ({origins[first]}) and {second} ({origins[second]}) are both set; keep one."
        )


def _missing_federation(settings: Mapping[str, str]) -> list[str]:
    if settings.get("oidc_token") or settings.get("oidc_token_file_path"):
        return []
    if not settings.get("oidc_request_url"):
        return [
            "use_oidc needs an assertion: set oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH) or "
            "oidc_token (ARM_OIDC_TOKEN); on GitHub give the job `permissions: id-token: write`; "
            "in Azure Pipelines pass SYSTEM_OIDCREQUESTURI and SYSTEM_ACCESSTOKEN to the step."
        ]
    if not settings.get("oidc_request_token"):
        return [
            f"oidc_request_token is missing: {SETTINGS['oidc_request_token'].remedy()}; in Azure "
            "Pipelines map `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`."
        ]
    return []
