"""Bindings and values as an import takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...solution import SolutionPackage
from ..bindings.requests import connector_id


def component_parameters(
    props: Mapping[str, Any], package: SolutionPackage
) -> list[dict[str, Any]]:
    """
    The service's `ComponentParameters`: bindings and values, and what was given beside them.

    Source: "ImportSolutionAsync action", Dataverse Web API reference.
    """
    kind = "Microsoft.Dynamics.CRM"
    connectors = {name.lower(): item for name, item in package.connection_references.items()}
    found: list[dict[str, Any]] = [
        {
            "@odata.type": f"{kind}.connectionreference",
            "connectionreferencelogicalname": name,
            "connectionreferencedisplayname": "",
            "description": "",
            "connectorid": connector_id(connectors.get(name.lower(), "")),
            "connectionid": connection,
        }
        for name, connection in sorted((props.get("connection_references") or {}).items())
        if connection
    ]
    found += [
        {
            "@odata.type": f"{kind}.environmentvariablevalue",
            "schemaname": name,
            "value": value,
        }
        for name, value in sorted((props.get("environment_variables") or {}).items())
    ]
    return [*found, *(props.get("component_parameters") or ())]
