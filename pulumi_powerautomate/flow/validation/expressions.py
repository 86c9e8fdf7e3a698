"""Expressions: well formed, of known functions with as many arguments as they take."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from ..expression_functions import FUNCTIONS, INSTEAD, spelling
from ..expressions import Expression, ExpressionError, Shape, expressions_in
from ..problems import Problem
from .expression_references import References
from .model import Flow, Place, spelt, texts_of
from .rules import problem

_LONGEST = 8192


def expression_problems(flow: Flow) -> Iterator[Problem]:
    """Problems of expressions, and with what they refer to."""
    references = References(flow)
    for name, body in flow.triggers.items():
        for member, place, expression in _parsed(flow, f"triggers.{name}", body):
            if isinstance(expression, Problem):
                yield expression
            else:
                yield from references.in_trigger(f"triggers.{name}", member, place, expression)
    for node in flow.nodes:
        for member, place, expression in _parsed(flow, node.path, node.body):
            if isinstance(expression, Problem):
                yield expression
            else:
                yield from references.in_action(node, member, place, expression)
    outputs = flow.definition.get("outputs")
    if isinstance(outputs, Mapping):
        for _, place, expression in _parsed(flow, "outputs", outputs):
            if isinstance(expression, Problem):
                yield expression
            else:
                yield from references.in_outputs(place, expression)


def _parsed(
    flow: Flow, path: str, body: Mapping[str, Any]
) -> Iterator[tuple[str, Place, Expression | Problem]]:
    """The expressions below a path, and in their place what keeps one from being one."""
    for member, place, text in texts_of(body):
        try:
            expressions = expressions_in(text)
        except ExpressionError as error:
            yield member, place, problem(
                "FLOW301", spelt(path, place),
                f"the expression is wrong at character {error.position}: {error.reason}.",
                error.remedy,
            )  # fmt: skip
            continue
        for expression in expressions:
            if expression.length > _LONGEST:
                yield member, place, problem(
                    "FLOW607", spelt(path, place),
                    f"the expression has {expression.length:,} characters; {_LONGEST:,} are "
                    "allowed.",
                    "Compute parts of it in actions of type Compose before.",
                )  # fmt: skip
            for code, message, remedy, unknown in _calls(expression.shape):
                if unknown:
                    remedy = flow.suggestions.sentence(unknown, FUNCTIONS, remedy)
                yield member, place, problem(code, spelt(path, place), message, remedy)
            yield member, place, expression


@functools.lru_cache(maxsize=8192)
def _calls(shape: Shape) -> tuple[tuple[str, str, str, str], ...]:
    """Problems of the calls of a shape: code, message, remedy, and a name to look up."""
    found = []
    for call in shape.calls:
        name = spelling(call.name)
        if name is None:
            instead = INSTEAD.get(call.name.lower())
            remedy = f"Use {instead}." if instead else "The reference of functions lists them all."
            found.append((
                "FLOW302", f"there is no function {call.name!r}.", remedy,
                "" if instead else call.name,
            ))  # fmt: skip
            continue
        least, most = FUNCTIONS[name]
        given = len(call.arguments)
        if given < least or (most is not None and given > most):
            found.append((
                "FLOW303",
                f"{name}() is given {_arguments(given)} and takes {_range(least, most)}.",
                "Add what is missing." if given < least else "Remove the others; a comma that "
                "belongs to a text stands in its quotes.", "",
            ))  # fmt: skip
    return tuple(found)


def _arguments(count: int) -> str:
    return "no argument" if not count else f"{count} argument{'s' if count > 1 else ''}"


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    if most == 0:
        return "none"
    return str(least) if least == most else f"{least} to {most}"
