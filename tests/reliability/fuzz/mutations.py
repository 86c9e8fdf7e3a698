"""Mutations of packages, definitions and responses; the same number gives the same case."""

from __future__ import annotations

import copy
import io
import json
import random
import struct
import zipfile
from typing import Any

from tests.harness.definitions import hourly, mailing

HOSTILE_NAMES = (
    *(
        "../x",
        "/x",
        "C:/x",
        "a\\b",
        ".git/config",
        "CON",
        "a/nul.json",
        "Other",
        "Other/Solution.xml",
    ),
    *("Solution.xml", "a/" + "x" * 300, "Workflows/../../x", "SOLUTION.XML", "a//b", "a/.", "\x00"),
    *(
        "x\n",
        "stra\u00dfe",
        "STRASSE",
        "e\u0301",
        "\u00e9",
        "[Content_Types].xml",
        "Workflows",
        "a:b",
    ),
    *(
        "Workflows/x.json.data.xml",
        "environmentvariabledefinitions/x/environmentvariabledefinition.xml",
    ),
    "environmentvariabledefinitions/x/environmentvariablevalues.json",
)
ENCODINGS = (
    *(
        "utf-7",
        "shift_jis",
        "idna",
        "base64",
        "rot13",
        "punycode",
        "none",
        "utf-16",
        "utf-32",
        "cp037",
    ),
    *("latin-1", "hex", "zlib", "unicode_escape", "ucs4", "mbcs", "oem", "undefined", ""),
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        5,
        1.5,
        1e300,
        10**30,
        "",
        "x",
        "@",
        "@@",
        "@{",
        "@{}",
        "@a(",
        "@a('",
    ),
    *(
        "@concat('a', 1)",
        "@{body('x')?['y']}",
        "@parameters('$connections')",
        "\u2028",
        "\x00",
        "\ud800",
    ),
    *([], [[]], [None], {}, {"": None}, {"type": 5}, {"actions": []}, {"actions": {"a": None}}),
    *({"type": "If", "actions": 1, "else": []}, {"cases": [1], "type": "Switch"}, {"runAfter": []}),
    *(
        {"runAfter": {"a": None}},
        {"runAfter": {"a": ["Succeeded", 5, None]}},
        {"host": {"apiId": []}},
    ),
    *({"inputs": "@"}, {"recurrence": []}, "P1D", "PT5", "9" * 5000, "(" * 500, "@" + "not(" * 300),
)


def mutated_package(rng: random.Random, bases: list[bytes]) -> bytes:
    """A zip that is nearly one of some good ones."""
    data = rng.choice(bases)
    if rng.random() < 0.6:
        data = _with_other_parts(rng, data)
    if rng.random() < 0.5:
        data = _with_other_headers(rng, data)
    if rng.random() < 0.35:
        data = spoilt(rng, data)
    return data


