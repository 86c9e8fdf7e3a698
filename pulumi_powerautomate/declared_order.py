"""
What a flow needs comes before it within a program, in whatever order the program declares them.

A definition names its child flows by id, and its connection references by logical name; none of
them needs to be declared first. The engine orders resources by their dependencies, and a
constructor can name only resources that exist by then; so a flow that needs others says what it
depends on in a task, which the event loop runs when the program has declared everything.
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping
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
    references: Any
    waits_for: tuple[pulumi.Resource, ...]
    children: frozenset[str] = field(default=frozenset())

    @property
    def plain(self) -> bool:
        """Whether what it needs can be told at once."""
        return isinstance(self.definition, (str, type(None))) and isinstance(
            self.references, (Mapping, type(None))
        )


@dataclass(frozen=True)
class _Reference:
    """A connection reference of the program."""

    name: str
    resource: pulumi.Resource
    waits_for: tuple[pulumi.Resource, ...]


@dataclass(eq=False)
class _Program:
    """The flows of one program, and what is known of them together, worked out once."""

    flows: list[_Declared] = field(default_factory=list)
    references: dict[str, _Reference] = field(default_factory=dict)
    _seen: tuple[int, int] = (0, 0)
    _by_id: dict[str, _Declared] = field(default_factory=dict)
    _circles: tuple[tuple[str, ...], ...] = ()

    def by_id(self) -> Mapping[str, _Declared]:
        """The flows by id, those whose ids can be told by now."""
        self._look()
        return self._by_id

    def circle_of(self, flow: _Declared) -> tuple[str, ...]:
        """Names of the flows that call each other in a circle with a flow, if there is one."""
        self._look()
        for circle in self._circles:
            members = [self._by_id[id_] for id_ in circle]
            if flow in members:
                return tuple(member.name for member in members)
        return ()

    def _look(self) -> None:
        calls = sum(len(flow.children) for flow in self.flows)
        if self._seen == (len(self.flows), calls):
            return
        self._seen = len(self.flows), calls
        self._by_id = {id_: flow for flow in self.flows if (id_ := flow.id_of().lower())}
        ids = {flow.resource: id_ for id_, flow in self._by_id.items()}
        self._circles = activation_order(
            {
                id_: flow.children | {ids[other] for other in flow.waits_for if other in ids}
                for id_, flow in self._by_id.items()
            }
        ).circles


# By the stack of the program, because one process can run several.
_programs: weakref.WeakKeyDictionary[pulumi.Resource, _Program] = weakref.WeakKeyDictionary()


def declare_reference(
    resource: pulumi.Resource, logical_name: Any, opts: pulumi.ResourceOptions | None
) -> None:
    """Note that the program declares a connection reference, for the flows that use it."""
    root = pulumi.runtime.get_root_resource()
    if root is not None and isinstance(logical_name, str):
        program = _programs.setdefault(root, _Program())
        declared = _Reference(logical_name, resource, _listed(opts))
        program.references[logical_name.lower()] = declared


def after_its_needs(
    resource: pulumi.Resource,
    name: str,
    inputs: Mapping[str, Any],
    id_of: Callable[[], str],
    opts: pulumi.ResourceOptions | None,
) -> pulumi.ResourceOptions | None:
    """
    The options of a flow, with what it needs of the program among what it depends on.

    Args:
        resource: the flow's resource, under construction.
        name: the resource's name.
        inputs: its inputs; definition and connection references may be outputs.
        id_of: the flow's id as far as it is known when it is asked for, else empty.
        opts: the options as given.
    """
    root = pulumi.runtime.get_root_resource()
    if root is None:
        return opts
    definition, references = inputs["definition"], inputs["connection_references"]
    declared = _Declared(name, resource, id_of, definition, references, _listed(opts))
    program = _programs.setdefault(root, _Program())
    program.flows.append(declared)
    if declared.plain:
        declared.children = _children(definition)
        if not declared.children and not _logical_names(references):
            return opts
    depends_on = asyncio.ensure_future(_needs(declared, program))
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=depends_on))


async def _needs(declared: _Declared, program: _Program) -> list[pulumi.Resource]:
    """The resources of the program that a flow needs, once the program has declared its own."""
    await _end_of(_program_body)
    references = await _known(declared.references)
    declared.children = _children(await _known(declared.definition))
    needed: list[_Declared | _Reference] = [
        found
        for name in sorted(_logical_names(references))
        if (found := program.references.get(name)) and declared.resource not in found.waits_for
    ]
    needed += _called(declared, program)
    if pulumi.runtime.is_dry_run():
        for item in needed:
            await _registered(item, declared)
    return [item.resource for item in needed]


def _called(declared: _Declared, program: _Program) -> list[_Declared]:
    """The flows of the program that a flow calls."""
    if not declared.children:
        return []
    circle = program.circle_of(declared)
    if circle:
        # Each would wait for the other for ever.
        raise pulumi.RunError(
            f"These flows cannot be turned on in any order: {in_words(circle)}. Take one of the "
            "calls out, or a depends_on that says the opposite of a call."
        )
    by_id = program.by_id()
    return [by_id[id_] for id_ in sorted(declared.children) if id_ in by_id]


async def _known(value: Any) -> Any:
    """A value, waited for if it is an output; None while it is unknown."""
    return await value.future() if isinstance(value, pulumi.Output) else value


async def _registered(needed: _Declared | _Reference, flow: _Declared) -> None:
    try:
        await asyncio.wait_for(asyncio.shield(_urn(needed.resource)), _PREVIEW_SECONDS)
    except (asyncio.TimeoutError, TimeoutError):
        raise pulumi.RunError(
            f"Flow {flow.name!r} needs {needed.name!r}, which waits for it in turn: nothing that "
            f"{needed.name!r} is made from may come from {flow.name!r}."
        ) from None
    except Exception:
        # The other's own failure is reported by the other.
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


def _logical_names(references: Any) -> frozenset[str]:
    """Logical names in lower case that connection references name, in either form of them."""
    entries = references.values() if isinstance(references, Mapping) else ()
    names = (
        entry.get("logical_name") if isinstance(entry, Mapping) else entry for entry in entries
    )
    return frozenset(name.lower() for name in names if isinstance(name, str))


def _listed(opts: pulumi.ResourceOptions | None) -> tuple[pulumi.Resource, ...]:
    """What the options say the flow depends on, where they say it plainly."""
    given = opts.depends_on if opts is not None else None
    if isinstance(given, pulumi.Resource):
        return (given,)
    if given is None or isinstance(given, (pulumi.Output, Awaitable)):
        return ()
    items: Iterable[Any] = given
    return tuple(item for item in items if isinstance(item, pulumi.Resource))
