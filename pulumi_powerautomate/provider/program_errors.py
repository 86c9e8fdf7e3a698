"""Errors inside a program, shown as one line."""

from __future__ import annotations

import asyncio
import functools
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import pulumi

from ..errors import PowerAutomateError

_P = ParamSpec("_P")
_T = TypeVar("_T")


def one_line_errors(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """
    Let the engine show a lookup's error as its message alone.

    The engine prints a traceback for every exception of a program but `pulumi.RunError`. What is
    raised is both that and the documented class, so `except` clauses work as written.
    """

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except pulumi.RunError:
            raise
        except PowerAutomateError as error:
            error.__class__ = _both(type(error))
            raise error from None

    return call


@dataclass(eq=False)
class _Refusals:
    """The resources of one program that may turn out not to be as declared, and those that have."""

    awaited: dict[pulumi.Resource, asyncio.Future[None]] = field(default_factory=dict)
    told: int = 0

    async def all_told(self) -> None:
        """Wait until each resource that is registered by now has had its say."""
        while self.awaited:
            await asyncio.sleep(_POLL_SECONDS)
        # What was passed to the engine's log is sent in one of the next turns of the loop.
        for _ in range(_TURNS):
            await asyncio.sleep(0)


_POLL_SECONDS = 0.02
_TURNS = 50

# By the event loop of the program, because one process can run several, one after the other.
_refusals: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Refusals] = (
    weakref.WeakKeyDictionary()
)


def show_error(resource: pulumi.Resource, line: str) -> None:
    """Show an error on a resource once it is registered; the program does not end before that."""

    async def show(_: str) -> None:
        pulumi.log.error(line, resource)
        for _turn in range(_TURNS):
            await asyncio.sleep(0)

    _shown: pulumi.Output[None] = resource.urn.apply(show)


def fail_unless_done(
    resource: pulumi.Resource, error: pulumi.Output[str | None], what: str
) -> None:
    """As `fail_if_told`, with a line that begins with what the resource is called."""

    async def line(reason: str) -> str:
        return f"{what} is not as declared. {reason} The next `pulumi up` carries on."

    fail_if_told(resource, error, line)


def fail_if_told(
    resource: pulumi.Resource,
    error: pulumi.Output[str | None],
    line: Callable[[str], Awaitable[str]],
) -> None:
    """
    Fail the run for a resource that is in the state and not as declared.

    A provider whose `create` raises is forgotten by the engine, with all it did; so it returns, and
    the program fails. Its first exception ends it, so each resource has its line shown on itself,
    and the exception waits for the others'.

    Args:
        resource: the resource.
        error: the output that says why it is not as declared; nothing when it is.
        line: makes the line to show of that.
    """
    if pulumi.runtime.is_dry_run():
        # No output is known there that was not known before.
        return
    settled = asyncio.ensure_future(_settled(error))
    refusals = _refusals.setdefault(settled.get_loop(), _Refusals())
    refusals.awaited[resource] = settled
    settled.add_done_callback(lambda _: refusals.awaited.pop(resource, None))

    async def report(reason: str | None) -> None:
        if not reason:
            return
        pulumi.log.error(await line(reason), resource)
        refusals.told += 1
        refusals.awaited.pop(resource, None)
        await refusals.all_told()
        many = refusals.told > 1
        raise pulumi.RunError(
            f"{refusals.told} resource{'s are' if many else ' is'} not as declared; the error on "
            f"{'each' if many else 'it'} says why. The next `pulumi up` carries on."
        )

    _told: pulumi.Output[None] = error.apply(report)


async def _settled(error: pulumi.Output[str | None]) -> None:
    """Wait until a resource has had its say; one that failed by itself has none."""
    try:
        if await error.future():
            for _ in range(_TURNS):
                await asyncio.sleep(0)
    except Exception:
        return


def _both(kind: type[PowerAutomateError]) -> type[PowerAutomateError]:
    return type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})
