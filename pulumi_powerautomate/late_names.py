"""
Names of a package that are loaded when they are first used (PEP 562).

Commands on files, and the processes that Pulumi starts, load what they use and nothing more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def late_names(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """
    The `__getattr__` of a package.

    A name is kept in the package once it is loaded, so the next use costs nothing. Packages declare
    it where type checkers do not look: for these it would make every misspelt name a right one.

    Args:
        package: the package, its `__name__`.
        modules: names by the submodule that has them.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def load(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f".{module_of[name]}", package), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
