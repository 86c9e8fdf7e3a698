"""The provider's own configuration: settings of the stack, or arguments of an explicit provider."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi.runtime
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import Unknown

from ..config import NAMESPACE, SETTINGS, misspelt_line, unknown_keys
from ..provider import DataverseProvider
from ..provider.clients import EXPLICIT
from .urns import name_in

# Hidden: whether a program made the provider. The engine names those that it makes by itself.
_MADE_BY_PROGRAM = "__explicit"
_DEFAULT = "default"
# What the engine adds to the settings of a provider.
_ENGINES = ("version", "pluginDownloadURL", "__internal", "parameterization")


def check(given: Mapping[str, Any], urn: str) -> tuple[dict[str, Any], list[str]]:
    """
    Settings to keep, and what is wrong with their names.

    Values are looked at where a resource needs them, because functions need fewer of them.
    """
    explicit = not name_in(urn).startswith(_DEFAULT)
    kept = {key: value for key, value in given.items() if value is not None}
    keys = [f"{NAMESPACE}:{key}" for key in kept if key not in (*_ENGINES, _MADE_BY_PROGRAM)]
    failures = [misspelt_line(key, meant) for key, meant in unknown_keys(keys).items() if meant]
    return {**kept, **({_MADE_BY_PROGRAM: True} if explicit else {})}, failures


def settings_of(given: Mapping[str, Any]) -> tuple[dict[str, str], bool]:
    """Settings by their keys in stack configuration, and whether a program gave them."""
    known = {setting.key for setting in SETTINGS.values()}
    settings = {
        f"{NAMESPACE}:{key}": _text(value)
        for key, value in given.items()
        if f"{NAMESPACE}:{key}" in known and value is not None and not isinstance(value, Unknown)
    }
    return settings, bool(given.get(_MADE_BY_PROGRAM))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def configure(
    providers: Iterable[DataverseProvider], settings: Mapping[str, str], explicit: bool
) -> None:
    """Configure the provider of each kind as the engine's own call would."""
    project = os.environ.get("PULUMI_PROJECT", "project")
    pulumi.runtime.configure(
        pulumi.runtime.Settings(project=project, stack="stack", organization="organization")
    )
    marked = {**settings, **({EXPLICIT: "true"} if explicit else {})}
    for provider in providers:
        provider.configure(ConfigureRequest(config=Config(dict(marked), project)))
