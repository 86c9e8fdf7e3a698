"""
The look-ups (`get_*`) for every language.

Arguments and results are declared once, by the Python functions and the classes of their results;
names in the protocol and the published types derive from those.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import pulumi

from ..errors import InvalidInputError
from ..functions import access, drafts, environments, flows, solutions
from ..models import PRINCIPAL, Type, camel, from_camel, to_camel
from ..models.declaration import ANY, BOOLEAN, INTEGER, NUMBER, STRING, Property, list_of
from ..provider import Principal
from .urns import MODULE

# The function, and the name of its result where that is a list.
_FUNCTIONS: tuple[tuple[Callable[..., Any], str], ...] = (
    (flows.get_flow, ""),
    (flows.get_flows, "flows"),
    (drafts.get_flow_drafts, "drafts"),
    (access.get_flow_access, "access"),
    (access.get_principal_access, "access"),
    (access.get_users, "users"),
    (access.get_teams, "teams"),
    (environments.get_environments, "environments"),
    (solutions.get_solutions, "solutions"),
    (solutions.get_solution, ""),
    (solutions.get_solution_components, "components"),
    (solutions.get_import_job, ""),
    (solutions.get_connection_references, "connection_references"),
    (solutions.get_environment_variables, "environment_variables"),
)
_SCALARS: Mapping[Any, Type] = {str: STRING, bool: BOOLEAN, int: INTEGER, float: NUMBER}


class Function:
    """
    A look-up.

    Attributes:
        token: its token in the protocol.
        call: the Python function.
        arguments: what it takes.
        result: what it returns, an object.
    """

    def __init__(self, function: Callable[..., Any], listed: str) -> None:
        self.call: Callable[..., Any] = inspect.unwrap(function)
        self.token = MODULE + camel(self.call.__name__)
        hints = get_type_hints(self.call)
        self.arguments = tuple(
            _argument(name, parameter, hints[name])
            for name, parameter in inspect.signature(self.call).parameters.items()
            if name != "provider"
        )
        self._listed = listed
        found = type_of(hints["return"])
        self.result = (
            Type("object", members=(Property(listed, found, "", required=True),))
            if listed
            else found
        )

    def answer(self, given: Mapping[str, Any], provider: Any) -> dict[str, Any]:
        """
        The result for arguments under the names of the protocol.

        Raises:
            InvalidInputError: an argument is missing or unknown.
            PowerAutomateError: what the function raises.
        """
        types_ = {item.name: item.type for item in self.arguments}
        arguments = {
            key: item for key, item in from_camel(given, types_).items() if item is not None
        }
        known = set(types_)
        name = self.token.removeprefix(MODULE)
        for key in sorted(set(arguments) - known):
            listed = ", ".join(map(camel, sorted(known))) or "none"
            raise InvalidInputError(f"{name}: there is no argument {key!r}; there are {listed}.")
        for item in self.arguments:
            if item.required and item.name not in arguments:
                raise InvalidInputError(f"{name}: {camel(item.name)} is missing.")
        found = self.call(**arguments, provider=provider)
        whole = {self._listed: found} if self._listed else found
        return to_camel(whole, {item.name: item.type for item in self.result.members})


def _argument(name: str, parameter: inspect.Parameter, hint: Any) -> Property:
    required = parameter.default is inspect.Parameter.empty
    default = parameter.default if isinstance(parameter.default, (str, bool)) else None
    allowed = _allowed(hint)
    return Property(name, type_of(hint), "", required, allowed=allowed, default=default)


def type_of(hint: Any) -> Type:
    """The type that an annotation stands for; None among its choices is left out."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    if hint is Principal:
        return PRINCIPAL
    if is_typeddict(hint):
        return _object(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return STRING
    if origin in (Union, types.UnionType):
        (kept,) = [item for item in inner if item is not type(None)]
        return type_of(kept)
    if origin is list:
        return list_of(type_of(inner[0]))
    # Definitions and connection references: JSON, whose names are data.
    return ANY


def _name_of(kind: type) -> str:
    """The published name of a result; a `Get` would be taken for the result of a function in Go."""
    return kind.__name__.removeprefix("Get").removesuffix("Result") + "Result"


@cache
def _object(kind: type) -> Type:
    members = tuple(
        Property(
            name,
            type_of(hint),
            "",
            required=type(None) not in get_args(hint),
            allowed=_allowed(hint),
        )
        for name, hint in get_type_hints(kind).items()
    )
    text = inspect.getdoc(kind) or ""
    return Type("object", name=_name_of(kind), description=text, members=members)


def _allowed(hint: Any) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return tuple(get_args(hint))
    return next((found for item in get_args(hint) if (found := _allowed(item))), ())


class Asking:
    """The settings of a lookup: those of an explicit provider."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings


def settle_configuration(settings: Mapping[str, str], *, explicit: bool) -> Asking | None:
    """
    Let the look-ups of this process use a provider's settings.

    Those of the default provider are the stack's configuration, which environment variables may
    overrule; the Python functions look it up where a program's would be.

    Args:
        settings: by their keys in stack configuration.
        explicit: whether they are arguments of an explicit provider.
    """
    from ..config import SETTINGS

    if not explicit:
        pulumi.runtime.set_all_config(dict(settings))
        return None
    names = {setting.key: setting.name for setting in SETTINGS.values()}
    return Asking({names[key]: value for key, value in settings.items() if key in names})


@cache
def functions() -> Mapping[str, Function]:
    """Every look-up by its token."""
    found = (Function(function, listed) for function, listed in _FUNCTIONS)
    return {function.token: function for function in found}
