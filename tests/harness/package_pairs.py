"""
Pairs of real packages of one solution, with what differs between two of them.

Read by Python's own `zipfile`, `json` and `ElementTree`, which know nothing of this package: the
flows, references and variables that one has and the other has not, and the actions that a flow has
in one only.
"""

from __future__ import annotations

import itertools
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.harness.corpus import PACKAGES

_CLOUD_FLOW = "5"
_REVIEWED = ("definition", "connectionReferences")


@dataclass(frozen=True)
class Contents:
    """The parts of a package that people review."""

    flows: dict[str, str]
    """Names by id."""
    documents: dict[str, Any]
    """Definition and connection references by id of the flow."""
    references: frozenset[str]
    variables: frozenset[str]


def pairs() -> Iterator[tuple[Path, Path]]:
    """Every two packages of one solution, in both orders."""
    by_name = defaultdict(list)
    for path in PACKAGES:
        with zipfile.ZipFile(path) as archive:
            root = ElementTree.fromstring(archive.read("solution.xml"))
        by_name[root.findtext("SolutionManifest/UniqueName")].append(path)
    for paths in by_name.values():
        yield from itertools.permutations(paths, 2)


def contents(path: Path) -> Contents:
    """The contents of one package."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        root = ElementTree.fromstring(archive.read("customizations.xml"))
        flows, documents = {}, {}
        for item in root.iterfind("Workflows/Workflow"):
            if item.findtext("Category") != _CLOUD_FLOW:
                continue
            key = item.attrib["WorkflowId"].strip("{}").lower()
            flows[key] = item.attrib["Name"]
            file = (item.findtext("JsonFileName") or "").lstrip("/")
            properties = json.loads(archive.read(file).decode("utf-8-sig"))["properties"]
            documents[key] = {name: properties.get(name) for name in _REVIEWED}
        references = {
            item.attrib["connectionreferencelogicalname"]
            for item in root.iterfind("connectionreferences/connectionreference")
        }
        variables = {name.split("/")[1] for name in names
                     if name.startswith("environmentvariabledefinitions/")}  # fmt: skip
    return Contents(flows, documents, frozenset(references), frozenset(variables))


def actions(document: Any, above: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """All actions of a flow, wherever they stand, with the names of those that they stand in."""
    found: dict[str, tuple[str, ...]] = {}
    if isinstance(document, list):
        for item in document:
            found |= actions(item, above)
    if not isinstance(document, dict):
        return found
    inner = document.get("actions")
    holds = isinstance(inner, dict) and all(
        isinstance(item, dict) and "type" in item for item in inner.values()
    )
    for key, item in document.items():
        if key != "actions" or not holds:
            found |= actions(item, above)
            continue
        for name, action in item.items():
            found[name] = above
            found |= actions(action, (*above, name))
    return found


def mistakes(before: Contents, after: Contents, told: dict[str, Any]) -> list[str]:
    """
    In what a difference is wrong.

    Args:
        before: the older package.
        after: the newer one.
        told: what `diff --format json` printed.
    """
    wrong = []
    top = " ".join(item["sentence"] for item in told["changes"])
    for what in ("references", "variables"):
        old, new = getattr(before, what), getattr(after, what)
        for word, names in (("added", new - old), ("removed", old - new)):
            wrong += [f"{name} is not told as {word}" for name in names
                      if not _is_told(told["changes"], name, word)]  # fmt: skip
    flows = {item["id"]: item["changes"] for item in told["flows"]}
    for key in before.flows.keys() | after.flows.keys():
        kinds = {change["kind"] for change in flows.get(key, ())}
        if key not in before.flows:
            wrong += [] if "flow-added" in kinds else [f"flow {key} is not told as added"]
        elif key not in after.flows:
            wrong += [] if "flow-removed" in kinds else [f"flow {key} is not told as removed"]
        else:
            wrong += _wrong_in_a_flow(key, before, after, flows.get(key, []))
    strangers = flows.keys() - before.flows.keys() - after.flows.keys()
    wrong += [f"flow {key} is in neither" for key in strangers]
    if before == after and top.count("flow"):
        wrong.append(f"told of equal packages: {top}")
    return wrong


def _is_told(changes: list[dict[str, Any]], name: str, word: str) -> bool:
    return any(
        name in f"{item['path']} {item['sentence']}" and word in item["sentence"]
        for item in changes
    )


def _wrong_in_a_flow(
    key: str, before: Contents, after: Contents, changes: list[dict[str, Any]]
) -> list[str]:
    old, new = before.documents[key], after.documents[key]
    if old == new and before.flows[key] == after.flows[key]:
        content = [item["sentence"] for item in changes if item["kind"] != "state-changed"]
        return [f"flow {key} is equal, and told: {content}"] if content else []
    there, here = actions(old), actions(new)
    text = "\n".join(f"{item['sentence']} {item['path']}" for item in changes)
    # What stands in an action that is told goes with it, and is counted there.
    missed = [
        name
        for name in there.keys() ^ here.keys()
        if not any(
            each in text or each.replace("_", " ") in text for each in (name, *(there | here)[name])
        )
    ]
    if old != new and not changes:
        missed.append("everything")
    return [f"flow {key}: nothing is told of {name}" for name in missed]
