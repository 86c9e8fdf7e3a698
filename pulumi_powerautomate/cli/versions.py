"""Versions to compare or draw: one flow, a solution package, or a folder of either."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidInputError, PowerAutomateError
from ..flow import FlowVersion, parse_document
from .flow_files import flow_files, read_flow

if TYPE_CHECKING:
    from ..solution import PackageContents

Flows = Mapping[str, FlowVersion]


def read_version(path: str) -> FlowVersion | PackageContents | Flows:
    """
    Contents of a path: a flow, a solution package, or the flows of a folder by their path in it.

    Raises:
        InvalidInputError: it is none of them.
    """
    if not Path(path).is_dir() and not path.lower().endswith(".zip"):
        return read_flow(path)
    from ..solution import is_solution_folder, read_contents

    if path.lower().endswith(".zip"):
        return read_contents(path)
    if is_solution_folder(path):
        return read_contents(path)
    found = {}
    for file in flow_files([path]):
        try:
            document = parse_document(file.text)
        except PowerAutomateError as error:
            raise InvalidInputError(f"{file.name}: {error}") from None
        name = Path(file.file).relative_to(path).as_posix() + (
            f":{file.entry}" if file.entry else ""
        )
        found[name] = FlowVersion(document.definition, document.connection_references)
    if not found:
        raise InvalidInputError(f"{path}: no flow and no solution in it.")
    return found


def flows_of(version: FlowVersion | PackageContents | Flows) -> Flows:
    """The flows of a version, by id or path; a flow alone has an empty one."""
    if isinstance(version, FlowVersion):
        return {"": version}
    return version if isinstance(version, Mapping) else version.flows


def one_flow(path: str, wanted: str | None) -> tuple[str, str, FlowVersion]:
    """
    The flow that is meant, with its id and its name.

    Args:
        path: a flow's file, a package, or a folder.
        wanted: name (with `*` and `?`), id or path; None where there is one flow only.

    Raises:
        InvalidInputError: there is none, or several; the message names them.
    """
    flows = flows_of(read_version(path))
    named = {key: str(flow.row.get("name") or key) for key, flow in flows.items()}
    found = [key for key in flows if wanted is None or _means(wanted, key, named[key])]
    if len(found) != 1:
        known = ", ".join(sorted(named.values())[:10]) + (", …" if len(named) > 10 else "")
        what = f"{len(found)} flows are called {wanted!r}" if wanted else f"{len(found)} flows"
        raise InvalidInputError(f"{path}: {what}; give one with --flow: {known or 'it has none'}.")
    return found[0], named[found[0]], flows[found[0]]


def _means(wanted: str, key: str, name: str) -> bool:
    pattern = wanted.lower().replace("[", "[[]")
    return key.lower() == wanted.lower() or fnmatchcase(name.lower(), pattern)
