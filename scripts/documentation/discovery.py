"""Finding in the package what the reference tells, by name and wherever it lies."""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_origin

import pulumi

import pulumi_powerautomate as powerautomate

PACKAGE = powerautomate.__name__


@cache
def _modules() -> tuple[Any, ...]:
    names = [
        item.name
        for item in pkgutil.walk_packages(powerautomate.__path__, f"{PACKAGE}.")
        if not item.name.endswith("__main__")
    ]
    return tuple(module for name in names if (module := _loaded(name)) is not None)


def _loaded(name: str) -> Any:
    """A module; None for one that needs the package of an extra that is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == PACKAGE:
            raise
        return None


def table(name: str, member: str = "") -> Any:
    """
    The module-level table of this name, whose values have this member if one is given.

    Raises:
        LookupError: there is none, or there are several.
    """
    found = {
        id(value): value
        for module in _modules()
        if (value := vars(module).get(name)) and (not member or _has(value, member))
    }
    if len(found) != 1:
        raise LookupError(f"{len(found)} tables are called {name}; the reference needs one.")
    (value,) = found.values()
    return value


def _has(value: Any, member: str) -> bool:
    values = value.values() if isinstance(value, Mapping) else value
    return isinstance(values, Iterable) and any(hasattr(item, member) for item in values)


def public(kind: str) -> list[tuple[str, Any]]:
    """The public names of a kind: `resource`, `type`, `literal`, `error` or `function`."""
    return [(name, item) for name, item in _exported() if _kind(item) == kind]


def _exported() -> Iterator[tuple[str, Any]]:
    for name in powerautomate.__all__:
        yield name, getattr(powerautomate, name)


def _kind(item: Any) -> str:
    if get_origin(item) is Literal:
        return "literal"
    if not inspect.isclass(item):
        return "function" if callable(item) else "other"
    if issubclass(item, pulumi.Resource):
        return "resource"
    return "error" if issubclass(item, Exception) else "type"


class _Parsed(Exception):
    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def command_line() -> argparse.ArgumentParser:
    """The parser of `pulumi-powerautomate`, with every verb."""
    return _parser_of(importlib.import_module(f"{PACKAGE}.cli").main)


def emulator_options() -> argparse.ArgumentParser:
    """The parser of `pulumi-powerautomate emulator`, whose options are the emulator's own."""
    return _parser_of(importlib.import_module(f"{PACKAGE}.emulator.__main__").main)


def _parser_of(main: Any) -> argparse.ArgumentParser:
    """The parser that a main function would read its arguments with."""

    def stop(self: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        raise _Parsed(self)

    kept = argparse.ArgumentParser.parse_known_args
    argparse.ArgumentParser.parse_known_args = stop  # type: ignore[assignment,method-assign]
    try:
        main([])
    except _Parsed as found:
        return found.parser
    finally:
        argparse.ArgumentParser.parse_known_args = kept  # type: ignore[method-assign]
    raise LookupError("the command line reads no arguments")
