"""The base of the resource classes: how a dynamic resource of ours is registered."""

from __future__ import annotations

import base64
import gc
import inspect
import pickle
import re
from collections.abc import Awaitable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import Resource

from ..errors import InvalidInputError
from ..models import MODELS
from . import native
from .base import DataverseProvider
from .left_out import needs_that_fail
from .options import OPTIONS, apply_options, options_of
from .program_errors import one_line_errors
from .properties import FAILED_NEEDS, IDENTITY

_STACK_TYPE = "pulumi:pulumi:Stack"
# Fixed, so that the string in users' state stays the same whatever Python makes its default.
_PICKLE_PROTOCOL = 4
# Of Python up to 3.13, and later.
_DEFAULT_THRESHOLDS = (700, 2000)
_THRESHOLD = 10_000
# The engine sends all numbers as floats; for these the annotation makes Pulumi turn them back.
_WHOLE = re.compile(r"\bint\b")


class DataverseResource(Resource):
    """
    A dynamic resource whose provider is pickled once per class.

    `pulumi.dynamic.Resource` pickles it for every resource and leaves a patch of the standard
    library behind each time, until one of the next resources ends in a RecursionError. So its
    constructor is passed over, and the one above it is called with what it would have prepared.
    That is done in a method of another name: Pulumi takes the line that calls the third constructor
    from the inside for the line of the program, and records it in the state.

    Subclasses say what to do instead of Pulumi's `import_`, and which inputs travel as something
    else than the program wrote, with the properties that stand for them, what is compared first.
    `old_first` says whether a replacement always deletes the old row first; with None it is the
    provider's `diff` that says so.

    Pulumi makes an output, with some thirty objects, of each property that is passed on, and works
    out the types of all annotated outputs anew for each resource. So inputs that are left out are
    passed over, and found as outputs when somebody looks at them (`_optional`); and annotations
    stay where Pulumi looks only if it reads something from them (`declared_outputs` has all).
    """

    _import_hint: ClassVar[str] = "Declare it: one that exists already is adopted."
    _travels_as: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    _optional: ClassVar[frozenset[str]] = frozenset()
    declared_outputs: ClassVar[Mapping[str, str]] = {}
    old_first: ClassVar[bool | None] = True
    # Names in the protocol, and back, where the resource is the native provider's.
    _to_protocol: Mapping[str, str] = MappingProxyType({})
    _to_python: Mapping[str, str] = MappingProxyType({})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.partition(".")[0] == __name__.partition(".")[0]:
            cls.declared_outputs = inspect.get_annotations(cls)
            _show_whole_numbers_only(cls)

    def _register(
        self,
        provider: type[DataverseProvider],
        resource_name: str,
        props: dict[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        """
        Register the resource; constructors end with it.

        Args:
            provider: what carries its operations out.
            resource_name: its name in the stack.
            props: its inputs, and None for each output that the service decides.
            opts: its options, as they were given.
        """
        _collect_less_often()
        cls = type(self)
        opts = options_of(opts, cls.__name__, resource_name)
        if native.in_use():
            self._register_native(resource_name, props, opts)
            return
        opts = pulumi.ResourceOptions.merge(
            # The id is ours to choose and stays: made first, the new row would be the old one,
            # and its deletion would follow.
            pulumi.ResourceOptions(delete_before_replace=self.old_first),
            opts,
        )
        kind = self.dynamic_type()
        props = {**props, "__provider": pickled(provider)}  # type: ignore[arg-type]
        _refuse_half_characters(props, resource_name)
        told = apply_options(
            opts,
            props,
            where=f"{cls.__name__} {resource_name!r}",
            import_hint=self._import_hint,
            travels_as=self._travels_as,
        )
        if told is not None:
            props[OPTIONS] = told
        if opts.id is None:
            props = {
                key: value
                for key, value in props.items()
                if value is not None or key not in self._optional
            }
            props[IDENTITY] = identity(kind, resource_name, opts.parent)
        needs = needs_that_fail(self, props, opts)
        if needs is not None:
            props[FAILED_NEEDS] = needs
        pulumi.CustomResource.__init__(self, kind, resource_name, props, opts)

    def _register_native(
        self, resource_name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        """Register the resource as one of the native provider, which takes over a dynamic one."""
        model = MODELS[type(self).__name__]
        self._to_protocol = native.names_of(model.name)
        self._to_python = native.python_names_of(model.name)
        given = {item.name: props.get(item.name) for item in model.inputs}
        _refuse_half_characters(given, resource_name)
        former = pulumi.Alias(type_=self.dynamic_type())
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[former]))
        outputs = dict.fromkeys(model.computed)
        kind = native.type_of(model.name)
        pulumi.CustomResource.__init__(self, kind, resource_name, {**outputs, **given}, opts)
        needs = needs_that_fail(self, given, opts)
        if needs is not None:
            # Only to be told: this provider needs no word of it.
            _names: pulumi.Output[list[str] | None] = pulumi.Output.from_input(needs)

    @classmethod
    def dynamic_type(cls) -> str:
        """The type of a dynamic resource of this class in the state."""
        return f"pulumi-python:{cls._resource_type_name}"

    def identity_of(self, resource_name: str) -> str:
        """Pulumi organization and URN of the resource, without parents."""
        if native.in_use():
            kind, organization = native.type_of(type(self).__name__), native.NO_ORGANIZATION
        else:
            kind, organization = self.dynamic_type(), pulumi.get_organization()
        stack, project = pulumi.get_stack(), pulumi.get_project()
        return identity_in(organization, stack, project, kind, resource_name)

    def translate_input_property(self, prop: str) -> str:
        return self._to_protocol.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        return self._to_python.get(prop, prop)

    if not TYPE_CHECKING:
        # Hidden from type checkers, for which every attribute would be there.

        def __getattr__(self, name: str) -> Any:
            """An input that was left out, as an output."""
            if name in self._optional:
                return pulumi.Output.from_input(None)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


@one_line_errors
def _refuse_half_characters(props: Mapping[str, Any], resource_name: str) -> None:
    """
    Refuse text that cannot be sent, before the engine's library fails on it with a traceback.

    Raises:
        InvalidInputError: an input holds half of a surrogate pair.
    """
    for key, value in props.items():
        try:
            if isinstance(value, str):
                value.encode()
        except UnicodeEncodeError:
            raise InvalidInputError(
                f"{resource_name}: {key} holds half of a character (a lone surrogate); "
                "write the whole character."
            ) from None


def _show_whole_numbers_only(cls: Any) -> None:
    """Leave those annotations alone where Pulumi looks that it does something for."""
    cls.__annotations__ = {
        name: hint for name, hint in cls.declared_outputs.items() if _WHOLE.search(hint)
    }


@cache
def _collect_less_often() -> None:
    """
    Let Python look for garbage after 10,000 new objects instead of 700, as is its default.

    A program of some hundred resources makes hundreds of thousands of objects that stay, and the
    search went through all of them again and again: a third of the program's time. A program that
    has chosen its own threshold keeps it.
    """
    given = gc.get_threshold()
    if gc.isenabled() and given[0] in _DEFAULT_THRESHOLDS:
        gc.set_threshold(_THRESHOLD, *given[1:])


@cache
def pickled(provider: type[DataverseProvider]) -> str:
    """The form of a provider in the state: a reference to its class."""
    return base64.b64encode(pickle.dumps(provider(), protocol=_PICKLE_PROTOCOL)).decode()


def identity(kind: str, name: str, parent: pulumi.Resource | None) -> Awaitable[str] | str:
    """
    Pulumi organization and URN of a resource, `organization/urn:pulumi:…`.

    Providers are not told either. The flow's own id derives from it, and progress goes to the row
    of that URN. It is worked out by hand because an output that belongs to the parent, passed as an
    input, makes the engine wait for the child before the child exists.
    """
    prefix = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"
    organization = pulumi.get_organization()
    if parent is None:
        return identity_in(organization, pulumi.get_stack(), pulumi.get_project(), kind, name)

    async def below_parent() -> str:
        urn = await parent.urn.future() or ""
        types = urn.removeprefix(prefix).partition("::")[0]
        chain = "" if types == _STACK_TYPE else f"{types}$"
        return f"{organization}/{prefix}{chain}{kind}::{name}"

    return below_parent()


def identity_in(organization: str, stack: str, project: str, kind: str, name: str) -> str:
    """The same for a resource without parents of any stack."""
    return f"{organization}/urn:pulumi:{stack}::{project}::{kind}::{name}"
