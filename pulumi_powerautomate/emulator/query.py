"""
Query options: `$filter`, `$orderby`, `$select`, `$expand`, `$top`, `$count`.

Filters are parsed by `odata-query` and evaluated over rows. Texts compare without case, as the
service's database collates them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from .responses import ServiceError, bad_syntax
from .store import Row
from .tables import BY_SET, Lookup, Table

_OPTIONS = {"$select", "$filter", "$orderby", "$top", "$expand", "$count", "$apply", "$skiptoken"}
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Related = Callable[[Row, Lookup], "tuple[Table, Row] | None"]


@dataclass
class Expand:
    """One navigation property to expand."""

    lookup: Lookup
    query: Query


@dataclass
class Query:
    """A parsed query."""

    select: tuple[str, ...] | None = None
    where: Any = None
    order: list[tuple[str, bool]] = field(default_factory=list)
    top: int | None = None
    count: bool = False
    expand: list[Expand] = field(default_factory=list)
    skiptoken: str | None = None


def parse(table: Table, options: Mapping[str, str]) -> Query:
    """Parse and check the options of a request."""
    query = Query()
    for name in options:
        if not name.startswith("$"):
            continue
        if name not in _OPTIONS:
            raise bad_syntax(f"The query parameter {name} is not supported")
    if options.get("$select"):
        query.select = tuple(_column(table, name.strip()) for name in options["$select"].split(","))
    if options.get("$filter"):
        query.where = _filter(table, options["$filter"])
    for part in filter(None, (options.get("$orderby") or "").split(",")):
        name, _, direction = part.strip().partition(" ")
        if direction.strip().lower() not in ("", "asc", "desc"):
            raise bad_syntax(f"Syntax error at position {len(name)} in '{part.strip()}'.")
        query.order.append((_column(table, name), direction.strip().lower() == "desc"))
    query.top = _whole_number(options.get("$top"), "$top")
    count = (options.get("$count") or "false").lower()
    if count not in ("true", "false"):
        raise bad_syntax(f"Invalid value '{count}' for $count query option found.")
    query.count = count == "true"
    query.expand = [_expand(table, part) for part in _split(options.get("$expand") or "", ",")]
    query.skiptoken = options.get("$skiptoken")
    return query


def matches(query: Query, table: Table, row: Row, related: Related) -> bool:
    """Whether a row passes the filter."""
    return query.where is None or bool(_value(query.where, table, row, related))


def ordered(query: Query, rows: list[Row]) -> list[Row]:
    """The rows in the order asked for."""
    for name, descending in reversed(query.order):
        rows.sort(key=lambda row: _sortable(row.get(name)), reverse=descending)
    return rows


def _whole_number(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    if not text.strip().isdigit():
        raise bad_syntax(f"Invalid value '{text}' for {option} query option found.")
    return int(text)


def _column(table: Table, name: str) -> str:
    if name not in table.readable:
        raise bad_syntax(
            f"Could not find a property named '{name}' on type "
            f"'Microsoft.Dynamics.CRM.{table.logical}'."
        )
    return name


def _expand(table: Table, text: str) -> Expand:
    name, _, rest = text.partition("(")
    lookup = table.lookup_by_name.get(name.strip().lower())
    if lookup is None:
        raise bad_syntax(
            f"Could not find a property named '{name.strip()}' on type "
            f"'Microsoft.Dynamics.CRM.{table.logical}'."
        )
    inner = {}
    for part in _split(rest.removesuffix(")"), ";"):
        option, _, value = part.partition("=")
        inner[option.strip()] = value
    return Expand(lookup, parse(BY_SET[lookup.targets[0]], inner))


def _split(text: str, separator: str) -> list[str]:
    """Split outside parentheses."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part for part in (*parts, current) if part.strip()]


_IN = re.compile(
    r"Microsoft\.Dynamics\.CRM\.In\(PropertyName='(\w+)',PropertyValues=\[([^\]]*)\]\)"
)


def _filter(table: Table, text: str) -> Any:
    rewritten = _IN.sub(lambda match: f"{match.group(1)} in ({match.group(2)},)", text)
    tree = _parsed(rewritten.replace(",)", ")") if "','" in rewritten else rewritten)
    _check(table, tree)
    return tree


