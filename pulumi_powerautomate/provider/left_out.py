"""
Resources that are left out because what they need failed, and lines that say so.

With `--continue-on-error` a program goes on after a failed resource, whose outputs are unknown
then. Up to 3.259 at least the engine hands an unknown input on as one that was never given, and
leaves out in silence what only `depends_on` a failed resource; later ones leave out both in
silence. So the program says why, and tells the provider, which must not complain of a missing
input.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import pulumi

from .program_errors import show_error

_KNOWN_OF_A_FAILED_ONE = ("id", "urn")


def needs_that_fail(
    resource: pulumi.Resource, props: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> Coroutine[Any, Any, list[str] | None] | None:
    """
    Which needs of a resource come from one that fails in this run; those that do are shown on it.

    Args:
        resource: the resource that needs them.
        props: its inputs.
        opts: its options, for `depends_on`.

    Returns:
        None when nothing that it needs can fail. Otherwise what, awaited, gives the names of its
        inputs that stay unknown while resources are made, and `depends_on` if what is named there
        failed; None for none.
    """
    if pulumi.runtime.is_dry_run():
        # Unknown is there what will be known.
        return None
    waited_for = {key: item for key, item in props.items() if _holds_outputs(item)}
    if not waited_for and not opts.depends_on:
        return None
    return _told(resource, waited_for, opts.depends_on)


async def _told(
    resource: pulumi.Resource, props: Mapping[str, Any], depends_on: Any
) -> list[str] | None:
    names = [
        key for key, value in props.items() if not await pulumi.Output.from_input(value).is_known()
    ]
    if not names and not await _has_failed(depends_on):
        return None
    if names:
        subject = f"{' and '.join(names)} {'come' if len(names) > 1 else 'comes'} from"
    else:
        subject, names = "it depends on", ["depends_on"]
    show_error(
        resource,
        f"{subject} a resource that failed in this run, so this one was left as it is; "
        "the error on that one says why.",
    )
    return names


async def _has_failed(depends_on: Any) -> bool:
    """Whether a resource that is named in `depends_on` failed: none of its outputs is known."""
    if isinstance(depends_on, pulumi.Output):
        depends_on = await depends_on.future()
    elif isinstance(depends_on, asyncio.Future):
        depends_on = await depends_on
    if isinstance(depends_on, (list, tuple)):
        return any([await _has_failed(item) for item in depends_on])
    if not isinstance(depends_on, pulumi.Resource):
        return False
    outputs = [
        value
        for key, value in vars(depends_on).items()
        if isinstance(value, pulumi.Output) and key not in _KNOWN_OF_A_FAILED_ONE
    ]
    return bool(outputs) and not any([await output.is_known() for output in outputs])


def _holds_outputs(value: Any) -> bool:
    """Whether an input is an output or holds one; a coroutine can be awaited by Pulumi alone."""
    if isinstance(value, (Mapping, list, tuple)):
        items = value.values() if isinstance(value, Mapping) else value
        return any(map(_holds_outputs, items))
    return isinstance(value, pulumi.Output)
