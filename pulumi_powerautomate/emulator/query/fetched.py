"""Results of FetchXML: rows of cells, their names, and their groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..responses import bad_argument
from ..store import Row
from ..tables import Column, Lookup, Table
from .fetchxml import Attribute
from .literals import instant
from .properties import Variable


@dataclass
class Cell:
    """One value of a result: how it is called, and the column that it comes from."""

    name: str
    value: Any
    column: Column | Lookup | None = None
    row: Row | None = None


@dataclass
class FetchedRow:
    """One row of a result; `row` is the row of the table that was asked, None for aggregates."""

    row: Row | None
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Fetched:
    """A page of results."""

    rows: list[FetchedRow]
    cookie: str | None = None
    total: int = -1


def described(table: Table, name: str) -> Column | Lookup:
    """The column of a table by the name that results have it under."""
    return table.by_name.get(name) or table.lookup_by_column[name]


def cell_name(alias: str, table: Table, attribute: Attribute) -> str:
    """The name of a value in a result."""
    if attribute.alias:
        return attribute.alias
    if not alias:
        return attribute.column
    lookup = table.lookup_by_column.get(attribute.column)
    return f"{alias}.{lookup.attribute if lookup else attribute.column}"


def grouping(variable: Variable, attribute: Attribute) -> Any:
    """The value that a row is grouped by, or a part of its date."""
    value = (variable.row or {}).get(attribute.column)
    if not attribute.date_grouping or value is None:
        return value
    moment = instant(str(value))
    if moment is None:
        raise bad_argument("dategrouping is for columns with dates.")
    return {
        "day": moment.day,
        "week": int(moment.strftime("%U")) + 1,
        "month": moment.month,
        "quarter": (moment.month - 1) // 3 + 1,
        "year": moment.year,
    }[attribute.date_grouping]
