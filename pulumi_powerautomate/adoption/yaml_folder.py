"""
The folder of a program in YAML: `Pulumi.yaml` is both the project and the program.

A person edits that file, so that it is never written anew: lines are added below `config:`,
`variables:` and `resources:`, and what was there reads as before, or nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ..errors import InvalidInputError
from .project_folder import Folder

PROJECT = "Pulumi.yaml"
CONFIG, VARIABLES, RESOURCES = "config", "variables", "resources"
_SECTIONS = (CONFIG, VARIABLES, RESOURCES)
# Texts stay texts: a flow that is "on" is not true.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class YamlFolder(Folder):
    """A folder whose program is `Pulumi.yaml`."""

    @cached_property
    def _sources(self) -> dict[Path, str]:
        # Ids are looked for in the project's file as in every folder.
        return {}

    @cached_property
    def program(self) -> Mapping[str, Any]:
        """The file, parsed; empty when there is none."""
        return parsed(self.text)

    @cached_property
    def text(self) -> str:
        """The file as it is."""
        return self.read(PROJECT)

    def section(self, name: str) -> Mapping[str, Any]:
        """The entries below a key of the file."""
        found = self.program.get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Resources by their keys."""
        return {
            key: item for key, item in self.section(RESOURCES).items() if isinstance(item, Mapping)
        }

    @cached_property
    def quoted(self) -> frozenset[str]:
        """Names of resources, and what else of the file a name must not be."""
        names = {str(item["name"]) for item in self.resources.values() if "name" in item}
        return frozenset(names.union(*(map(str, self.section(name)) for name in _SECTIONS)))

    def declares_reference(self, logical_name: str) -> bool:
        return logical_name in self.spelled("ConnectionReference", "logicalName")

    def spelled(self, kind: str, by: str) -> dict[str, str]:
        """Keys of the resources of a kind, by one of their properties."""
        found = {}
        for key, item in self.resources.items():
            properties = item.get("properties")
            value = properties.get(by) if isinstance(properties, Mapping) else None
            if str(item.get("type", "")).rpartition(":")[2] == kind and isinstance(value, str):
                found[value] = key
        return found


def parsed(text: str) -> Mapping[str, Any]:
    """
    A project's file, every scalar as text.

    Raises:
        InvalidInputError: it is not YAML, or no mapping.
    """
    try:
        found = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise InvalidInputError(f"{PROJECT} is not YAML{where}; correct it.") from None
    if found is None or found == "":
        return {}
    if not isinstance(found, Mapping):
        raise InvalidInputError(f"{PROJECT} holds no mapping, so it is not a project.")
    return found


def added(text: str, sections: Mapping[str, Mapping[str, str]]) -> str:
    """
    A program with entries added; what is there stays as it is.

    Args:
        text: the program as it is.
        sections: by the key that they are added below, entries by their own keys: lines with the
            key and what it has, indented by nothing.

    Raises:
        InvalidInputError: entries cannot be added as lines, or something would read otherwise.
    """
    before = parsed(text)
    result = text if text.endswith("\n") or not text else f"{text}\n"
    for section, entries in sections.items():
        if entries:
            result = _with_lines(result, section, "".join(entries.values()))
    try:
        after = parsed(result)
    except InvalidInputError:
        after = {}
    for section in dict.fromkeys([*sections, *before, *after]):
        old, new = before.get(section) or {}, after.get(section)
        entries = sections.get(section, {})
        if not entries and new == before.get(section):
            continue
        if not (isinstance(old, Mapping) and isinstance(new, Mapping)) or not (
            {key: item for key, item in new.items() if key not in entries} == dict(old)
            and [*new] == [*old, *entries]
        ):
            raise InvalidInputError(
                f"{PROJECT}: nothing can be added below `{section}:` as it is written; give it a "
                "line of its own and each entry below it lines of its own, indented."
            )
    return result


def _with_lines(text: str, section: str, block: str) -> str:
    """A text with lines at the end of what is below a key, in the indentation that is there."""
    lines = text.splitlines(keepends=True)
    key = re.compile(rf"{section}:\s*(\{{\s*\}}\s*)?(#|$)")
    start = next((number for number, line in enumerate(lines) if key.match(line)), None)
    if start is None:
        return f"{text}{section}:\n{_indented(block, '  ')}"
    lines[start] = re.sub(r"^(\w+:)\s*\{\s*\}", r"\1", lines[start])
    end = start + 1
    for number in range(start + 1, len(lines)):
        if lines[number].strip() and not lines[number].startswith((" ", "\t", "#")):
            break
        if lines[number].startswith((" ", "\t")) and lines[number].strip():
            end = number + 1
    entries = (line for line in lines[start + 1 : end] if re.match(r" +[^\s#]", line))
    first = next(entries, "  x")
    indent = first[: len(first) - len(first.lstrip())]
    return "".join([*lines[:end], _indented(block, indent), *lines[end:]])


def _indented(block: str, indent: str) -> str:
    return "".join(f"{indent}{line}" for line in block.splitlines(keepends=True))