def _with_other_parts(rng: random.Random, data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(rng.randrange(1, 4)):
        number = rng.randrange(len(parts))
        name, content = parts[number]
        match rng.randrange(6):
            case 0:
                parts.append(
                    (rng.choice(HOSTILE_NAMES), rng.choice((b"", b"{}", b"<a/>", content)))
                )
            case 1:
                parts[number] = (
                    rng.choice((name.upper(), name.replace("/", "\\"), name * 20)),
                    content,
                )
            case 2:
                del parts[number]
                if not parts:
                    parts.append((name, content))
            case 3:
                parts[number] = (name, spoilt(rng, content))
            case 4 if name.endswith(".json"):
                parts[number] = (
                    name,
                    mutated_text(rng, content.decode("utf-8", "replace")).encode(
                        "utf-8", "replace"
                    ),
                )
            case _:
                parts[number] = (name, _other_xml(rng, content))
    made = io.BytesIO()
    with zipfile.ZipFile(
        made, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    ) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def _other_xml(rng: random.Random, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    match rng.randrange(7):
        case 0:
            text = f'<?xml version="1.0" encoding="{rng.choice(ENCODINGS)}"?>{text}'
        case 1:
            return text.encode(
                rng.choice(("utf-16", "utf-16-be", "utf-8-sig", "utf-32")), "replace"
            )
        case 2:
            text = "<!DOCTYPE a [<!ENTITY b 'c'>]>" + text
        case 3:
            text = text.replace(rng.choice(("Workflow", "JsonFileName", "Category", "/")), "x", 1)
        case 4:
            text = text.replace(
                "<JsonFileName>", f"<JsonFileName>{rng.choice(HOSTILE_NAMES)}"[:60], 1
            )
        case 5:
            place = text.find(">") + 1
            text = text[:place] + "<a>" * 2000 + text[place:]
        case _:
            text = text.replace("1.0.0.0", rng.choice(("9" * 5000, "1", "-1.0", "\u0661.0")), 1)
    return text.encode("utf-8", "replace")


def _with_other_headers(rng: random.Random, data: bytes) -> bytes:
    """Version, flags, method, sizes, lengths and places in the zip's own tables."""
    found = bytearray(data)
    for _ in range(rng.randrange(1, 3)):
        marker, offsets = rng.choice(
            (
                (b"PK\x03\x04", (4, 6, 8, 14, 18, 22, 26, 28)),
                (b"PK\x01\x02", (4, 6, 8, 10, 16, 20, 24, 28, 30, 32, 34, 38, 42)),
                (b"PK\x05\x06", (4, 6, 8, 10, 12, 16, 20)),
            )
        )
        places = [at for at in range(len(found)) if found.startswith(marker, at)]
        if places:
            at = rng.choice(places) + rng.choice(offsets)
            value = rng.choice((0, 1, 9, 12, 14, 63, 99, 0x7FFF, 0xFFFF, rng.randrange(65536)))
            struct.pack_into("<H", found, min(at, len(found) - 2), value)
    return bytes(found)


def spoilt(rng: random.Random, data: bytes) -> bytes:
    """Bytes changed, cut, doubled or put in."""
    found = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(found) + 1)
        match rng.randrange(4):
            case 0:
                found[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del found[at : at + rng.randrange(1, 60)]
            case 2:
                found[at:at] = found[at : at + rng.randrange(1, 60)]
            case _:
                found[at:at] = rng.randbytes(rng.randrange(1, 8))
    return bytes(found)


def documents() -> list[Any]:
    """Flows with every kind of container."""
    nested = hourly()
    body = {"type": "Compose", "inputs": "@variables('x')", "runAfter": {}}
    headers = {"x-api-key": "z"}
    nested["parameters"] = {"pw": {"type": "SecureString", "defaultValue": "x"}}
    nested["actions"] |= {
        "If": {"type": "If", "expression": {"and": [{"equals": ["@1", 1]}]}, "actions": {"A": body},
               "else": {"actions": {"B": body}}, "runAfter": {"Greet": ["Succeeded"]}},
        "Each": {"type": "Foreach", "foreach": "@body('If')", "actions": {"C": body},
                 "runAfter": {}},
        "Switch": {"type": "Switch", "expression": "@1", "cases": {"1": {"case": 1, "actions": {}}},
                   "default": {"actions": {"D": body}}, "runAfter": {}},
        "Until": {"type": "Until", "expression": "@equals(1, 1)", "limit": {"count": 5},
                  "actions": {}, "runAfter": {}},
        "Child": {"type": "Workflow", "inputs": {"host": {"workflowReferenceName": "x"}}},
        "Call": {"type": "Http", "inputs": {"uri": "https://x?sig=y", "headers": headers}},
    }  # fmt: skip
    mail = {"api": {"name": "shared_office365"}, "runtimeSource": "embedded",
            "connection": {"connectionReferenceLogicalName": "contoso_office365"}}  # fmt: skip
    whole = {"properties": {"connectionReferences": {"shared_office365": mail},
                            "definition": mailing()}, "schemaVersion": "1.0.0.0"}  # fmt: skip
    return [hourly(), nested, whole, {"properties": {"definition": nested}}]


def mutated_text(rng: random.Random, text: str) -> str:
    """A JSON text that is nearly a good one."""
    if rng.random() < 0.7:
        try:
            text = json.dumps(mutated_json(rng, json.loads(text)), ensure_ascii=rng.random() < 0.5)
        except (ValueError, RecursionError):
            return text
    if rng.random() < 0.3:
        text = spoilt(rng, text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    match rng.randrange(40):
        case 0:
            text = text.replace("1", "1" * 5000, 1)
        case 1:
            text = "\ufeff" + text
        case 2:
            text = text.replace("{", '{"a":' * rng.choice((150, 300, 100_000)) + "{", 1)
        case 3:
            text = text.replace(":", ': NaN, "x":', 1)
        case 4:
            text = text.replace("1", "1e9999", 1)
    return text


def mutated_json(rng: random.Random, value: Any) -> Any:
    """A document with members replaced, removed, renamed, moved or put one into the other."""
    value = copy.deepcopy(value)
    for _ in range(rng.randrange(1, 5)):
        holders = _holders(value)
        if not holders:
            return value
        holder = rng.choice(holders)
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            continue
        key = rng.choice(keys)
        match rng.randrange(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[
                    rng.choice((str(key).upper(), "type", "actions", "", "a\nb", "runAfter"))
                ] = holder[key]
            case 2:
                holder[key] = copy.deepcopy(rng.choice(holders))
            case _:
                holder[key] = copy.deepcopy(rng.choice(VALUES))
    return value


def _holders(value: Any) -> list[Any]:
    found, stack = [], [value]
    while stack:
        item = stack.pop()
        if isinstance(item, (dict, list)):
            found.append(item)
            stack += item.values() if isinstance(item, dict) else item
    return found
