"""How the package meets the Pulumi engine."""

from __future__ import annotations

from . import other_kinds, single_owner
from .base import DataverseProvider
from .clients import client_for, connection_from
from .engine_log import note, progress, warn
from .environment_guard import derivation_host
from .journal import CHANGED, KILLED, about_to_write
from .mocks import look_up, mocks_in_use
from .native import use_native_provider
from .options import hides, options_of
from .principal import Principal, check_principal, team, user
from .program_errors import fail_if_told, fail_unless_done, one_line_errors
from .properties import IDENTITY, failure, given_in, is_unknown, urn_of
from .provider_resource import Provider, environment_host
from .resource import DataverseResource, identity_in, pickled
from .slow_progress import progress_if_slow
from .stack_configuration import refuse_misspelt_keys

__all__ = [
    "CHANGED",
    "IDENTITY",
    "KILLED",
    "DataverseProvider",
    "DataverseResource",
    "Principal",
    "Provider",
    "about_to_write",
    "check_principal",
    "client_for",
    "connection_from",
    "derivation_host",
    "environment_host",
    "fail_if_told",
    "fail_unless_done",
    "failure",
    "given_in",
    "hides",
    "identity_in",
    "is_unknown",
    "look_up",
    "mocks_in_use",
    "note",
    "one_line_errors",
    "options_of",
    "other_kinds",
    "pickled",
    "progress",
    "progress_if_slow",
    "refuse_misspelt_keys",
    "single_owner",
    "team",
    "urn_of",
    "use_native_provider",
    "user",
    "warn",
]
