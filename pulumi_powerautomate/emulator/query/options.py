"""
The query options of a request: `$select`, `$filter`, `$orderby`, `$top`, `$expand`, `$count`.

Source: "Query data using the Web API".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..responses import ServiceError, bad_syntax, not_implemented
from ..store import Row
from ..tables import BY_SET, COLLECTIONS, Collection, Lookup, Table
from .expressions import Compiler
from .properties import PRINCIPAL, Value, property_type
from .scope import Scope
from .splitting import call, split

_OPTIONS = frozenset(
    {"$select", "$filter", "$orderby", "$top", "$expand", "$count", "$apply", "$skiptoken"}
)
_WITHOUT_DOLLAR = frozenset(name[1:] for name in _OPTIONS) | {"skip", "search", "format"}
_MISSING = frozenset({"savedquery", "userquery", "sql"})
_MOST_EXPANDS = 15
_DEEPEST_EXPAND = 8


@dataclass
class Order:
    """One column to order by; its value is that of the row that the compiler looks at."""

    text: str
    value: Value
    descending: bool


@dataclass
class Expand:
    """One navigation property to expand."""

    name: str
    target: Table
    query: Query
    lookup: Lookup | None = None
    collection: Collection | None = None
    only_links: bool = False


@dataclass
class Query:
    """A parsed query."""

    compiler: Compiler
    select: tuple[str, ...] | None = None
    where: Callable[[Row], bool] | None = None
    order: list[Order] = field(default_factory=list)
    top: int | None = None
    count: bool = False
    expand: list[Expand] = field(default_factory=list)
    skiptoken: str | None = None
    apply: str | None = None
    fetch_xml: str | None = None

    def passes(self, row: Row) -> bool:
        """Whether a row passes the filter."""
        return self.where is None or self.where(row)

    def order_values(self, row: Row) -> list[Any]:
        """Values that a row is ordered by."""
        self.compiler.here.row = row
        return [order.value.get() for order in self.order]

    def ordered(self, rows: list[Row], last: str | None = None) -> list[Row]:
        """The rows in the order asked for; rows that are equal in it, by the column `last`."""
        if last is not None:
            rows.sort(key=lambda row: str(row.get(last)))
        for index in reversed(range(len(self.order))):
            rows.sort(
                key=lambda row: sortable(self.order_values(row)[index]),
                reverse=self.order[index].descending,
            )
        return rows


def parse(table: Table, options: Mapping[str, str], scope: Scope, depth: int = 0) -> Query:
    """Parse and check the options of a request."""
    query = Query(Compiler(table, scope))
    for name in options:
        _check_name(name)
    if options.get("$select"):
        query.select = _select(table, options["$select"])
    if options.get("$filter", "").strip():
        query.where = query.compiler.predicate(options["$filter"])
    elif "$filter" in options:
        raise bad_syntax("Syntax error at position 0 in ''.")
    if options.get("$orderby"):
        query.order = _orders(query.compiler, options["$orderby"], applied="$apply" in options)
    query.top = _whole_number(options.get("$top"), "$top")
    count = (options.get("$count") or "false").lower()
    if count not in ("true", "false"):
        raise bad_syntax(f"Invalid value '{count}' for $count query option found.")
    query.count = count == "true"
    if options.get("$expand"):
        query.expand = _expands(table, options["$expand"], scope, depth)
    query.skiptoken = options.get("$skiptoken")
    query.apply = options.get("$apply")
    query.fetch_xml = next(
        (value for name, value in options.items() if name.lower() == "fetchxml"), None
    )
    return query


def sortable(value: Any) -> tuple[int, Any]:
    """A value to sort by: nothing comes first."""
    if value is None:
        return (0, 0)
    return (1, value)


def _check_name(name: str) -> None:
    if name.lower() in _MISSING:
        raise not_implemented(f"the query option '{name}'")
    if name.lower() == "$deltatoken":
        raise not_implemented("change tracking ($deltatoken)")
    if name.lower() in _WITHOUT_DOLLAR:
        raise not_implemented(f"query options without '$' ('{name}')")
    if name.startswith("$") and name not in _OPTIONS:
        raise bad_syntax(f"The query parameter {name} is not supported")


def _select(table: Table, text: str) -> tuple[str, ...]:
    names = [name for name in split(text, ",") if name]
    for name in names:
        if name == "*":
            raise not_implemented("'*' in $select")
        if name in table.lookup_by_name or name in COLLECTIONS.get(table.logical, {}):
            raise not_implemented(f"navigation properties in $select ('{name}')")
        property_type(table, name)
    return tuple(dict.fromkeys(names))


def _orders(compiler: Compiler, text: str, *, applied: bool = False) -> list[Order]:
    orders = []
    for part in split(text, ","):
        name, _, direction = part.strip().partition(" ")
        direction = direction.strip().lower()
        if not name or direction not in ("", "asc", "desc"):
            raise bad_syntax(f"Syntax error at position {len(name)} in '{part.strip()}'.")
        if applied and name not in compiler.here.table.readable:
            raise bad_syntax("The query node SingleValueOpenPropertyAccess is not supported")
        orders.append(Order(name, compiler.order(name), direction == "desc"))
    return orders


def _whole_number(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or int(digits) >= 2**31:
        raise bad_syntax(f"Invalid value '{text}' for {option} query option found.")
    return int(digits)


def _expands(table: Table, text: str, scope: Scope, depth: int) -> list[Expand]:
    if depth >= _DEEPEST_EXPAND:
        raise bad_syntax("Recursion depth exceeded allowed limit.")
    parts = [part for part in split(text, ",") if part]
    if len(parts) > _MOST_EXPANDS:
        raise ServiceError(
            400,
            "0x8004430d",
            f"Number of $expand options exceeds the limit of {_MOST_EXPANDS} in the query.",
        )
    return [_expand(table, part, scope, depth) for part in parts]


def _expand(table: Table, text: str, scope: Scope, depth: int) -> Expand:
    name, inner = call(text)
    links = name.endswith("/$ref")
    name = name.removesuffix("/$ref")
    lookup = table.lookup_by_name.get(name)
    collection = COLLECTIONS.get(table.logical, {}).get(name)
    if name == "*":
        raise not_implemented("'*' in $expand")
    if lookup is None and collection is None:
        raise bad_syntax(
            f"Could not find a property named '{name}' on type "
            f"'Microsoft.Dynamics.CRM.{table.logical}'."
        )
    target = _target(lookup, collection)
    scope.reach(target)
    options = _nested_options(inner or "", lookup)
    query = parse(target, options, scope, depth + 1)
    return Expand(name, target, query, lookup, collection, links)


def _target(lookup: Lookup | None, collection: Collection | None) -> Table:
    if collection is not None:
        return BY_SET[collection.target]
    assert lookup is not None
    return PRINCIPAL if lookup.polymorphic else BY_SET[lookup.targets[0]]


def _nested_options(text: str, lookup: Lookup | None) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in split(text, ";"):
        if not part:
            continue
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or name not in _OPTIONS - {"$apply", "$skiptoken"}:
            raise bad_syntax(f"Term '{part}' is not valid in a $select or $expand expression.")
        if lookup is not None and name not in ("$select", "$expand"):
            raise bad_syntax(
                f"The option {name} is for collection-valued navigation properties only."
            )
        if name == "$count":
            raise not_implemented("$count inside $expand")
        options[name] = value.strip()
    return options
