"""
Dependencies of flows within a program: child flows and connection references come first.

A definition names its child flows by id, and its connection references by logical name; none of
them needs to be declared first. The engine orders resources by their dependencies, and a
constructor can name only resources that exist by then; so a flow that needs others says what it
depends on in a task, which the event loop runs when the program has declared everything.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from ..flow import children_of, in_words, is_invoker

_CALL = "workflowReferenceName"
# A preview creates nothing, so a child that takes longer to be registered waits for its parent.
_PREVIEW_SECONDS = 120.0
_PROGRAM_SECONDS = 300.0
_POLL_SECONDS = 0.01
# How long a program must have been waiting for an output, with the engine idle, to be held up.
_QUIET_SECONDS = 1.0
_DEEPEST = 20
_OUTPUT_MODULE = pulumi.Output.apply.__code__.co_filename


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

    root: weakref.ref[pulumi.Resource]
    flows: list[_Declared] = field(default_factory=list)
    references: dict[str, _Reference] = field(default_factory=dict)
    bodies: weakref.WeakSet[asyncio.Task[Any]] = field(default_factory=weakref.WeakSet)
    _end: asyncio.Future[None] | None = None
    _seen: int = 0
    _by_id: dict[str, _Declared] = field(default_factory=dict)
    _by_resource: dict[pulumi.Resource, _Declared] = field(default_factory=dict)

    async def end(self) -> None:
        """Wait until the program has declared everything, or waits for what waits for this."""
        if self._end is None:
            self._end = asyncio.ensure_future(_end_of(self))
        await asyncio.shield(self._end)

    def by_id(self) -> Mapping[str, _Declared]:
        """The flows by id, those whose ids can be told by now."""
        if self._seen != len(self.flows):
            self._seen = len(self.flows)
            self._by_id = {id_: flow for flow in self.flows if (id_ := flow.id_of().lower())}
            self._by_resource = {flow.resource: flow for flow in self._by_id.values()}
        return self._by_id

    def cycle_of(self, flow: _Declared) -> tuple[str, ...]:
        """Names of the flows that call each other in a cycle with a flow, if there is one."""
        by_id = self.by_id()
        came_from: dict[_Declared, _Declared] = {}
        open_ = [flow]
        for caller in open_:
            called = [by_id[id_] for id_ in sorted(caller.children) if id_ in by_id]
            waited = [self._by_resource.get(resource) for resource in caller.waits_for]
            for other in (*called, *filter(None, waited)):
                if other is flow:
                    cycle = [caller]
                    while cycle[-1] is not flow:
                        cycle.append(came_from[cycle[-1]])
                    return self._from_first(cycle[::-1])
                if other not in came_from:
                    came_from[other] = caller
                    open_.append(other)
        return ()

    def _from_first(self, cycle: list[_Declared]) -> tuple[str, ...]:
        """Names of a cycle's flows, from the one on that is declared first."""
        start = cycle.index(next(flow for flow in self.flows if flow in cycle))
        return tuple(flow.name for flow in (*cycle[start:], *cycle[:start]))


# By the event loop of the program, because one process can run several.
_programs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Program] = (
    weakref.WeakKeyDictionary()
)


def _program_of(root: pulumi.Resource) -> _Program:
    loop = asyncio.get_event_loop()
    program = _programs.get(loop)
    if program is None or program.root() is not root:
        program = _programs[loop] = _Program(weakref.ref(root))
    body = asyncio.current_task(loop)
    if body is not None:
        program.bodies.add(body)
    return program


def declare_reference(
    resource: pulumi.Resource, logical_name: Any, opts: pulumi.ResourceOptions | None
) -> None:
    """Note that the program declares a connection reference, for the flows that use it."""
    root = pulumi.runtime.get_root_resource()
    if root is not None and isinstance(logical_name, str):
        program = _program_of(root)
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
    program = _program_of(root)
    program.flows.append(declared)
    if declared.plain:
        declared.children = _children(definition)
        if not declared.children and not _logical_names(references):
            return opts
    depends_on = asyncio.ensure_future(_needs(declared, program))
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=depends_on))


