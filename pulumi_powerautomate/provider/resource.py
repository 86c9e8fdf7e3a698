"""The base of the resource classes: how a dynamic resource of ours is registered."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Awaitable, Mapping
from functools import cache
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource

from ..errors import InvalidInputError
from .base import DataverseProvider
from .options import OPTIONS, apply_options, options_of
from .program_errors import one_line_errors
from .properties import FAILED_NEEDS, IDENTITY

_STACK_TYPE = "pulumi:pulumi:Stack"
# Fixed, so that the string in users' state stays the same whatever Python makes its default.
_PICKLE_PROTOCOL = 4


class DataverseResource(Resource):
    """
    A dynamic resource whose provider is pickled once per class.

    `pulumi.dynamic.Resource` pickles it for every resource and leaves a patch of the standard
    library behind each time, until one of the next resources ends in a RecursionError. So its
    constructor is passed over, and the one above it is called with what it would have prepared.

    Subclasses say what to do instead of Pulumi's `import_`, and which inputs travel as something
    else than the program wrote, with the properties that stand for them, what is compared first.
    `old_first` says whether a replacement always deletes the old row first; with None it is the
    provider's `diff` that says so.
    """

    _import_hint: ClassVar[str] = "Declare it: one that exists already is adopted."
    _travels_as: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    old_first: ClassVar[bool | None] = True

    def __init__(
        self,
        provider: type[DataverseProvider],
        resource_name: str,
        props: dict[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        cls = type(self)
        opts = options_of(opts, cls.__name__, resource_name)
        opts = pulumi.ResourceOptions.merge(
            # The id is ours to choose and stays: made first, the new row would be the old one,
            # and its deletion would follow.
            pulumi.ResourceOptions(delete_before_replace=self.old_first),
            opts,
        )
        kind = f"pulumi-python:{self._resource_type_name}"
        props = {**props, "__provider": pickled(provider)}  # type: ignore[arg-type]
        _refuse_half_characters(props, resource_name)
        props[OPTIONS] = apply_options(
            opts,
            props,
            where=f"{cls.__name__} {resource_name!r}",
            import_hint=self._import_hint,
            travels_as=self._travels_as,
        )
        if opts.id is None:
            props[IDENTITY] = identity(kind, resource_name, opts.parent)
        if not pulumi.runtime.is_dry_run():
            props[FAILED_NEEDS] = _unknown_inputs(dict(props))
        pulumi.CustomResource.__init__(self, kind, resource_name, props, opts)


async def _unknown_inputs(props: Mapping[str, Any]) -> list[str] | None:
    """
    Names of the inputs that stay unknown while resources are made.

    Under `--continue-on-error` the program goes on with unknown outputs of what failed; they would
    arrive as inputs that were never given.
    """
    unknown = [
        key
        for key, value in props.items()
        if isinstance(value, (pulumi.Output, Mapping, list, tuple))
        and not await pulumi.Output.from_input(value).is_known()
    ]
    return unknown or None


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
