"""How the package meets the Pulumi engine."""

from __future__ import annotations

from .base import (
    IDENTITY,
    DataverseProvider,
    failure,
    is_unknown,
    progress,
    urn_of,
    warn,
)
from .explicit import Provider
from .principal import Principal, check_principal, team, user
from .resource import DataverseResource
from .run_error import one_line_errors
from .session import client_for, connection_from

__all__ = [
    "IDENTITY",
    "DataverseProvider",
    "DataverseResource",
    "Principal",
    "Provider",
    "check_principal",
    "client_for",
    "connection_from",
    "failure",
    "is_unknown",
    "one_line_errors",
    "progress",
    "team",
    "urn_of",
    "user",
    "warn",
]
