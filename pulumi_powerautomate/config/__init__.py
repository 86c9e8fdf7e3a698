"""
Where to connect, and as whom.

A setting comes from one of three places:

1. an argument of an explicit `powerautomate.Provider(...)`,
2. an environment variable,
3. the stack's configuration (`pulumi config set powerautomate:KEY`).

An explicit argument always wins, because it was written for that provider alone. Between the other
two, *where* (the environment's URL and the like) is the stack's: a variable left over in a shell
must not send a production stack elsewhere. *As whom* is the process's: credentials in variables
win, so that a rotated secret works at once and need not be in the stack at all.

Among variables, `POWERAUTOMATE_…` wins over `ARM_…` (as the azurerm and azure-native providers name
them), and that over `AZURE_…` (as the Azure SDKs do).
"""

from __future__ import annotations

from .auth_methods import AUTH_METHODS, missing_credentials
from .clouds import CLOUDS, Cloud
from .connection import Connection
from .resolution import is_guid, resolve
from .settings import NAMESPACE, SETTINGS, Setting, is_true
from .stack import misspelt_line, overruled_line, unknown_keys
from .trusted_hosts import check_environment_url, follow, is_loopback, parse_address

__all__ = [
    "AUTH_METHODS",
    "CLOUDS",
    "NAMESPACE",
    "SETTINGS",
    "Cloud",
    "Connection",
    "Setting",
    "check_environment_url",
    "follow",
    "is_guid",
    "is_loopback",
    "is_true",
    "missing_credentials",
    "misspelt_line",
    "overruled_line",
    "parse_address",
    "resolve",
    "unknown_keys",
]
