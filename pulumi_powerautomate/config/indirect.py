"""
Settings that stand somewhere else: in a file, or in what AKS puts into a pod.

Source: azurerm provider, "Authenticating using a Service Principal with a Client Secret" and
"Authenticating using AKS Workload Identity": a value and a file that differ are an error there too.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ConfigurationError
from .settings import ARGUMENT, is_true

_FILES = {"client_id_file_path": "client_id", "client_secret_file_path": "client_secret"}
_LARGEST_FILE = 64 * 1024
_SWITCH = "use_aks_workload_identity"
# What the webhook of AKS sets, by the setting that it is for.
_OF_POD = {
    "client_id": "AZURE_CLIENT_ID",
    "tenant_id": "AZURE_TENANT_ID",
    "oidc_token_file_path": "AZURE_FEDERATED_TOKEN_FILE",
}


def follow(settings: dict[str, str], origins: dict[str, str], environ: Mapping[str, str]) -> None:
    """
    Put in place what settings point to.

    Raises:
        ConfigurationError: a file cannot be read, or says something else than a setting does.
    """
    for path, name in _FILES.items():
        if path in settings and not _is_overruled(name, path, origins):
            _put(settings, origins, name, _content(settings[path], path, origins), path)
    if _SWITCH in settings and is_true(settings[_SWITCH], _SWITCH, origins[_SWITCH]):
        _take_identity_of_pod(settings, origins, environ)


def _is_overruled(name: str, path: str, origins: Mapping[str, str]) -> bool:
    """An explicit provider's own value wins over what the process's environment points to."""
    given = origins.get(name, "").startswith(ARGUMENT)
    return given and not origins[path].startswith(ARGUMENT)


def _put(
    settings: dict[str, str], origins: dict[str, str], name: str, value: str, source: str
) -> None:
    known = settings.get(name)
    if known is not None and known != value:
        raise ConfigurationError(
            f"{name} ({origins[name]}) and {source} ({origins[source]}) do not say the same; "
            "remove one."
        )
    settings[name] = value
    origins.setdefault(name, f"{source}, {origins[source]}")


def _content(path: str, name: str, origins: Mapping[str, str]) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(_LARGEST_FILE + 1).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(
            f"{name}: {path} cannot be read ({reason}; {origins[name]})."
        ) from None
    if not text or len(text) > _LARGEST_FILE:
        raise ConfigurationError(f"{name}: {path} is empty or too large ({origins[name]}).")
    return text


def _take_identity_of_pod(
    settings: dict[str, str], origins: dict[str, str], environ: Mapping[str, str]
) -> None:
    for name, variable in _OF_POD.items():
        value = environ.get(variable, "").strip()
        if not value:
            continue
        if settings.get(name, value) != value:
            raise ConfigurationError(
                f"{name} ({origins[name]}) is another one than that of the pod ({variable}); "
                f"remove it, or {_SWITCH} ({origins[_SWITCH]})."
            )
        settings[name] = value
        origins.setdefault(name, f"variable {variable}")
    if not settings.get("oidc_token_file_path"):
        raise ConfigurationError(
            f"{_SWITCH} is true ({origins[_SWITCH]}), but AZURE_FEDERATED_TOKEN_FILE is not set: "
            "give the pod the label azure.workload.identity/use=true and a service account with "
            "the client id."
        )
    asked = settings.setdefault("use_oidc", "true")
    if not is_true(asked, "use_oidc", origins.get("use_oidc", "")):
        raise ConfigurationError(
            f"use_oidc={asked} ({origins['use_oidc']}) and {_SWITCH} ({origins[_SWITCH]}) "
            "contradict each other; keep one."
        )
    origins.setdefault("use_oidc", f"{_SWITCH}, {origins[_SWITCH]}")
