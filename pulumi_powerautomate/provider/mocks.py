"""
Programs under `pulumi.runtime.set_mocks`: users' unit tests.

Nothing may be sent there. The resources' side is the SDK's; looks at the environment are answered
by the mocks' `call`, as those of any other provider are.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from pulumi.runtime.mocks import MockCallArgs
from pulumi.runtime.settings import get_monitor

from ..config import NAMESPACE
from ..errors import InvalidInputError
from .program_errors import one_line_errors

_P = ParamSpec("_P")
_T = TypeVar("_T")


def mocks_in_use() -> Any | None:
    """The mocks that the program runs under, or None on a real engine."""
    return getattr(get_monitor(), "mocks", None)


def look_up(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """
    A function that looks at the environment: its errors on one line, its responses mocked in tests.

    Mocks are called with the token `powerautomate:index:getFlow` (of `get_flow`) and the arguments
    that were given, but for the provider. For a list they answer with a mapping of one member; what
    they leave out of an object is None.
    """
    asking = one_line_errors(function)
    first, *words = function.__name__.split("_")
    token = f"{NAMESPACE}:index:{first}{''.join(map(str.title, words))}"

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        mocks = mocks_in_use()
        if mocks is None:
            return asking(*args, **kwargs)
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        plain = {
            key: value
            for key, value in given.items()
            if key != "provider" and value is not None and not callable(value)
        }
        response = mocks.call(MockCallArgs(token, plain, ""))
        return _shaped(_accepted(response, token), get_type_hints(function)["return"])  # type: ignore[no-any-return]

    return call


@one_line_errors
def _accepted(response: Any, token: str) -> Any:
    """The result of a mock's call, without the failures that may go with it."""
    if not isinstance(response, tuple):
        return response
    value, failures = response
    if failures:
        raise InvalidInputError(f"{token}: {'; '.join(str(reason) for _, reason in failures)}")
    return value


def _shaped(response: Any, wanted: Any) -> Any:
    """A response in the form that the function returns."""
    if is_typeddict(wanted):
        found = response if isinstance(response, Mapping) else {}
        return {**dict.fromkeys(get_type_hints(wanted)), **found}
    if isinstance(response, Mapping):
        response = next(iter(response.values()), None)
    if get_origin(wanted) is list:
        (kind,) = get_args(wanted)
        return [_shaped(item, kind) for item in response or ()]
    if wanted is bytes:
        return response.encode() if isinstance(response, str) else bytes(response or b"")
    return response
