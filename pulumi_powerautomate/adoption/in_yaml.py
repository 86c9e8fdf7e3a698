"""Adoption into a program in YAML, with the native provider."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..errors import InvalidInputError
from . import yaml_program as text
from .call_order import called_elsewhere, called_first
from .declaration import Declarations, FlowDeclaration
from .language import Language
from .literals import project_file
from .yaml_folder import CONFIG, PROJECT, RESOURCES, VARIABLES, YamlFolder, added

_ELSEWHERE = ("Main.yaml", "Main.json")


class Yaml(Language):
    """Everything in `Pulumi.yaml`, but the definitions."""

    name = "yaml"
    runtime = "yaml"
    unit = "resource"
    folder: YamlFolder

    def __init__(self, folder: YamlFolder) -> None:
        super().__init__(folder)
        self._program = ""
        self._keys: dict[str, str] = {}
        self._taken = {key.lower() for key in folder.quoted}

    def taken_names(self) -> set[str]:
        return set(self.folder.quoted)

    def setting_of(self, logical_name: str, free: Callable[[str], bool]) -> str:
        # A project's configuration has no keys with dots.
        base = text.setting_key(logical_name)
        number, key = 1, base
        while key != logical_name and not free(key):
            number += 1
            key = f"{base}-{number}"
        return key

    def place_of_flow(self, module: str) -> str:
        return f"{module}.json"

    def place_of_reference(self, logical_name: str, taken: Collection[str]) -> str:
        return PROJECT

    def prepare(self, new: Declarations) -> None:
        for name in _ELSEWHERE:
            if (self.folder.path / name).exists():
                raise InvalidInputError(
                    f"The program in {self.folder.path} is {name}, and entries are added to "
                    f"{PROJECT} only; use another folder."
                )
        beginning = self.folder.text or project_file(new.project, new.environment_url, "yaml")
        sections = {
            CONFIG: self._config(new),
            VARIABLES: {
                text.principal_variable(key): text.principal_entry(key) for key in new.principals
            },
            RESOURCES: self._resources(new),
        }
        missing = {
            name: {
                key: item for key, item in entries.items() if key not in self.folder.section(name)
            }
            for name, entries in sections.items()
        }
        self._program = added(beginning, missing)

    def write(self, new: Declarations) -> None:
        self.folder.replace(new.config_file, new.config)
        self._add_definitions(new)
        # All resources at once, and last: what they read is there by then.
        self.folder.replace(PROJECT, self._program)

    def _config(self, new: Declarations) -> dict[str, str]:
        connections = {
            f"connection-{item.setting}" for item in new.references if item.found.connection_id
        }
        for flow in new.flows:
            connections |= {f"connection-{setting}" for setting in flow.connections}
        keys = [*(f"principal-{key}" for key in new.principals), *sorted(connections)]
        return {key: text.config_entry(key) for key in keys}

    def _resources(self, new: Declarations) -> dict[str, str]:
        entries = {}
        references = self.folder.spelled("ConnectionReference", "logicalName")
        for reference in new.references:
            name = reference.found.logical_name
            key = references[name] = self._key(name, "reference")
            entries[key] = text.reference_entry(key, reference)
        for flow in new.flows:
            self._keys[flow.name] = self._key(flow.name, "flow")
        first = called_first(new.flows)
        for flow in new.flows:
            needs = [
                *(self._keys[called.name] for called in first[flow.name]),
                *called_elsewhere(flow, new.flows, self.folder.spelled("CloudFlow", "workflowId")),
            ]
            entries |= self._flow(flow, references, needs)
        return entries

    def _flow(
        self, flow: FlowDeclaration, references: dict[str, str], needs: list[str]
    ) -> dict[str, str]:
        key = self._keys[flow.name]
        entries = {key: text.flow_entry(key, flow, references, needs)}
        for name, principal, share in flow.shares:
            share_key = self._key(name, "share")
            entries[share_key] = text.share_entry(share_key, name, key, principal, share.access)
        return entries

    def _key(self, name: str, kind: str) -> str:
        base = text.resource_key(name, kind)
        number, key = 1, base
        while key.lower() in self._taken:
            number += 1
            key = f"{base}-{number}"
        self._taken.add(key.lower())
        return key
