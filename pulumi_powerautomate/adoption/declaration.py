"""Resources that a program is to declare, before they are written in a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..models import CLOUD_FLOW, to_camel
from .inventory import FoundFlow, FoundReference, FoundShare

FLOWS = "flows"
REFERENCES = "connection_references"


class Setting(str):
    """The key of a connection in the stack's settings, where the program asks for its value."""


@dataclass(frozen=True)
class FlowDeclaration:
    """
    A flow of the program.

    Attributes:
        name: the resource's name.
        module: path of its module and its definition, without an ending.
        found: the flow.
        definition: text of its definition's file.
        calls: ids of the flows that it calls.
        references: its connection references, by the actions' key; a connection is a `Setting`.
        owner: key of its owner in the stack's settings.
        shares: (resource name, key of the principal, share) each.
        ignored: the rules that are wrong about it, each with what it says.
        secret: whether the definition is a secret of the program.
    """

    name: str
    module: str
    found: FoundFlow
    definition: str
    calls: frozenset[str]
    references: Mapping[str, Any]
    owner: str
    shares: tuple[tuple[str, str, FoundShare], ...]
    ignored: Mapping[str, str]
    secret: bool

    @property
    def file(self) -> str:
        """Path of its definition."""
        return f"{self.module}.json"

    def properties(
        self, *, definition: Any, references: Mapping[str, Any], owner: Any
    ) -> dict[str, Any]:
        """
        Properties of its resource in the native provider, in the order of a program.

        Args:
            definition: how the language reads its file.
            references: its connection references, in the language's words.
            owner: how the language asks for its owner.
        """
        live = self.found.live
        given = {
            "name": live.name,
            "description": live.description or None,
            "definition": definition,
            "connection_references": references or None,
            "state": live.state,
            "owner": owner,
            "solution": self.found.solution or None,
            "workflow_id": live.workflow_id,
        }
        plain = {name: value for name, value in given.items() if value is not None}
        return to_camel(plain, CLOUD_FLOW.input_types)

    @property
    def connections(self) -> tuple[Setting, ...]:
        """Connections that it is bound to itself, which the stack's settings have."""
        entries = (item for item in self.references.values() if isinstance(item, Mapping))
        names = (item.get("connection_name") for item in entries)
        return tuple(name for name in names if isinstance(name, Setting))


@dataclass(frozen=True)
class ReferenceDeclaration:
    """
    A connection reference of the program.

    Attributes:
        place: where the program declares it.
        found: the connection reference.
        setting: key of its connection in the stack's settings.
    """

    place: str
    found: FoundReference
    setting: Setting


@dataclass
class Declarations:
    """
    The additions of one adoption.

    Attributes:
        project: the project's name.
        environment_url: the environment's address.
        config_file: name of the file with the stack's configuration.
        config: that file's text.
        principals: keys of the users and teams among the stack's settings.
        flows: in order of name.
        references: in the order in which the flows need them.
    """

    project: str
    environment_url: str
    config_file: str
    config: str = ""
    principals: list[str] = field(default_factory=list)
    flows: list[FlowDeclaration] = field(default_factory=list)
    references: list[ReferenceDeclaration] = field(default_factory=list)