async def _needs(declared: _Declared, program: _Program) -> list[pulumi.Resource]:
    """The resources of the program that a flow needs, once the program has declared its own."""
    await program.end()
    references = await _known(declared.references)
    declared.children = _children(await _known(declared.definition))
    needed: list[_Declared | _Reference] = [
        found
        for name in sorted(_logical_names(references))
        if (found := program.references.get(name)) and declared.resource not in found.waits_for
    ]
    called = _called(declared, program)
    _refuse_callers_connections(declared, called)
    needed += called
    if pulumi.runtime.is_dry_run():
        for item in needed:
            await _registered(item, declared)
    return [item.resource for item in needed]


def _called(declared: _Declared, program: _Program) -> list[_Declared]:
    """The flows of the program that a flow calls."""
    if not declared.children:
        return []
    cycle = program.cycle_of(declared)
    if cycle:
        # Each would wait for the other for ever.
        raise pulumi.RunError(
            f"Circular child-flow calls: {in_words(cycle)}. Take one of the "
            "calls out, or a depends_on that says the opposite of a call."
        )
    by_id = program.by_id()
    return [by_id[id_] for id_ in sorted(declared.children) if id_ in by_id]


def _refuse_callers_connections(flow: _Declared, called: Iterable[_Declared]) -> None:
    """A child flow cannot have connections of its caller; the service refuses the parent then."""
    for child in called:
        entries = child.references.items() if isinstance(child.references, Mapping) else ()
        key = next((key for key, entry in entries if is_invoker(entry)), None)
        if key is not None:
            raise pulumi.RunError(
                f"Flow {flow.name!r} calls {child.name!r}, whose connection {key!r} is that of "
                'its caller, which a child flow cannot have. Use "embedded" for it.'
            )


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


async def _end_of(program: _Program) -> None:
    """Let the loop go on until the program's code has ended, within reason."""
    waited = quiet = 0.0
    while waited < _PROGRAM_SECONDS and quiet < _QUIET_SECONDS and _goes_on(program):
        await asyncio.sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS
        quiet = quiet + _POLL_SECONDS if _waits_for_an_output(program) else 0.0


def _goes_on(program: _Program) -> bool:
    """
    Whether the program's code has not ended yet.

    The stack registers its outputs when it has. An SDK that does not tell runs the code within one
    step of the event loop; its plain lookups (`invoke`) run the loop below that, so that two tasks
    are in the middle of a step.
    """
    registered = getattr(program.root(), "_outputs_registered", None)
    if registered is not None:
        return not registered
    this = asyncio.current_task()
    return any(
        getattr(task.get_coro(), "cr_running", False)
        for task in asyncio.all_tasks()
        if task is not this
    )


def _waits_for_an_output(program: _Program) -> bool:
    """
    Whether the program's code is suspended until an output is there that may never come.

    A program that awaits the id of a parent before it declares the child would wait for itself. As
    long as the engine is at work on something the output may still be on its way.
    """
    return any(map(_awaits_output, program.bodies)) and not _engine_at_work()


def _awaits_output(task: asyncio.Future[Any], deepest: int = _DEEPEST) -> bool:
    """Whether what a task waits for in the end is an output's value."""
    waiter = getattr(task, "_fut_waiter", None)
    if task.done() or waiter is None or not deepest:
        return False
    further = getattr(waiter, "_children", None) or [waiter]
    if any(_awaits_output(item, deepest - 1) for item in further):
        return True
    if any(isinstance(item, asyncio.Task) for item in further):
        return False
    step: Any = task.get_coro() if isinstance(task, asyncio.Task) else None
    while hasattr(getattr(step, "cr_await", None), "cr_code"):
        step = step.cr_await
    return step is not None and step.cr_code.co_filename == _OUTPUT_MODULE


def _engine_at_work() -> bool:
    """Whether a thread of this program is in the middle of a call to the engine."""
    here = threading.get_ident()
    for thread, frame in sys._current_frames().items():
        step: Any = frame if thread != here else None
        while step is not None:
            if step.f_code.co_name == "do_rpc_call":
                return True
            step = step.f_back
    return False


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
    """The flow's `depends_on`, where it holds resources."""
    given = opts.depends_on if opts is not None else None
    if isinstance(given, pulumi.Resource):
        return (given,)
    if given is None or isinstance(given, (pulumi.Output, Awaitable)):
        return ()
    items: Iterable[Any] = given
    return tuple(item for item in items if isinstance(item, pulumi.Resource))
