"""Configuration without effect: keys that do not exist, values that are overruled."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .clouds import PUBLIC, cloud_of_host
from .settings import NAMESPACE, SETTINGS

if TYPE_CHECKING:
    from .connection import Connection

_VARIABLE = "variable "
_LIKENESS = 0.75
# Settings that suggest a way of signing in by being there.
_DECISIVE: Mapping[str, str] = {
    "access_token": "access_token",
    "client_certificate": "client_certificate",
    "client_certificate_path": "client_certificate",
    "client_secret": "client_secret",
    "oidc_token": "oidc",
    "oidc_token_file_path": "oidc",
    "oidc_request_url": "oidc",
}


def unknown_keys(keys: Iterable[str]) -> dict[str, str]:
    """
    Keys of our namespace that are no settings, with the key that each may have been meant for.

    Spelling apart, a key is somebody's own and stands for nothing.
    """
    known, spelt = _spellings()
    found = {}
    for key in sorted(keys):
        namespace, _, name = key.partition(":")
        # The marker of an explicit provider is none of a person's.
        if namespace == NAMESPACE and key not in known and name != "explicit":
            near = difflib.get_close_matches(name.lower(), spelt, n=1, cutoff=_LIKENESS)
            found[key] = spelt[near[0]] if near else ""
    return found


@functools.cache
def _spellings() -> tuple[frozenset[str], dict[str, str]]:
    """All keys, and the key by each spelling that a person may have had in mind."""
    spelt: dict[str, str] = {}
    for name, setting in SETTINGS.items():
        spelt[name] = spelt[setting.key.partition(":")[2].lower()] = setting.key
    return frozenset(spelt.values()), spelt


def misspelt_line(key: str, meant: str) -> str:
    """A key that is taken for another one, as a person reads it."""
    return (
        f"The stack's configuration has {key}, which is no setting; did you mean {meant}? Run "
        f"`pulumi config rm {key}` and set that one."
    )


def overruled_line(config: Mapping[str, str], connection: Connection) -> str:
    """
    Which values of a stack's configuration have no effect because of variables; empty without any.

    Credentials in variables win on purpose. One that is left over from another stack wins too, and
    what the service answers then names neither.

    Args:
        config: the stack's configuration, with namespaced keys.
        connection: what came of it.
    """
    origins, settings = connection.origins, connection.settings
    pairs = []
    for name, setting in SETTINGS.items():
        given = str(config.get(setting.key) or "").strip()
        origin = origins.get(name, "")
        if given and origin.startswith(_VARIABLE) and settings.get(name, given) != given:
            pairs.append(f"{origin.removeprefix(_VARIABLE)} over {setting.key}")
    decisive = [name for name, method in _DECISIVE.items() if method == connection.auth_method]
    chosen = next((origins[name] for name in decisive if name in settings), "")
    if chosen.startswith(_VARIABLE):
        pairs += [
            f"{chosen.removeprefix(_VARIABLE)} over {SETTINGS[name].key}"
            for name, method in _DECISIVE.items()
            if method != connection.auth_method and config.get(SETTINGS[name].key)
        ]
    line = ""
    if pairs:
        line = f"Variables win over the stack's configuration: {', '.join(pairs)}."
    authority = _stray_authority(config, connection)
    if authority:
        line = f"{line} {authority}".strip()
    return f"{line} Unset what is left over from another stack." if line else ""


def _stray_authority(config: Mapping[str, str], connection: Connection) -> str:
    """A sign-in service from a variable, for an environment from the stack's configuration."""
    origin = connection.origins.get("authority_host", "")
    named = any(config.get(SETTINGS[name].key) for name in ("environment_url", "environment"))
    if not named or not origin.startswith(_VARIABLE):
        return ""
    usual = (cloud_of_host(connection.host.partition(":")[0]) or PUBLIC).authority
    if connection.authority_host == usual.rstrip("/"):
        return ""
    return (
        f"The sign-in goes to {connection.authority_host}, by {origin.removeprefix(_VARIABLE)}, of "
        "which the configuration says nothing."
    )
