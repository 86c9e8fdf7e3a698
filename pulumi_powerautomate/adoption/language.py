"""Duties of a language that a program is written in."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import ClassVar

from .declaration import REFERENCES, Declarations
from .project_folder import Folder

_NOT_IN_MODULES = re.compile(r"[^0-9a-z_]")


class Language(ABC):
    """
    A program in one language: names that are free, places, and the files.

    Args:
        folder: the program's folder.
    """

    name: ClassVar[str]
    """How a person asks for it."""
    runtime: ClassVar[str]
    """How `Pulumi.yaml` calls it."""
    native: ClassVar[bool] = True
    """Whether its resources are those of the native provider."""
    ending: ClassVar[str]
    """How the names of its modules end."""
    unit: ClassVar[str] = "module"
    """The part of a program that declares a flow."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.notes: list[str] = []

    @abstractmethod
    def taken_names(self) -> set[str]:
        """Names that a new module or resource must not have."""

    @abstractmethod
    def prepare(self, new: Declarations) -> None:
        """
        Decide on what is written, before anything is.

        Raises:
            InvalidInputError: the program cannot be added to.
        """

    @abstractmethod
    def write(self, new: Declarations) -> None:
        """
        Add to the program, in an order in which an interruption leaves nothing half.

        A second run completes what an interrupted one began: a flow is either not in the program,
        so that it is adopted next time, or with all that belongs to it.
        """

    def setting_of(self, logical_name: str, free: Callable[[str], bool]) -> str:
        """The key of a connection reference's connection; `free` tells which can be taken."""
        return logical_name

    def place_of_flow(self, module: str) -> str:
        """Where the program declares a flow, as `adopted.json` has it."""
        return f"{module}{self.ending}"

    def place_of_reference(self, logical_name: str, taken: Collection[str]) -> str:
        """Where the program declares a connection reference; its name may have dots or hyphens."""
        base = f"{REFERENCES}/{_NOT_IN_MODULES.sub('_', logical_name.lower())}"
        number, module = 1, f"{base}{self.ending}"
        while module in taken:
            number += 1
            module = f"{base}_{number}{self.ending}"
        return module

    def _add_definitions(self, new: Declarations) -> None:
        for flow in new.flows:
            self.folder.add(flow.file, flow.definition, private=flow.secret)
