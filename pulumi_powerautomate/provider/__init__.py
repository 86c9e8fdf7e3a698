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
    "progress",
    "team",
    "urn_of",
    "user",
    "warn",
]
