"""
`deploymentSettings.json`: values and connections of one environment, as `pac` writes and reads it.

Source: "Pre-populate connection references and environment variables for automated deployments"
(Microsoft Learn). Entries may have more members than are read here; newer versions of the tool add
default values and display names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InvalidInputError, PowerAutomateError
from ..flow import API_PREFIX, parse_json
from .package import SolutionPackage

_VARIABLES, _REFERENCES = "EnvironmentVariables", "ConnectionReferences"


@dataclass(frozen=True)
class DeploymentSettings:
    """
    The contents of one file.

    Attributes:
        variables: values by schema name; an empty one sets nothing.
        connections: connection ids by logical name; an empty one keeps the environment's binding.
        connectors: connectors (`shared_office365`) by logical name, where the file names them.
        lists_variables: whether the file has a list of variables, empty or not.
        lists_references: whether it has a list of connection references.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    connections: Mapping[str, str] = field(default_factory=dict)
    connectors: Mapping[str, str] = field(default_factory=dict)
    lists_variables: bool = True
    lists_references: bool = True


def read_settings(path: str | Path) -> DeploymentSettings:
    """
    Read a settings file.

    Raises:
        InvalidInputError: it is missing, or is no settings file; the message says where.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInputError(f"{path}: cannot be read: {reason}.") from None
    try:
        return parse_settings(parse_json(text))
    except PowerAutomateError as error:
        raise InvalidInputError(f"{path}: {error}") from None


def parse_settings(document: Any) -> DeploymentSettings:
    """
    The settings of a parsed file.

    Raises:
        InvalidInputError: it is no settings file.
    """
    if not isinstance(document, Mapping) or not {_VARIABLES, _REFERENCES} & set(document):
        raise InvalidInputError(
            f"has neither {_VARIABLES} nor {_REFERENCES}; write one with "
            "`pulumi-powerautomate settings PACKAGE`."
        )
    variables = _entries(document, _VARIABLES, "SchemaName")
    references = _entries(document, _REFERENCES, "LogicalName")
    return DeploymentSettings(
        {name: _text(entry, "Value", name) for name, entry in variables.items()},
        {name: _text(entry, "ConnectionId", name) for name, entry in references.items()},
        {
            name: connector
            for name, entry in references.items()
            if (connector := _text(entry, "ConnectorId", name).rpartition("/")[2])
        },
        _VARIABLES in document,
        _REFERENCES in document,
    )


def settings_text(package: SolutionPackage, known: DeploymentSettings | None = None) -> str:
    """
    The text of a settings file for a package.

    Args:
        package: the package whose references and variables it lists.
        known: an earlier file; its values are kept.
    """
    values = _folded(known.variables if known else {})
    connections = _folded(known.connections if known else {})
    document = {
        _VARIABLES: [
            {"SchemaName": name, "Value": values.get(name.lower(), "")}
            for name in sorted(package.variables)
        ],
        _REFERENCES: [
            {
                "LogicalName": name,
                "ConnectionId": connections.get(name.lower(), ""),
                "ConnectorId": API_PREFIX + package.connection_references[name],
            }
            for name in sorted(package.connection_references)
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _entries(document: Mapping[str, Any], section: str, key: str) -> dict[str, Mapping[str, Any]]:
    given = document.get(section) or []
    if not isinstance(given, (list, tuple)):
        raise InvalidInputError(f"{section} is not a list.")
    found: dict[str, Mapping[str, Any]] = {}
    folded: set[str] = set()
    for number, entry in enumerate(given):
        name = entry.get(key) if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not name:
            raise InvalidInputError(f"{section}[{number}] has no {key}.")
        if name.lower() in folded:
            raise InvalidInputError(f"{section} has {name!r} twice.")
        folded.add(name.lower())
        found[name] = entry
    return found


def _text(entry: Mapping[str, Any], member: str, name: str) -> str:
    value = entry.get(member)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    if not isinstance(value, str):
        # A value of a variable of type JSON, written as JSON.
        return json.dumps(value, ensure_ascii=False)
    return value


def _folded(values: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in values.items()}
