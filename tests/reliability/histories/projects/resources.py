"""Declarations of a project, each as inputs of a provider, as a resource of a program, as facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pulumi

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.connection_reference import ConnectionReferenceProvider
from pulumi_powerautomate.environment_variable_value import EnvironmentVariableValueProvider
from pulumi_powerautomate.flow import digest
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from pulumi_powerautomate.inputs.package import package_inputs
from pulumi_powerautomate.provider import IDENTITY, identity_in
from pulumi_powerautomate.solution_component import SolutionComponentProvider
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import hourly, mailing
from tests.harness.packages import FlowPart, package
from tests.reliability.histories.command import Declared
from tests.reliability.histories.projects.facts import EXISTS, Facts, Place

MASKS = {"read": 1, "write": 2, "append": 4, "delete": 65536}
PACKAGED = "a0000000-0000-4000-8000-000000000009"
PACKAGED_REFERENCE = "contoso_packaged"
PACKAGED_VARIABLE = "contoso_Packaged"
_KEY = "shared_office365"

Ids = Mapping[str, str]
"""Id of each resource that is known, by its name in the program."""
Made = dict[str, Any]
"""Resources of a Pulumi program, by name."""


@dataclass(frozen=True)
class Declaration:
    """One resource of a program; `alias` is the name that it had before."""

    provider: ClassVar[type]
    resource: ClassVar[type]
    flow_input: ClassVar[str] = "flow_id"
    """The input that names a flow of the program, if any."""
    alias: str = field(default="", kw_only=True)

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of resources that have to be there before it."""
        return ()

    def overwrites(self, place: Place) -> bool:
        """Whether what somebody changed there may be overwritten without a word."""
        return False

    @property
    def old_first(self) -> bool | None:
        """Whether an old one goes before a new one comes; when None, its `diff` says so."""
        found: bool | None = getattr(self.resource, "old_first", True)
        return found

    def declared(self, name: str) -> Declared:
        """The same for the small engine."""
        kind = f"pulumi-python:dynamic/powerautomate:{self.resource.__name__}"
        identity = identity_in("organization", "dev", "demo", kind, name)
        inputs = {**self.inputs(name), IDENTITY: identity}
        given = {key: value for key, value in inputs.items() if value is not None}
        flow = self.needs[0] if self.needs and self.flow_input in inputs else ""
        return Declared(self.provider, given, flow, self.flow_input, needs=self.needs,
                        alias=self.alias, old_first=self.old_first)  # fmt: skip

    def inputs(self, name: str) -> dict[str, Any]:
        """The inputs that its constructor hands to the provider."""
        raise NotImplementedError

    def make(self, name: str, made: Made) -> pulumi.Resource:
        """Declare it in a Pulumi program."""
        raise NotImplementedError

    def facts(self, name: str, ids: Ids) -> Facts:
        """The facts that the environment has to hold for it."""
        raise NotImplementedError

    def options(self, made: Made, **more: Any) -> pulumi.ResourceOptions:
        """Resource options of its program."""
        aliases = [pulumi.Alias(name=self.alias)] if self.alias else None
        needs = [made[name] for name in self.needs]
        return pulumi.ResourceOptions(aliases=aliases, depends_on=needs, **more)


