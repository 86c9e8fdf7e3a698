"""The one client of a provider process, shared by the providers of all resource kinds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..client import DataverseClient
from ..client.environment_lookup import locate, tokens_of
from ..config import NAMESPACE, SETTINGS, Connection, resolve
from .thread_pool import DEFAULT_WORKERS, wanted_workers

# Present in the inputs of an explicit provider only: its settings then count as arguments.
EXPLICIT = f"{NAMESPACE}:explicit"

_lock = threading.Lock()
_clients: dict[str, DataverseClient] = {}


def connection_from(get: Callable[[str], Any]) -> Connection:
    """The connection that a provider's configuration and the environment's variables describe."""
    given: Mapping[str, str] = {
        setting.name: value for setting in SETTINGS.values() if (value := get(setting.key))
    }
    if get(EXPLICIT):
        return locate(resolve(arguments=given))
    return locate(resolve({SETTINGS[name].key: value for name, value in given.items()}))


def client_for(connection: Connection) -> DataverseClient:
    """The process's client for this connection."""
    key = repr((connection.environment_url, sorted(connection.settings.items())))
    with _lock:
        client = _clients.get(key)
        if client is None:
            max_concurrency = wanted_workers() or DEFAULT_WORKERS
            client = _clients[key] = DataverseClient(
                connection, max_concurrency, tokens_of(connection)
            )
        return client


def traffic_summary() -> str:
    """Request counts of this process, one sentence for each environment."""
    with _lock:
        clients = list(_clients.values())
    return " ".join(filter(None, (client.traffic_summary() for client in clients)))
