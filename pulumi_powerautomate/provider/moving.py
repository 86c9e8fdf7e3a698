"""
Between the dynamic resources and the native provider, in both directions, without a request.

An alias makes the engine give the state of the one to the other. The dynamic one names properties
as Python does and keeps a reference to its provider among them; the native one names them as every
language does. Where nothing else differs the state alone is written anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pulumi.dynamic import DiffResult, UpdateResult

from ..models import MODELS, from_camel
from .properties import IDENTITY

# What the SDK's dynamic provider keeps in inputs and outputs: the pickled provider.
PICKLED = "__provider"

_F = TypeVar("_F", bound=Callable[..., Any])


def under_names_in_python(provider: type, item: dict[str, Any]) -> dict[str, Any]:
    """Properties of the native provider under the names that this package calls them by."""
    model = MODELS.get(provider.__name__.removesuffix("Provider"))
    return item if model is None else from_camel(item, model.types)


def is_of_other_provider(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether a state was written by the other one of the two."""
    return (PICKLED in olds) != (PICKLED in news)


def moving_between_providers(diff: _F) -> _F:
    """Let a state of the other provider be written anew, although nothing else differs."""

    @functools.wraps(diff)
    def differing(self: Any, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        result: DiffResult = diff(self, id_, olds, news)
        result.changes = result.changes or is_of_other_provider(olds, news)
        return result

    return differing  # type: ignore[return-value]


def carried_over(update: _F, diff: Callable[..., DiffResult]) -> _F:
    """
    Write a state of the other provider anew; an update only where more than that differs.

    Args:
        update: the provider's.
        diff: the provider's, without what records that an operation began: this one has.
    """

    @functools.wraps(update)
    def updated(self: Any, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        if is_of_other_provider(olds, news):
            outputs = {key: value for key, value in olds.items() if key != PICKLED}
            mark = {PICKLED: news[PICKLED]} if PICKLED in news else {}
            if not diff(self, id_, {**outputs, **mark}, news).changes:
                return UpdateResult({**outputs, IDENTITY: news.get(IDENTITY)})
        result: UpdateResult = update(self, id_, olds, news)
        return result

    return updated  # type: ignore[return-value]
