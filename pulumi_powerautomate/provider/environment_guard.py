"""
Keep a resource in the environment that it was deployed to.

Every resource records the host of its environment in the state. Two stacks may hold resources with
equal ids (a chosen `workflow_id`, every solution, everything adopted), so an id says nothing about
where a row lives: with another stack's settings in the shell, `pulumi destroy` would delete the
other environment's rows. The comparison comes before any request of an operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..config import SETTINGS, Connection
from ..errors import WrongEnvironmentError

# A hidden input and output: the host, with its port when it has one.
ENVIRONMENT = "__environment"


def hosts_of(connection: Connection) -> tuple[str, ...]:
    """The environment's host, and the hosts that it had before it was renamed."""
    return (connection.host, *former_hosts(connection))


def derivation_host(connection: Connection) -> str:
    """The host that ids derive from: the first one that the environment had."""
    return next(iter(former_hosts(connection)), connection.host)


def former_hosts(connection: Connection) -> tuple[str, ...]:
    """Hosts that the environment had before it was renamed, the oldest first."""
    given = connection.get("former_environment_url") or ""
    return tuple(_host(url) for url in given.split(",") if url.strip())


def wrong_environment(recorded: str, connection: Connection) -> str:
    """Why a resource that was recorded in one environment is not managed here; empty if it is."""
    if recorded in hosts_of(connection):
        return ""
    origin = connection.origins.get("environment_url", "")
    source = f" ({origin})" if origin else ""
    former = SETTINGS["former_environment_url"]
    return (
        f"This resource was deployed to {recorded}, and the settings point to {connection.host}"
        f"{source}: nothing was sent. Point the stack back to {recorded}; if the resource shall be "
        "forgotten and stay there, run `pulumi state delete` for it; if the environment was "
        f"renamed, run `pulumi config set {former.key} https://{recorded}`."
    )


def unproven(id_: str, connection: Connection) -> WrongEnvironmentError:
    """The error for a state that does not say where it belongs, and does not fit what is here."""
    setting = SETTINGS["unrecorded_environment_url"]
    return WrongEnvironmentError(
        f"The state of this resource ({id_}) was written by an earlier release, which did not "
        f"record the environment, and nothing in {connection.host} matches it: nothing was "
        "changed. Point the stack back to its environment; if the resource is gone, run `pulumi "
        f"state delete` for it; if it does belong to {connection.host}, run `pulumi config set "
        f"{setting.key} {connection.environment_url}`."
    )


def is_confirmed(connection: Connection) -> bool:
    """Whether a person has said that unrecorded resources belong to this environment."""
    given = connection.get("unrecorded_environment_url")
    return bool(given) and _host(str(given)) in hosts_of(connection)


def recorded_in(item: Any) -> str:
    """The host that inputs or outputs record; empty when they record none."""
    return str(item.get(ENVIRONMENT) or "") if isinstance(item, Mapping) else ""


def _host(url: str) -> str:
    text = url.strip().rstrip("/")
    return urlsplit(text if "://" in text else f"https://{text}").netloc.lower()