@dataclass(frozen=True)
class Flow(Declaration):
    """A flow; `reference` and `child` make it one that sends mail, or that calls another."""

    provider = CloudFlowProvider
    resource = powerautomate.CloudFlow
    text: str = "one"
    state: str = "on"
    title: str | None = None
    description: str | None = None
    solution: str | None = None
    owner: str | None = None
    workflow_id: str | None = None
    on_conflict: str | None = None
    reference: str = ""
    child: str = ""
    new_first: bool = False
    """Whether a new one is made before the old one goes, when it is replaced."""
    after: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        return self.after

    def overwrites(self, place: Place) -> bool:
        return self.on_conflict == "overwrite"

    @property
    def old_first(self) -> bool | None:
        return False if self.new_first else super().old_first

    @property
    def definition(self) -> dict[str, Any]:
        """The flow itself."""
        if self.reference:
            return mailing(f"{self.text}@contoso.com")
        definition = hourly(self.text)
        if self.child:
            definition["actions"]["Call"] = {
                "type": "Workflow",
                "runAfter": {"Greet": ["Succeeded"]},
                "inputs": {"host": {"workflowReferenceName": self.child}, "body": {}},
            }
        return definition

    @property
    def references(self) -> dict[str, Any] | None:
        """Connection references, as a program gives them."""
        return {_KEY: {"logical_name": self.reference}} if self.reference else None

    def inputs(self, name: str) -> dict[str, Any]:
        return {
            "name": self.title or name,
            "definition": json.dumps(self.definition),
            "connection_references": self.references,
            "owner": {"type": "user", "id": self.owner} if self.owner else None,
            **{key: getattr(self, key) for key in ("state", "description", "solution",
                                                   "workflow_id", "on_conflict")},
        }  # fmt: skip

    def make(self, name: str, made: Made) -> pulumi.Resource:
        more = self.inputs(name)
        if self.owner:
            more["owner"] = powerautomate.user(self.owner)
        options = {"delete_before_replace": False} if self.new_first else {}
        return powerautomate.CloudFlow(name, self.options(made, **options), **more)

    def facts(self, name: str, ids: Ids) -> Facts:
        which = ids[name]
        wanted = {
            EXISTS: True,
            "name": self.title or name,
            "state": self.state,
            "definition": digest(self.definition),
            "references": json.dumps({_KEY: self.reference} if self.reference else {}),
        }
        if self.description is not None:
            wanted["description"] = self.description
        if self.owner is not None:
            wanted["owner"] = self.owner
        facts: Facts = {("flow", which, column): value for column, value in wanted.items()}
        if self.solution:
            facts["member", which, self.solution] = True
        return facts


@dataclass(frozen=True)
class Share(Declaration):
    """A share of a flow of the program, or of one that nobody declares."""

    provider = FlowShareProvider
    resource = powerautomate.FlowShare
    flow: str
    """Name of the flow in the program, or its id."""
    principal: tuple[str, str]
    access: tuple[str, ...]
    on_conflict: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        return () if "-" in self.flow else (self.flow,)

    def overwrites(self, place: Place) -> bool:
        return True

    def inputs(self, name: str) -> dict[str, Any]:
        kind, id_ = self.principal
        return {
            "flow_id": self.flow,
            "principal": {"type": kind, "id": id_},
            "access": list(self.access),
            "on_conflict": self.on_conflict,
        }

    def make(self, name: str, made: Made) -> pulumi.Resource:
        flow = made[self.flow].id if self.needs else self.flow
        return powerautomate.FlowShare(
            name,
            pulumi.ResourceOptions(aliases=[pulumi.Alias(name=self.alias)] if self.alias else None),
            **{**self.inputs(name), "flow_id": flow},
        )

    def facts(self, name: str, ids: Ids) -> Facts:
        flow = ids[self.flow] if self.needs else self.flow
        return {("share", f"{flow}/{self.principal[1]}", EXISTS): mask(self.access)}


@dataclass(frozen=True)
class ShareList(Declaration):
    """All shares of a flow that nobody declares."""

    provider = FlowSharesExclusiveProvider
    resource = powerautomate.FlowSharesExclusive
    flow: str
    shares: tuple[tuple[tuple[str, str], tuple[str, ...]], ...]
    on_conflict: str | None = None

    def overwrites(self, place: Place) -> bool:
        return True

    def inputs(self, name: str) -> dict[str, Any]:
        shares = [{"principal": {"type": kind, "id": id_}, "access": list(access)}
                  for (kind, id_), access in self.shares]  # fmt: skip
        return {"flow_id": self.flow, "shares": shares, "on_conflict": self.on_conflict}

    def make(self, name: str, made: Made) -> pulumi.Resource:
        return powerautomate.FlowSharesExclusive(name, self.options(made), **self.inputs(name))

    def facts(self, name: str, ids: Ids) -> Facts:
        return {
            ("share", f"{self.flow}/{principal[1]}", EXISTS): mask(access)
            for principal, access in self.shares
        }


@dataclass(frozen=True)
class Component(Declaration):
    """The place of a flow of the program in a solution."""

    provider = SolutionComponentProvider
    resource = powerautomate.SolutionComponent
    flow_input = "component_id"
    flow: str
    solution: str

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.flow,)

    def inputs(self, name: str) -> dict[str, Any]:
        return {"solution": self.solution, "component_id": self.flow}

    def make(self, name: str, made: Made) -> pulumi.Resource:
        return powerautomate.SolutionComponent(
            name, self.options(made), solution=self.solution, component_id=made[self.flow].id
        )

    def facts(self, name: str, ids: Ids) -> Facts:
        return {("member", ids[self.flow], self.solution): True}


