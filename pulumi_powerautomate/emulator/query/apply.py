"""
`$apply`: filter, group, aggregate.

Source: "Aggregate data using OData". Columns that have no value are left out of the result, and a
column of a referenced row is called by its table (`systemuser_fullname`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..responses import bad_syntax, not_implemented
from ..store import Row
from ..tables import BY_SET, Table
from .aggregates import aggregate
from .expressions import Compiler
from .properties import Value
from .scope import Scope
from .splitting import call, split

_AGGREGATE = re.compile(r"(?P<path>[\w/]+)\s+with\s+(?P<how>\w+)\s+as\s+(?P<name>\w+)", re.ASCII)
_COUNT = re.compile(r"\$count\s+as\s+(?P<name>\w+)", re.ASCII)
_METHODS = {
    "sum": "sum",
    "average": "avg",
    "min": "min",
    "max": "max",
    "countdistinct": "countdistinct",
}
# Transformations of the standard that the documentation of the service does not list.
_OTHERS = frozenset({
    "compute", "expand", "concat", "orderby", "top", "skip", "identity", "search", "topcount",
    "topsum", "toppercent", "bottomcount", "bottomsum", "bottompercent",
})  # fmt: skip
Result = dict[str, Any]


def run(table: Table, text: str, rows: list[Row], scope: Scope) -> list[Result]:
    """The rows that a `$apply` makes of the rows of a table."""
    compiler = Compiler(table, scope)
    steps = [step for step in split(text, "/") if step]
    if not steps:
        raise bad_syntax(f"Syntax error at position 0 in '{text}'.")
    while steps:
        name, inner = call(steps[0])
        if name != "filter" or inner is None:
            break
        passes = compiler.predicate(inner)
        rows = [row for row in rows if passes(row)]
        steps.pop(0)
    if not steps:
        raise not_implemented("$apply with filter alone; use $filter")
    if len(steps) > 1:
        raise not_implemented("$apply with several groupings one after the other")
    name, inner = call(steps[0])
    if name == "aggregate" and inner is not None:
        return [_aggregated(compiler, _aggregates(compiler, inner), rows)]
    if name == "groupby" and inner is not None:
        return _grouped(compiler, inner, rows)
    if name in _OTHERS:
        raise not_implemented(f"'{name}' in $apply")
    raise bad_syntax(f"Syntax error at position 0 in '{steps[0]}'.")


Aggregate = tuple[str, str, "Value | None"]


def _grouped(compiler: Compiler, text: str, rows: list[Row]) -> list[Result]:
    parts = split(text, ",")
    if not 1 <= len(parts) <= 2 or not parts[0].startswith("("):
        raise bad_syntax(f"Syntax error at position 0 in '{text}'.")
    groups = [(_group_name(compiler, path), compiler.column(path, "$apply"))
              for path in split(parts[0][1:-1], ",")]  # fmt: skip
    for path, value in groups:
        if value.edm == "Edm.DateTimeOffset":
            raise bad_syntax(f"Grouping by the date and time column '{path}' is not supported.")
    aggregates: list[Aggregate] = []
    if len(parts) == 2:
        name, inner = call(parts[1])
        if name != "aggregate" or inner is None:
            raise bad_syntax(f"Syntax error at position 0 in '{parts[1]}'.")
        aggregates = _aggregates(compiler, inner)
    found: dict[tuple[Any, ...], list[Row]] = {}
    shown: dict[tuple[Any, ...], Result] = {}
    for row in rows:
        compiler.here.row = row
        key = tuple(value.get() for _, value in groups)
        found.setdefault(key, []).append(row)
        if key not in shown:
            shown[key] = {
                name: raw
                for name, value in groups
                if (raw := _raw(compiler, name, value, row)) is not None
            }
    return [{**shown[key], **_aggregated(compiler, aggregates, part)}
            for key, part in found.items()]  # fmt: skip


def _raw(compiler: Compiler, name: str, value: Value, row: Row) -> Any:
    """A value in the case it is stored in, of the first row of its group."""
    return row[name] if name in compiler.here.table.readable else value.get()


def _group_name(compiler: Compiler, path: str) -> str:
    *owners, column = path.strip().split("/")
    table = compiler.here.table
    for owner in owners:
        lookup = table.lookup_by_name.get(owner)
        if lookup is not None:
            table = BY_SET[lookup.targets[0]]
    return f"{table.logical}_{column}" if owners else column


def _aggregates(compiler: Compiler, text: str) -> list[Aggregate]:
    found: list[Aggregate] = []
    for part in split(text, ","):
        counted, match = _COUNT.fullmatch(part), _AGGREGATE.fullmatch(part)
        if counted is not None:
            found.append((counted["name"], "count", None))
            continue
        if match is None:
            raise bad_syntax(f"Syntax error at position 0 in '{part}'.")
        if match["how"] not in _METHODS:
            raise bad_syntax(f"'{match['how']}' is no aggregation method.")
        value = compiler.column(match["path"], "$apply")
        found.append((match["name"], _METHODS[match["how"]], value))
    return found


def _aggregated(compiler: Compiler, aggregates: Sequence[Aggregate], rows: Sequence[Row]) -> Result:
    result: Result = {}
    for name, method, value in aggregates:
        found = aggregate(method, value, rows, _setter(compiler))
        if found is not None:
            result[name] = found
    return result


def _setter(compiler: Compiler) -> Callable[[Row], None]:
    def look_at(row: Row) -> None:
        compiler.here.row = row

    return look_at
