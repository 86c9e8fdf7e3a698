"""
How rows are shown: selected columns, key, version, annotations, expansions.

Source: "Retrieve a table row using the Web API" and "Request OData annotations".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .preferences import annotation_patterns, is_wanted
from .query import Expand, Query, Scope, instant
from .query.fetched import FetchedRow
from .request import Request
from .store import Row
from .tables import BY_SET, Column, Lookup, Table

_FORMATTED = "OData.Community.Display.V1.FormattedValue"
_LOGICAL_NAME = "Microsoft.Dynamics.CRM.lookuplogicalname"
_NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
METADATA_VERSION = "1000"


def etag(row: Row) -> str:
    """The version of a row, as a weak tag."""
    return f'W/"{row.get("versionnumber")}"'


class RowWriter:
    """Writes rows of one response."""

    def __init__(self, request: Request, scope: Scope) -> None:
        self._scope = scope
        self._root = request.root
        self._patterns = annotation_patterns(request)

    def wants(self, term: str) -> bool:
        """Whether the request asked for an annotation."""
        return is_wanted(self._patterns or (), term)

    def row(self, table: Table, row: Row, query: Query) -> dict[str, Any]:
        """A row as JSON."""
        shown: dict[str, Any] = {"@odata.etag": etag(row)}
        names: Iterable[str] = query.select or table.readable
        for name in dict.fromkeys((*names, table.key)):
            value = row.get(name)
            if self._patterns is not None and value is not None:
                shown.update(self.annotations(name, value, _column(table, name), row))
            shown[name] = value
        for expand in query.expand:
            shown[expand.name] = self._expanded(row, expand)
        return shown

    def fetched(self, table: Table, found: FetchedRow, *, distinct: bool) -> dict[str, Any]:
        """A row of a FetchXML result as JSON."""
        shown: dict[str, Any] = {}
        if found.row is not None and not distinct:
            shown["@odata.etag"] = etag(found.row)
        for cell in found.cells:
            if self._patterns is not None and cell.value is not None:
                shown.update(self.annotations(cell.name, cell.value, cell.column, cell.row))
            shown[cell.name] = cell.value
        if found.row is not None and not distinct:
            shown.setdefault(table.key, found.row[table.key])
        return shown

    def aggregated(self, table: Table, result: Mapping[str, Any]) -> dict[str, Any]:
        """A row of `$apply` as JSON."""
        shown: dict[str, Any] = {}
        for name, value in result.items():
            if self._patterns is not None:
                row = {name: value}
                shown.update(self.annotations(name, value, _column(table, name), row))
            shown[name] = value
        return shown

    def annotations(
        self, name: str, value: Any, column: Column | Lookup | None, row: Row | None
    ) -> dict[str, Any]:
        """Annotations of a value, as far as the request wants them."""
        found: dict[str, Any] = {}
        if isinstance(column, Lookup):
            related = self._scope.related(row, column) if row is not None else None
            target = related[0] if related else BY_SET[column.targets[0]]
            label = related[1].get(target.name_column) if related else None
            if self.wants(_NAVIGATION):
                found[f"{name}@{_NAVIGATION}"] = column.name
            if self.wants(_LOGICAL_NAME):
                found[f"{name}@{_LOGICAL_NAME}"] = target.logical
        else:
            label = formatted(value, column)
        if label is not None and self.wants(_FORMATTED):
            found[f"{name}@{_FORMATTED}"] = label
        return found

    def _expanded(self, row: Row, expand: Expand) -> Any:
        if expand.lookup is not None:
            related = self._scope.related(row, expand.lookup)
            if related is None:
                return None
            table, target = related
            if expand.only_links:
                return {"@odata.id": self._url(table, target)}
            if expand.lookup.polymorphic:
                return self._principal(table, target, expand)
            return self.row(table, target, expand.query)
        assert expand.collection is not None
        rows = [
            child
            for child in self._scope.children(row, expand.collection)
            if expand.query.passes(child)
        ]
        rows = expand.query.ordered(rows)[: expand.query.top]
        if expand.only_links:
            return [{"@odata.id": self._url(expand.target, child)} for child in rows]
        return [self.row(expand.target, child, expand.query) for child in rows]

    def _principal(self, table: Table, target: Row, expand: Expand) -> dict[str, Any]:
        shown = {
            "@odata.type": f"#Microsoft.Dynamics.CRM.{table.logical}",
            "@odata.etag": etag(target),
            "ownerid": target[table.key],
        }
        return shown if expand.query.select else {**shown, table.key: target[table.key]}

    def _url(self, table: Table, row: Row) -> str:
        return f"{self._root}{table.entity_set}({row[table.key]})"


def formatted(value: Any, column: Column | None) -> str | None:
    """A value as people read it, in English and UTC; None for texts and ids."""
    if column is None:
        return _formatted_result(value)
    if column.kind == "choice":
        return column.labels.get(value)
    if column.kind == "bool":
        return column.labels.get(int(bool(value)))
    if column.kind == "date":
        return _formatted_date(str(value))
    if column.kind in ("int", "bigint"):
        return f"{value:,}"
    if column.kind == "double":
        return f"{value:,.2f}"
    if column.kind == "managed" and isinstance(value, dict):
        return str(bool(value.get("Value")))
    return None


def _formatted_date(text: str) -> str | None:
    moment = instant(text)
    if moment is None:
        return None
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment.minute:02} {half}"


def _formatted_result(value: Any) -> str | None:
    """The result of an aggregate: a number, or the first or last of dates."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return _formatted_date(value) if _INSTANT.fullmatch(str(value)) else None


def _column(table: Table, name: str) -> Column | Lookup | None:
    return table.by_name.get(name) or table.lookup_by_column.get(name)


def context_columns(query: Query) -> str:
    """The columns of a query, as `@odata.context` lists them."""
    parts = list(query.select or ())
    parts += [f"{expand.name}({context_columns(expand.query)})" for expand in query.expand]
    return ",".join(parts)


__all__ = ["METADATA_VERSION", "RowWriter", "context_columns", "etag", "formatted"]
