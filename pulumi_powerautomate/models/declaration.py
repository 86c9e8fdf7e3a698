"""The declaration of a property and of a resource, and their names in other languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal


@dataclass(frozen=True)
class Type:
    """
    The type of a property.

    Attributes:
        kind: `any` is any JSON, whose member names are nobody's to change; `either` is one of
            several types.
        of: the types inside of `list`, `map` and `either`.
        name: of an `object`.
        description: of an `object`.
        members: of an `object`.
    """

    kind: Literal[
        "string", "integer", "number", "boolean", "any", "list", "map", "object", "either"
    ]
    of: tuple[Type, ...] = ()
    name: str = ""
    description: str = ""
    members: tuple[Property, ...] = ()


@dataclass(frozen=True)
class Property:
    """
    An input or an output.

    Attributes:
        name: its name in Python; other languages take `camel(name)`.
        type: its type.
        description: meaning, accepted values, units, default and what a change does, in words that
            hold in every language.
        required: whether a program has to give it, or the service always does.
        secret: whether it is always kept encrypted.
        allowed: the only values that a text takes.
        default: what it is when it is left out, where that is one value.
        on_change: whether a change is carried out in place, replaces the resource, imports the
            package again, or sends nothing.
        echoed: whether the output of the same name repeats the input.
    """

    name: str
    type: Type
    description: str
    required: bool = False
    secret: bool = False
    allowed: tuple[str, ...] = ()
    default: str | bool | float | None = None
    on_change: Literal["update", "replace", "import", "nothing"] = "update"
    echoed: bool = True


@dataclass(frozen=True)
class ResourceModel:
    """
    A kind of resource.

    Attributes:
        name: name of its class.
        description: what it is, for every language.
        inputs: what a program gives.
        outputs: what there is besides the echoed inputs.
        errors: outputs that say why the resource is not as declared.
        import_id: what `pulumi import` takes as its id; empty where it cannot be imported.
    """

    name: str
    description: str
    inputs: tuple[Property, ...]
    outputs: tuple[Property, ...]
    errors: tuple[Property, ...] = ()
    import_id: str = ""

    @cached_property
    def echoed(self) -> tuple[str, ...]:
        """Names of the inputs that the outputs repeat."""
        return tuple(item.name for item in self.inputs if item.echoed)

    @cached_property
    def computed(self) -> tuple[str, ...]:
        """Names of the outputs that no program gives."""
        return tuple(item.name for item in (*self.outputs, *self.errors))

    @cached_property
    def types(self) -> Mapping[str, Type]:
        """Types of all properties by their names in Python; an output's wins over an input's."""
        return {item.name: item.type for item in (*self.inputs, *self.outputs, *self.errors)}

    @cached_property
    def input_types(self) -> Mapping[str, Type]:
        """Types of all properties by their names in Python; an input's wins over an output's."""
        return {**self.types, **{item.name: item.type for item in self.inputs}}

    def on_change(self, *kinds: str) -> tuple[str, ...]:
        """Names of the inputs of which a change does one of some things."""
        return tuple(item.name for item in self.inputs if item.on_change in kinds)


STRING = Type("string")
BOOLEAN = Type("boolean")
NUMBER = Type("number")
INTEGER = Type("integer")
ANY = Type("any")


def list_of(item: Type) -> Type:
    """A list of one type."""
    return Type("list", (item,))


def map_of(item: Type) -> Type:
    """A mapping from names, which are the program's, to one type."""
    return Type("map", (item,))


def either(*types: Type) -> Type:
    """One of several types."""
    return Type("either", types)


@cache
def camel(name: str) -> str:
    """A name as languages other than Python, and the protocol, spell it."""
    if name.startswith("_"):
        return name
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def to_camel(values: Mapping[str, Any], types: Mapping[str, Type]) -> dict[str, Any]:
    """Properties under the names of the protocol; others keep theirs, so that they come back."""
    return {
        camel(key) if key in types else key: _renamed(item, types.get(key), True)
        for key, item in values.items()
    }


def from_camel(values: Mapping[str, Any], types: Mapping[str, Type]) -> dict[str, Any]:
    """Properties under their names in Python; those that have them already, and others, stay."""
    names = {camel(name): name for name in types}
    return {
        names.get(key, key): _renamed(item, types.get(names.get(key, key)), False)
        for key, item in values.items()
    }


def _renamed(value: Any, type_: Type | None, outward: bool) -> Any:
    if type_ is None:
        return value
    if type_.kind == "either":
        fitting = [one for one in type_.of if _fits(value, one)]
        return _renamed(value, fitting[0] if fitting else None, outward)
    if type_.kind == "list" and isinstance(value, (list, tuple)):
        return [_renamed(item, type_.of[0], outward) for item in value]
    if type_.kind == "map" and isinstance(value, Mapping):
        return {key: _renamed(item, type_.of[0], outward) for key, item in value.items()}
    if type_.kind == "object" and isinstance(value, Mapping):
        types = {member.name: member.type for member in type_.members}
        rename: Callable[..., dict[str, Any]] = to_camel if outward else from_camel
        return rename(value, types)
    return value


def _fits(value: Any, type_: Type) -> bool:
    wanted: Mapping[str, Any] = {"list": (list, tuple), "map": Mapping, "object": Mapping}
    return type_.kind in wanted and isinstance(value, wanted[type_.kind])
