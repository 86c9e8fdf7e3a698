"""The switch with which a Python program's resources are those of the native provider."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from functools import cache

import pulumi

from ..config import NAMESPACE
from ..errors import InvalidInputError
from ..models import MODELS, Type, camel

# What stands for the organization in the identities of the native provider's resources: the
# protocol does not tell it.
NO_ORGANIZATION = "organization"
# By the program, for one process can run several; whether it has chosen the native provider.
_choices: weakref.WeakKeyDictionary[object, bool] = weakref.WeakKeyDictionary()


class _Outside:
    """Stands for the program where there is none, as in a unit test."""


_OUTSIDE = _Outside()


def use_native_provider() -> None:
    """
    Let the resources of this program be those of the native provider.

    Call it before the first resource is made. Arguments, outputs and behaviour stay; the engine
    finds `pulumi-resource-powerautomate`, which this package brings, on `PATH`. Resources that the
    stack has as dynamic ones are taken over: the next run shows one update for each, which changes
    the state and sends nothing. See `sdk-docs/plugin.md`.

    Raises:
        InvalidInputError: a resource was made before.
    """
    program = _program()
    if _choices.get(program) is False:
        raise InvalidInputError(
            "use_native_provider() comes too late: a resource of this program is a dynamic one "
            "already. Call it before the first resource."
        )
    _choices[program] = True


def in_use() -> bool:
    """Whether resources are the native provider's; the first question settles it."""
    return _choices.setdefault(_program(), False)


def _program() -> object:
    return pulumi.runtime.get_root_resource() or _OUTSIDE


def type_of(name: str) -> str:
    """The type of a kind of resource in the native provider."""
    return f"{NAMESPACE}:index:{name}"


@cache
def names_of(name: str) -> Mapping[str, str]:
    """Names of all properties of a kind, and of what is in them, in Python and in the protocol."""
    model = MODELS[name]
    types = (*model.types.values(), *model.input_types.values())
    inner = {each for type_ in types for each in _inside(type_)}
    return {each: camel(each) for each in inner.union(model.types, model.input_types)}


@cache
def python_names_of(name: str) -> Mapping[str, str]:
    """The same the other way round."""
    return {there: here for here, there in names_of(name).items()}


def _inside(type_: Type) -> Iterator[str]:
    for member in type_.members:
        yield member.name
        yield from _inside(member.type)
    for part in type_.of:
        yield from _inside(part)
