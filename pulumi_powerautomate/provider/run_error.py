"""Errors inside a program, shown as one line."""

from __future__ import annotations

import functools
from collections.abc import Callable
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


def fail_unless_done(error: pulumi.Output[str | None], what: str) -> None:
    """
    Fail the run for a resource that is in the state and not as declared.

    A provider whose `create` raises is forgotten by the engine, with all it did; so it returns, and
    the program raises.
    """

    def report(reason: str | None) -> None:
        if reason:
            raise pulumi.RunError(
                f"{what} is not as declared. {reason} The next `pulumi up` carries on."
            )

    if not pulumi.runtime.is_dry_run():
        error.apply(report)


def _both(kind: type[PowerAutomateError]) -> type[PowerAutomateError]:
    return type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})
