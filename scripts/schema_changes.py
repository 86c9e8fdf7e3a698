"""
Changes that break programs from one schema of the native provider to the next.

`python -m scripts.schema_changes OLD NEW` prints a line for each; it ends with 1 if there are any.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_TYPE = ("type", "$ref", "items", "additionalProperties", "oneOf")


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A line for each change that stops a program which was fine, in order."""
    return sorted(
        {
            *_resources(old["resources"], new["resources"]),
            *_functions(old["functions"], new["functions"]),
            *_types(old["types"], new["types"]),
            *_properties("", "setting", old["config"]["variables"], new["config"]["variables"]),
        }
    )


def _resources(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for token, before in old.items():
        after = new.get(token)
        if after is None:
            yield f"{token} is gone"
            continue
        where = f"{token}: "
        inputs = after["inputProperties"]
        yield from _properties(where, "input", before["inputProperties"], inputs)
        yield from _properties(where, "output", before["properties"], after["properties"])
        yield from _asked(where, "input", before["requiredInputs"], after["requiredInputs"])
        yield from _missing(where, before["required"], after["required"], after["properties"])


def _functions(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for token, before in old.items():
        after = new.get(token)
        if after is None:
            yield f"{token} is gone"
            continue
        where = f"{token}: "
        for part, word in (("inputs", "argument"), ("outputs", "result")):
            yield from _properties(
                where, word, before[part]["properties"], after[part]["properties"]
            )
        yield from _asked(
            where, "argument", before["inputs"]["required"], after["inputs"]["required"]
        )
        outputs = after["outputs"]
        yield from _missing(
            where, before["outputs"]["required"], outputs["required"], outputs["properties"]
        )


def _types(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for token, before in old.items():
        after = new.get(token)
        if after is None:
            yield f"{token} is gone"
            continue
        yield from _properties(f"{token}: ", "member", before["properties"], after["properties"])
        yield from _asked(f"{token}: ", "member", before["required"], after["required"])


def _properties(
    where: str, word: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[str]:
    for name, before in old.items():
        if name not in new:
            yield f"{where}{word} {name} is gone"
        elif any(before.get(key) != new[name].get(key) for key in _TYPE):
            yield f"{where}{word} {name} has another type"


def _asked(where: str, word: str, old: list[str], new: list[str]) -> Iterator[str]:
    for name in sorted(set(new) - set(old)):
        yield f"{where}{word} {name} has to be given now"


def _missing(where: str, old: list[str], new: list[str], there: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(set(old) - set(new)):
        if name in there:
            yield f"{where}output {name} may be missing now"


def main(arguments: list[str]) -> int:
    """Compare two files."""
    old, new = (json.loads(Path(name).read_text("utf-8")) for name in arguments)
    found = breaking_changes(old, new)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
