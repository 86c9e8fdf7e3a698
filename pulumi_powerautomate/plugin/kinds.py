"""
The kinds of resources: the provider of each, and what Python's constructors do for it besides.

A constructor of the dynamic resources reads the package, looks at the definition and fills in
names before the engine is asked for anything; other languages have no such constructor, so it is
done when the inputs are checked. Nothing here sends a request but `imported`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from ..cloud_flow import CloudFlowProvider, refusal
from ..connection_reference import ConnectionReferenceProvider
from ..environment_variable_value import EnvironmentVariableValueProvider
from ..errors import InvalidInputError
from ..flow_share import FlowShareProvider
from ..flow_shares_exclusive import FlowSharesExclusiveProvider, declarations
from ..inputs.definition import DIGEST, SHOWABLE, definition_inputs
from ..inputs.flow_outputs import changed_inputs
from ..inputs.package import CONTENTS, DIGESTS, FROM_PACKAGE, package_inputs, settings_inputs
from ..models import MODELS, ResourceModel
from ..provider import IDENTITY, DataverseProvider, is_unknown
from ..provider.environment_guard import ENVIRONMENT
from ..publisher import PublisherProvider
from ..solution_component import SolutionComponentProvider
from ..solution_import import SolutionImportProvider
from ..unmanaged_solution import SolutionProvider
from .exactness import refuse_inexact
from .urns import identity_of
from .wire import UNKNOWN, Path


class Kind:
    """A kind of resource, as the protocol's calls need it."""

    # Inputs that stand for another one: what `ignoreChanges` keeps with it.
    travels_as: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    # Hidden properties that tell of a property, and are a secret when it is one.
    tells_of: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})

    def __init__(self, name: str, provider: DataverseProvider) -> None:
        self.name = name
        self.model: ResourceModel = MODELS[name]
        self.provider = provider

    def prepared(self, news: dict[str, Any], name: str, secrets: Iterable[Path]) -> dict[str, Any]:
        """Inputs of a program as Python's constructor would pass them on."""
        return news

    def changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        """Inputs in which a declaration differs from what the last operation recorded."""
        names = (*self.model.echoed, *self.model.on_change("replace"))
        return {name for name in names if olds.get(name) != news.get(name)}

    def imported(self, id_: str, urn: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """
        A resource that the state does not have: its id, outputs and inputs; an empty id if gone.
        """
        here = {ENVIRONMENT: self.provider.connection.host}
        result = self.provider.read(id_, here)
        if not result.id:
            return "", {}, {}
        inputs = {**(result.inputs or {}), IDENTITY: identity_of(urn, {}), **here}
        return result.id, {**(result.outs or {}), IDENTITY: inputs[IDENTITY]}, inputs

    def refusal(self, outputs: Mapping[str, Any], name: str) -> str:
        """Why a resource that was written is not as declared; empty when it is."""
        reason = next(
            (outputs[item.name] for item in self.model.errors if item.name in outputs), ""
        )
        if not reason:
            return ""
        return f"{self.name} {name!r} is not as declared. {reason} The next `pulumi up` carries on."


class _CloudFlowKind(Kind):
    tells_of: ClassVar[Mapping[str, tuple[str, ...]]] = {"definition": (DIGEST,)}

    def prepared(self, news: dict[str, Any], name: str, secrets: Iterable[Path]) -> dict[str, Any]:
        refuse_inexact(news.get("definition"), "definition")
        secret = any(path[0] in ("definition", "connectionReferences") for path in secrets)
        return {"name": name, "state": "on", **news, SHOWABLE: not secret}

    def changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        found = changed_inputs(olds, news)
        return {"connection_references" if name == "references" else name for name in found}

    def imported(self, id_: str, urn: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        provider = self.provider
        assert isinstance(provider, CloudFlowProvider)
        live = provider.client.workflows.find(id_)
        if live is None:
            return "", {}, {}
        if not live.definition:
            reason = live.unreadable or "the environment stores none that you can read"
            raise InvalidInputError(f"Flow {id_}: its definition cannot be read: {reason}.")
        inputs = {
            "name": live.name,
            "description": live.description or None,
            "state": "on" if live.state == "on" else "off",
            "workflow_id": live.workflow_id,
            SHOWABLE: True,
            IDENTITY: identity_of(urn, {}),
            **definition_inputs(live.definition, dict(live.references or {}), live.name),
        }
        result = provider.check({}, {key: item for key, item in inputs.items() if item is not None})
        if result.failures:
            raise InvalidInputError(" ".join(problem.reason for problem in result.failures))
        if not result.inputs["connection_references"]:
            del result.inputs["connection_references"]
        return live.workflow_id, provider.recorded(result.inputs, live), result.inputs

    def refusal(self, outputs: Mapping[str, Any], name: str) -> str:
        told = (outputs.get(key) or "" for key in ("name", "current_state", "activation_error"))
        return refusal(*told)


class _SharesExclusiveKind(Kind):
    def changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        found = super().changed(olds, news)
        return found | ({"shares"} if olds.get("shares") != news.get("shares") else set())

    def imported(self, id_: str, urn: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        found, outputs, inputs = super().imported(id_, urn)
        if found:
            inputs["shares"] = declarations(outputs["shares"])
        return found, outputs, inputs


class _SolutionImportKind(Kind):
    travels_as: ClassVar[Mapping[str, tuple[str, ...]]] = {"package": FROM_PACKAGE}
    tells_of: ClassVar[Mapping[str, tuple[str, ...]]] = {"package": (DIGESTS, CONTENTS)}

    def prepared(self, news: dict[str, Any], name: str, secrets: Iterable[Path]) -> dict[str, Any]:
        package = news.get("package")
        if is_unknown(package):
            return {**news, **dict.fromkeys(FROM_PACKAGE, UNKNOWN)}
        if not isinstance(package, str) or not package:
            raise InvalidInputError("package is missing; give the path of a solution zip.")
        settings = news.pop("settings", None)
        bindings = [news.get(key) for key in ("connection_references", "environment_variables")]
        if is_unknown(settings) or is_unknown(bindings):
            return {**news, **package_inputs(package)}
        found = settings_inputs(settings, *bindings)
        return {**news, **package_inputs(package), **found}

    def changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        found = super().changed(olds, news) - set(self.model.on_change("nothing"))
        imported = any(olds.get(key) != news.get(key) for key in ("sha256", "version"))
        return found | ({"package"} if imported else set())

    def imported(self, id_: str, urn: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        raise InvalidInputError(
            "A SolutionImport cannot be imported, because the environment does not keep the "
            "package. Declare it: what was imported already is not imported again."
        )


class _SolutionComponentKind(Kind):
    def prepared(self, news: dict[str, Any], name: str, secrets: Iterable[Path]) -> dict[str, Any]:
        # The default of Python's constructor; a type that is either text or number has none in Go.
        return {**news, "component_type": news.get("component_type", "workflow")}


_CLASSES: Mapping[str, tuple[type[Kind], type[DataverseProvider]]] = {
    "CloudFlow": (_CloudFlowKind, CloudFlowProvider),
    "FlowShare": (Kind, FlowShareProvider),
    "FlowSharesExclusive": (_SharesExclusiveKind, FlowSharesExclusiveProvider),
    "SolutionImport": (_SolutionImportKind, SolutionImportProvider),
    "Publisher": (Kind, PublisherProvider),
    "Solution": (Kind, SolutionProvider),
    "SolutionComponent": (_SolutionComponentKind, SolutionComponentProvider),
    "ConnectionReference": (Kind, ConnectionReferenceProvider),
    "EnvironmentVariableValue": (Kind, EnvironmentVariableValueProvider),
}


def kinds() -> dict[str, Kind]:
    """Every kind of resource by its name, with a provider that is yet to be configured."""
    return {name: kind(name, provider()) for name, (kind, provider) in _CLASSES.items()}