@lru_cache(maxsize=512)
def _parsed(text: str) -> Any:
    try:
        return ODataParser().parse(ODataLexer().tokenize(text))
    except ODataException as error:
        raise bad_syntax(f"Syntax error in '{text}': {error}") from None


def _check(table: Table, node: Any) -> None:
    """Refuse names the table does not have."""
    if isinstance(node, ast.Identifier):
        _column(table, node.name)
    elif isinstance(node, ast.Attribute):
        _attribute(table, node)
    elif isinstance(node, ast.Call):
        for argument in node.args:
            _check(table, argument)
    elif isinstance(node, ast.CollectionLambda):
        raise ServiceError(501, "0x80060888", "Lambda filters are not part of the emulator.")
    else:
        for name in ("left", "right", "operand"):
            child = getattr(node, name, None)
            if child is not None:
                _check(table, child)


def _attribute(table: Table, node: Any) -> tuple[Lookup, Table, str]:
    owner = getattr(node.owner, "name", "")
    lookup = table.lookup_by_name.get(str(owner).lower())
    if lookup is None:
        raise bad_syntax(
            f"Could not find a property named '{owner}' on type "
            f"'Microsoft.Dynamics.CRM.{table.logical}'."
        )
    target = BY_SET[lookup.targets[0]]
    return lookup, target, _column(target, node.attr)


def _value(node: Any, table: Table, row: Row, related: Related) -> Any:
    if isinstance(node, ast.BoolOp):
        left = _value(node.left, table, row, related)
        if isinstance(node.op, ast.And):
            return bool(left) and bool(_value(node.right, table, row, related))
        return bool(left) or bool(_value(node.right, table, row, related))
    if isinstance(node, ast.UnaryOp):
        return not _value(node.operand, table, row, related)
    if isinstance(node, ast.Compare):
        return _compare(node, table, row, related)
    if isinstance(node, ast.Call):
        return _call(node, [_value(argument, table, row, related) for argument in node.args])
    if isinstance(node, ast.Identifier):
        value = row.get(node.name)
        return value if table.case_sensitive else _folded(value)
    if isinstance(node, ast.Attribute):
        lookup, _, column = _attribute(table, node)
        found = related(row, lookup)
        return _folded(found[1].get(column)) if found else None
    return _literal(node, folded=not table.case_sensitive)


def _literal(node: Any, *, folded: bool) -> Any:
    if isinstance(node, ast.Null):
        return None
    if isinstance(node, ast.Integer):
        return int(node.val)
    if isinstance(node, ast.Float):
        return float(node.val)
    if isinstance(node, ast.Boolean):
        return node.val == "true"
    if isinstance(node, ast.List):
        return [_literal(item, folded=folded) for item in node.val]
    return _folded(str(node.val)) if folded or isinstance(node, ast.GUID) else str(node.val)


def _compare(node: Any, table: Table, row: Row, related: Related) -> bool:
    left = _value(node.left, table, row, related)
    right = _value(node.right, table, row, related)
    operator = type(node.comparator).__name__
    if operator == "Eq":
        return _equal(left, right)
    if operator == "NotEq":
        return not _equal(left, right)
    if operator == "In":
        return any(_equal(left, item) for item in right)
    if left is None or right is None or isinstance(left, str) != isinstance(right, str):
        return False
    result = {
        "Gt": left > right,
        "GtE": left >= right,
        "Lt": left < right,
        "LtE": left <= right,
    }
    return bool(result[operator])


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) != isinstance(right, bool) and None not in (left, right):
        return bool(left) == (str(right).lower() in ("true", "1"))
    return bool(left == right)


def _call(node: Any, arguments: list[Any]) -> Any:
    name = node.func.name.lower()
    if name in ("contains", "startswith", "endswith"):
        text, part = (str(argument or "") for argument in arguments)
        if name == "contains":
            return part in text
        return text.startswith(part) if name == "startswith" else text.endswith(part)
    raise bad_syntax(f"An unknown function with name '{node.func.name}' was found.")


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, "")
    if isinstance(value, (bool, int, float)):
        return (1, value)
    return (2, str(value).lower())


def is_guid(text: Any) -> bool:
    """Whether a text is a GUID, bare."""
    return isinstance(text, str) and _GUID.fullmatch(text) is not None


def is_date(text: Any) -> bool:
    """Whether a text is a date and time."""
    try:
        datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return False
    return True
