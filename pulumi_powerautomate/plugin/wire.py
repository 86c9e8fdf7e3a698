"""
Properties as the protocol carries them: texts that stand for unknown values, objects for secrets.

Secrets travel in clear beside a set of paths that says where they were, and are wrapped again by
it; the names in paths are the protocol's. Source: "Pulumi Wire Protocol" and
`sdk/go/common/resource/plugin/rpc.go` in Pulumi's repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value
from pulumi.output import Unknown

from ..errors import InvalidInputError

Path = tuple[str | int, ...]
# What stands for a value that is not known before the deployment.
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_FILES = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        _UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
# Integers from here on are no longer all told apart by the numbers of the protocol.
EXACT = 2**53


def from_wire(struct: Struct) -> tuple[dict[str, Any], frozenset[Path]]:
    """
    Properties as plain values, and where the secrets among them are.

    Numbers without a fraction are integers, because the protocol has one kind of number only.

    Raises:
        InvalidInputError: a property is a file or an archive, which no property takes.
    """
    secrets: set[Path] = set()
    plain = {key: _read(item, (key,), secrets) for key, item in struct.fields.items()}
    return plain, frozenset(secrets)


def _read(value: Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        items = enumerate(value.list_value.values)
        return [_read(item, (*path, number), secrets) for number, item in items]
    if kind == "struct_value":
        return _read_object(value.struct_value, path, secrets)
    return None


def _read_object(struct: Struct, path: Path, secrets: set[Path]) -> Any:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        secrets.add(path)
        return _read(fields["value"], path, secrets)
    if signature == _RESOURCE:
        return _read(fields["id"], path, secrets) if "id" in fields else UNKNOWN
    if signature in _FILES:
        raise InvalidInputError(
            f"{path[0]} is an asset; give the path of the file, or its text, instead."
        )
    return {key: _read(item, (*path, key), secrets) for key, item in fields.items()}


def to_wire(values: Mapping[str, Any], secrets: Iterable[Path] = ()) -> Struct:
    """
    Properties as the protocol carries them; a property that is None is left out.

    A secret whose place is there no more, because its property has another form now, makes the
    whole of what is left of the path a secret.
    """
    inside = _by_head(secrets)
    return Struct(
        fields={
            key: _written(item, inside.get(key, ()))
            for key, item in values.items()
            if item is not None
        }
    )


def _by_head(paths: Iterable[Path]) -> dict[str | int, list[Path]]:
    found: dict[str | int, list[Path]] = {}
    for head, *rest in paths:
        found.setdefault(head, []).append(tuple(rest))
    return found


def _written(value: Any, secrets: Iterable[Path]) -> Value:
    inside = _by_head(path for path in secrets if path)
    within = {head for head in inside if _holds(value, head)}
    if len(within) < len(inside) or any(not path for path in secrets):
        fields = {_SIGNATURE: Value(string_value=_SECRET), "value": _written(value, ())}
        return Value(struct_value=Struct(fields=fields))
    if isinstance(value, Mapping):
        fields = {key: _written(item, inside.get(key, ())) for key, item in value.items()}
        return Value(struct_value=Struct(fields=fields))
    if isinstance(value, (list, tuple)):
        items = [_written(item, inside.get(number, ())) for number, item in enumerate(value)]
        return Value(list_value=ListValue(values=items))
    return _scalar(value)


def _holds(value: Any, head: str | int) -> bool:
    if isinstance(value, Mapping):
        return head in value
    return isinstance(value, (list, tuple)) and isinstance(head, int) and head < len(value)


def _scalar(value: Any) -> Value:
    if value is None:
        return Value(null_value=NULL_VALUE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=value)
    return Value(string_value=_UNKNOWN_TEXT if isinstance(value, Unknown) else str(value))
