"""
Children before parents within a program, in whatever order it declares them.

A definition names its child flows by id. The engine orders resources by their dependencies, and a
constructor can name only resources that exist by then; so each flow that calls others says what it
depends on in a task, which the event loop runs when the program has declared everything.
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from .flow import activation_order, children_of, in_words

_CALL = "workflowReferenceName"
# A preview creates nothing, so a child that takes longer to be registered waits for its parent.
_PREVIEW_SECONDS = 120.0
_PROGRAM_SECONDS = 300.0


@dataclass(eq=False)
class _Declared:
    """A flow of the program, as far as its constructor could tell."""

    name: str
    resource: pulumi.Resource
    id_of: Callable[[], str]
    definition: Any
    waits_for: tuple[pulumi.Resource, ...]
    children: frozenset[str] = field(default=frozenset())


# By the stack of the program, because one process can run several.
_programs: weakref.WeakKeyDictionary[pulumi.Resource, list[_Declared]] = weakref.WeakKeyDictionary()


def after_children(
    resource: pulumi.Resource,
    name: str,
    definition: Any,
    id_of: Callable[[], str],
    opts: pulumi.ResourceOptions | None,
) -> pulumi.ResourceOptions | None:
    """
    The options of a flow, with the flows that it calls among what it depends on.

    Args:
        resource: the flow's resource, under construction.
        name: the resource's name.
        definition: the definition as text, or an output of it.
        id_of: the flow's id as far as it is known when it is asked for, else empty.
        opts: the options as given.
    """
    root = pulumi.runtime.get_root_resource()
    if root is None:
        return opts
    declared = _Declared(name, resource, id_of, definition, _listed(opts))
    if isinstance(definition, str):
        declared.children = _children(definition)
    program = _programs.setdefault(root, [])
    program.append(declared)
    if (isinstance(definition, str) and not declared.children) or definition is None:
        return opts
    depends_on = asyncio.ensure_future(_children_of(declared, program))
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=depends_on))


async def _children_of(declared: _Declared, program: Sequence[_Declared]) -> list[pulumi.Resource]:
    """The flows of the program that a flow calls, once the program has declared its flows."""
    await _end_of(_program_body)
    if not isinstance(declared.definition, str):
        declared.children = _children(await declared.definition.future())
    by_id = {id_: item for item in program if (id_ := item.id_of().lower())}
    own_id = next((id_ for id_, item in by_id.items() if item is declared), "")
    _refuse_circle(own_id, by_id)
    children = [by_id[id_] for id_ in sorted(declared.children) if id_ in by_id]
    children = [child for child in children if child is not declared]
    if pulumi.runtime.is_dry_run():
        for child in children:
            await _registered(child, declared)
    return [child.resource for child in children]


def _refuse_circle(own_id: str, by_id: dict[str, _Declared]) -> None:
    """Fail the run when the flow is part of a circle: each would wait for the other for ever."""
    ids = {item.resource: id_ for id_, item in by_id.items()}
    graph = {
        id_: item.children | {ids[other] for other in item.waits_for if other in ids}
        for id_, item in by_id.items()
    }
    for circle in activation_order(graph).circles:
        if own_id in circle:
            names = in_words([by_id[id_].name for id_ in circle])
            raise pulumi.RunError(
                f"These flows cannot be turned on in any order: {names}. Take one of the calls "
                "out, or a depends_on that says the opposite of a call."
            )


async def _registered(child: _Declared, parent: _Declared) -> None:
    try:
        await asyncio.wait_for(asyncio.shield(_urn(child.resource)), _PREVIEW_SECONDS)
    except (asyncio.TimeoutError, TimeoutError):
        raise pulumi.RunError(
            f"Flow {parent.name!r} calls {child.name!r}, which waits for it in turn: nothing that "
            f"{child.name!r} is made from may come from {parent.name!r}."
        ) from None
    except Exception:
        # The child's own failure is reported by the child.
        return


async def _urn(resource: pulumi.Resource) -> str | None:
    return await resource.urn.future()


async def _end_of(going_on: Callable[[], bool]) -> None:
    """Let the loop go on until something has ended, within reason."""
    waited = 0.0
    while going_on() and waited < _PROGRAM_SECONDS:
        await asyncio.sleep(0.01)
        waited += 0.01


def _program_body() -> bool:
    """
    Whether this task runs while the program's code does.

    The SDK's plain lookups (`invoke`) run the event loop below the program's own code, so that two
    tasks are in the middle of a step.
    """
    this = asyncio.current_task()
    return any(
        getattr(task.get_coro(), "cr_running", False)
        for task in asyncio.all_tasks()
        if task is not this
    )


def _children(definition: str | None) -> frozenset[str]:
    if not definition or _CALL not in definition:
        return frozenset()
    try:
        return children_of(json.loads(definition))
    except ValueError:
        # What is wrong with it is reported by `check`.
        return frozenset()


def _listed(opts: pulumi.ResourceOptions | None) -> tuple[pulumi.Resource, ...]:
    """What the options say the flow depends on, where they say it plainly."""
    given = opts.depends_on if opts is not None else None
    if isinstance(given, pulumi.Resource):
        return (given,)
    if given is None or isinstance(given, (pulumi.Output, Awaitable)):
        return ()
    items: Iterable[Any] = given
    return tuple(item for item in items if isinstance(item, pulumi.Resource))
