"""The components that flows need: connection references, environment variables, child flows."""

from __future__ import annotations

from ..environment import Environment
from ..flows.rules import children_of
from ..store import Row

_NEEDED = ("workflow", "connectionreference", "environmentvariabledefinition")


def needs_of(environment: Environment, flow: Row) -> list[tuple[int, str]]:
    """Type and id of what a flow needs."""
    text = flow.get("clientdata") or ""
    store = environment.store
    kinds = {name: environment.table(name).solution_component for name in _NEEDED}
    found = [(kinds["workflow"], child) for child in sorted(children_of(text))]
    for row in store.all("connectionreference"):
        if f'"{row["connectionreferencelogicalname"]}"' in text:
            found.append((kinds["connectionreference"], row["connectionreferenceid"]))
    for row in store.all("environmentvariabledefinition"):
        if f'"schemaName":"{row["schemaname"]}"' in text.replace('": "', '":"'):
            found.append(
                (kinds["environmentvariabledefinition"], row["environmentvariabledefinitionid"])
            )
    return found