@dataclass(frozen=True)
class Reference(Declaration):
    """A connection reference."""

    provider = ConnectionReferenceProvider
    resource = powerautomate.ConnectionReference
    logical_name: str
    connection_id: str | None = None
    display_name: str | None = None
    description: str | None = None
    after: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        return self.after

    def inputs(self, name: str) -> dict[str, Any]:
        return {
            "logical_name": self.logical_name,
            "connector": _KEY,
            "connection_id": self.connection_id,
            "display_name": self.display_name,
            "description": self.description,
        }

    def make(self, name: str, made: Made) -> pulumi.Resource:
        return powerautomate.ConnectionReference(name, self.options(made), **self.inputs(name))

    def facts(self, name: str, ids: Ids) -> Facts:
        wanted = {EXISTS: True, "connector": _KEY}
        for column in ("connection_id", "display_name", "description"):
            value = getattr(self, column)
            if value is not None:
                wanted[column] = value
        return {("reference", self.logical_name, column): value
                for column, value in wanted.items()}  # fmt: skip


@dataclass(frozen=True)
class Variable(Declaration):
    """The value of an environment variable."""

    provider = EnvironmentVariableValueProvider
    resource = powerautomate.EnvironmentVariableValue
    schema_name: str
    value: str
    after: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        return self.after

    def inputs(self, name: str) -> dict[str, Any]:
        return {"schema_name": self.schema_name, "value": self.value}

    def make(self, name: str, made: Made) -> pulumi.Resource:
        return powerautomate.EnvironmentVariableValue(
            name, self.options(made), schema_name=self.schema_name, value=self.value
        )

    def facts(self, name: str, ids: Ids) -> Facts:
        return {("variable", self.schema_name, EXISTS): self.value}


@dataclass(frozen=True)
class Package(Declaration):
    """A managed package with a flow, a connection reference and an environment variable."""

    provider = SolutionImportProvider
    resource = powerautomate.SolutionImport
    folder: Path
    number: int
    text: str
    connection: str | None
    """None where a resource of its own declares it, as with the value."""
    value: str | None
    synchronous: bool = False

    def overwrites(self, place: Place) -> bool:
        # An import replaces what is in the package.
        return place[0] in ("solution", "flow")

    @property
    def path(self) -> Path:
        """The package, written when it is asked for."""
        path = self.folder / f"{self.number}-{self.text}.zip"
        if not path.exists():
            part = FlowPart(PACKAGED, "Packaged", hourly(self.text), on=False)
            package(path, part, managed=True, version=self._version,
                    references={PACKAGED_REFERENCE: _KEY},
                    variables={PACKAGED_VARIABLE: "default"})  # fmt: skip
        return path

    @property
    def _version(self) -> str:
        return f"{self.number}.0.0.0"

    def inputs(self, name: str) -> dict[str, Any]:
        return {**package_inputs(self.path), **self._bindings()}

    def _bindings(self) -> dict[str, Any]:
        return {
            "activate_flows": "all",
            "connection_references": _given({PACKAGED_REFERENCE: self.connection}),
            "environment_variables": _given({PACKAGED_VARIABLE: self.value}),
            "synchronous": self.synchronous or None,
        }

    def make(self, name: str, made: Made) -> pulumi.Resource:
        return powerautomate.SolutionImport(
            name, self.options(made), package=str(self.path), **self._bindings()
        )

    def facts(self, name: str, ids: Ids) -> Facts:
        wanted = {
            ("solution", "Contoso", EXISTS): True,
            ("solution", "Contoso", "version"): self._version,
            ("flow", PACKAGED, EXISTS): True,
            ("flow", PACKAGED, "name"): "Packaged",
            ("flow", PACKAGED, "state"): "on",
            ("flow", PACKAGED, "definition"): digest(hourly(self.text)),
            ("reference", PACKAGED_REFERENCE, EXISTS): True,
            ("reference", PACKAGED_REFERENCE, "connection_id"): self.connection,
            ("variable", PACKAGED_VARIABLE, EXISTS): self.value,
        }
        return {place: value for place, value in wanted.items() if value is not None}


Project = dict[str, Declaration]


def _given(values: Mapping[str, str | None]) -> dict[str, str] | None:
    return {name: value for name, value in values.items() if value is not None} or None


def mask(rights: tuple[str, ...]) -> int:
    """The service's number for rights."""
    return sum(MASKS[right] for right in rights)
