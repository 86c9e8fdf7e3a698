"""Problems in the stack's configuration, reported before any request."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Config

from ..config import NAMESPACE, SETTINGS, Connection, misspelt_line, overruled_line, unknown_keys
from ..errors import ConfigurationError
from .engine_log import say

_lock = threading.Lock()
_said: set[str] = set()


def misspelt(config: Mapping[str, Any], project: str) -> list[str]:
    """
    A line for each key that is misspelt; the run is refused with them.

    In a project that is called like the namespace, the keys are the project's own.
    """
    if project == NAMESPACE:
        return []
    return [misspelt_line(key, meant) for key, meant in unknown_keys(config).items() if meant]


def keys_of(config: Config) -> dict[str, Any]:
    """All configuration of a provider; the SDK has no public method that lists it."""
    return dict(getattr(config, "_props", None) or {})


def refuse_misspelt_keys() -> None:
    """
    Refuse a look-up of a program whose stack has a misspelt key.

    Raises:
        ConfigurationError: it names the key, and the one that was meant.
    """
    for line in misspelt(_program_keys(), pulumi.get_project()):
        raise ConfigurationError(line)


def _program_keys() -> dict[str, Any]:
    """All configuration of the program's stack; the SDK has no public method that lists it."""
    from pulumi.runtime import config

    try:
        return {**config.get_config_env(), **config.CONFIG.get()}
    except (AttributeError, TypeError, ValueError):
        return {}


def warn_of_the_stack(config: Mapping[str, Any], connection: Connection) -> None:
    """Say once per process what of the configuration has no effect."""
    project = os.environ.get("PULUMI_PROJECT", "")
    if project != NAMESPACE:
        for key, meant in unknown_keys(config).items():
            if not meant:
                keys = ", ".join(setting.key.partition(":")[2] for setting in SETTINGS.values())
                _once(
                    f"The stack's configuration has {key}, which is no setting: there are {keys}."
                )
    _once(overruled_line(config, connection))


def _once(line: str) -> None:
    with _lock:
        if not line or line in _said:
            return
        _said.add(line)
    say("", line, severity="warning", lasting=True)
